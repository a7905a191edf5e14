"""A student who has read about folds: no loop, no assignment to an index, every sequence a fold or a scan."""

from functools import partial, reduce
from itertools import accumulate, islice
from operator import add, itemgetter

import numpy as np


def affine(x, W, b):
    return reduce(add, map(np.outer, x.T, W), np.tile(b, (len(x), 1)))


sigmoid = np.vectorize(lambda z: 1 / (1 + np.exp(-z)) if z > -700 else 0.0, otypes=[float])
sigmoid.__name__ = "sigmoid"


def softmax(z):
    return np.array(list(map(lambda row: (lambda e: e / e.sum())(np.exp(row - max(row))), z)))


def activation_slopes(s, t, r):
    return tuple(slope(v) for slope, v in zip((lambda s: s * (1 - s), lambda t: 1 - t ** 2, lambda r: np.sign(r)),
                                              (s, t, r), strict=True))


def scan(step, first, items):
    """What accumulate gives, without the beginning."""
    return list(islice(accumulate(items, step, initial=first), 1, None))


def rnn_step(x, h, W_x, W_h, b):
    return (lambda h_next: (h_next, (x, h, h_next, W_x, W_h)))(np.tanh(reduce(add, (x @ W_x, h @ W_h, b))))


def rnn_forward(x, h0, W_x, W_h, b):
    steps = scan(lambda now, x_t: rnn_step(x_t, now[0], W_x, W_h, b), (h0, None), x)
    return np.array([*map(itemgetter(0), steps)]), [*map(itemgetter(1), steps)]


def readout(h, W_y, b_y):
    return np.array([*map(partial(affine, W=W_y, b=b_y), h)])


def numerical_gradient(f, x, eps=1e-6):
    units = np.eye(x.size).reshape((x.size, *x.shape))
    return np.array([*map(lambda e: (f(x + eps * e) - f(x - eps * e)) / (2 * eps), units)]).reshape(x.shape)


def back_to(weights, x, h, da):
    """The gradients behind the sums."""
    return [da @ weights[0].T, da @ weights[1].T], [x.T @ da, h.T @ da, da.sum(axis=0)]


def rnn_step_backward(dh_next, cache):
    x, h, h_next, *weights = cache
    inputs, parameters = back_to(weights, x, h, dh_next * (1 - h_next * h_next))
    return *inputs, *parameters


def fold_back(step, upstream, caches, *states):
    """Fold a step's way back over the sequence: all dx, the first states, the summed gradients of the parameters."""
    def kept(now, item):
        dx, *back = step(item[0] + now[1][0], *now[1][1:len(states)], item[1])
        return dx, back

    steps = scan(kept, (None, [*states]), zip(upstream[::-1], caches[::-1], strict=True))
    sums = [reduce(add, parts) for parts in zip(*(back[len(states):] for _, back in steps), strict=True)]
    return np.array([dx for dx, _ in steps][::-1]), *steps[-1][1][:len(states)], *sums


def rnn_backward(dh, cache):
    return fold_back(rnn_step_backward, dh, cache, 0)


def lstm_gates(x, h, W_x, W_h, b):
    sums = np.split(reduce(add, (x @ W_x, h @ W_h, b)), 4, axis=-1)
    return [*map(lambda squash, a: squash(a), (sigmoid, sigmoid, np.tanh, sigmoid), sums)]


def lstm_step(x, h, c, W_x, W_h, b):
    gates = lstm_gates(x, h, W_x, W_h, b)
    c_next = reduce(add, map(np.multiply, gates[1::-1], (c, gates[2])))
    return gates[3] * np.tanh(c_next), c_next, (x, h, c, *gates, c_next, W_x, W_h)


def lstm_forward(x, h0, c0, W_x, W_h, b):
    steps = scan(lambda now, x_t: lstm_step(x_t, *now[:2], W_x, W_h, b), (h0, c0, None), x)
    return *(np.array([*map(itemgetter(k), steps)]) for k in (0, 1)), [*map(itemgetter(2), steps)]


def lstm_step_backward(dh_next, dc_next, cache):
    x, h, c, i, f, g, o, c_next, *weights = cache
    total = dc_next + dh_next * o * (1 - np.tanh(c_next) ** 2)
    reached = (total * g, total * c, total * i, dh_next * np.tanh(c_next))
    slopes = (i - i ** 2, f - f ** 2, 1 - g ** 2, o - o ** 2)
    inputs, parameters = back_to(weights, x, h, np.hstack([*map(np.multiply, reached, slopes)]))
    return *inputs, total * f, *parameters


def lstm_backward(dh, dc_T, cache):
    return fold_back(lstm_step_backward, dh, cache, 0, dc_T)


def forget_bias(b, value):
    return np.concatenate([block if k != 1 else 0 * block + value for k, block in enumerate(np.split(b, 4))])


exhibit_sum = rnn_backward
exhibit_carry, exhibit_gates = lstm_backward, lstm_step_backward


def exhibit_states(dh, x, h0, h, W_x, W_h):
    b = (np.arctanh(np.array(h[0])) - x[0] @ W_x - h0 @ W_h)[0]  # what is left of the first step's sum
    return rnn_backward(dh, rnn_forward(x, h0, W_x, W_h, b)[1])


def exhibit_slope(dh_next, dc_next, x, h, c, i, f, g, o, c_next, W_x, W_h):
    i, f, g, o = (np.array(gate) for gate in (i, f, g, o))
    a = np.hstack([np.log(i / (1 - i)), np.log(f / (1 - f)), np.arctanh(g), np.log(o / (1 - o))])
    *_, cache = lstm_step(x, h, c, W_x, W_h, (a - x @ W_x - h @ W_h)[0])
    return lstm_step_backward(dh_next, dc_next, cache)


def exhibit_upstream(dh, dh_T, cache):
    return rnn_backward(np.concatenate([dh[:-1], dh[-1:] + dh_T]), cache)


def gru_step(x, h, W_x, W_h, b_x, b_h):
    a, u = np.split(x @ W_x + b_x, 3, 1), np.split(h @ W_h + b_h, 3, 1)
    r, z = map(sigmoid, map(add, a[:2], u[:2]))
    n = np.tanh(a[2] + r * u[2])
    return z * h + (1 - z) * n, (x, h, r, z, n, u[2], W_x, W_h)


def gru_forward(x, h0, W_x, W_h, b_x, b_h):
    steps = scan(lambda now, x_t: gru_step(x_t, now[0], W_x, W_h, b_x, b_h), (h0, None), x)
    return np.array([*map(itemgetter(0), steps)]), [*map(itemgetter(1), steps)]


def gru_step_backward(dh_next, cache):
    x, h, r, z, n, u_n, *weights = cache
    da_n = dh_next * (1 - z) * (1 - n ** 2)
    gates = [da_n * u_n * (r - r ** 2), dh_next * (h - n) * (z - z ** 2)]
    (dx, _), (dW_x, _, db_x) = back_to(weights, x, h, np.hstack([*gates, da_n]))
    (_, dh), (_, dW_h, db_h) = back_to(weights, x, h, np.hstack([*gates, r * da_n]))
    return dx, dh + dh_next * z, dW_x, dW_h, db_x, db_h


def gru_backward(dh, cache):
    return fold_back(gru_step_backward, dh, cache, 0)


def parameter_count(D, H):
    return tuple(map(lambda blocks, biases: blocks * H * (D + H + biases), (1, 4, 3, 3), (1, 1, 2, 1)))
