"""A student for whom a sequence is a step and the rest of the sequence. What the step needs is kept in closures."""

import numpy as np


def affine(x, W, b):
    if len(x) == 1:
        return x @ W + b
    return np.concatenate([affine(x[:1], W, b), affine(x[1:], W, b)])


def sigmoid(z):
    return np.exp(np.minimum(z, 0)) / (1 + np.exp(-abs(z)))


def softmax(z):
    def add(row):
        return row[0] if len(row) == 1 else row[0] + add(row[1:])

    e = np.exp(np.subtract(z, np.max(z, 1)[:, None]))
    return e / np.array([[add(row)] for row in e])


def activation_slopes(s, t, r):
    return s * (1 - s), 1 - np.square(t), np.where(r == 0, 0.0, 1.0)


def rnn_step(x, h, W_x, W_h, b):
    h_next = np.tanh(x @ W_x + h @ W_h + b)

    def back(dh_next):
        da = dh_next * (1 - h_next ** 2)
        return da @ W_x.T, da @ W_h.T, [x.T @ da, h.T @ da, da.sum(0)]

    return h_next, back


def over(step, x, states):
    """The states of every step, newest last, and the ways back, oldest first."""
    if not len(x):
        return [], []
    *now, back = step(x[0], *states)
    later, backs = over(step, x[1:], now)
    return [now, *later], [back, *backs]


def rnn_forward(x, h0, W_x, W_h, b):
    states, backs = over(lambda x, h: rnn_step(x, h, W_x, W_h, b), x, [h0])
    return np.array([h for h, in states]), backs


def readout(h, W_y, b_y):
    return h @ W_y + b_y if len(h) == 1 else np.vstack([h[:1] @ W_y + b_y, readout(h[1:], W_y, b_y)])


def numerical_gradient(f, x, eps=1e-6):
    def moved(k, by):
        y = x.copy()
        np.put(y, k, x.flat[k] + by)
        return f(y)

    def slopes(k):
        return [] if k == x.size else [(moved(k, eps) - moved(k, -eps)) / (2 * eps), *slopes(k + 1)]

    return np.reshape(slopes(0), x.shape)


def rnn_step_backward(dh_next, back):
    dx, dh, parts = back(dh_next)
    return dx, dh, *parts


def backwards(dh, backs, *last):
    """What the steps send back: all dx, the states of the first step, and the sums of the parameters' parts."""
    if len(backs) == 1:
        dx, *states, parts = backs[0](dh[0] + last[0], *last[1:])
        return [dx], states, parts
    later, (dh_next, *others), sums = backwards(dh[1:], backs[1:], *last)
    dx, *states, parts = backs[0](dh[0] + dh_next, *others)
    return [dx, *later], states, [a + b for a, b in zip(sums, parts, strict=True)]


def rnn_backward(dh, backs):
    dx, states, parts = backwards(dh, backs, 0)
    return np.array(dx), *states, *parts


def lstm_gates(x, h, W_x, W_h, b):
    def cut(a, k):
        return [a] if k == 1 else [a[:, :a.shape[1] // k], *cut(a[:, a.shape[1] // k:], k - 1)]

    i, f, g, o = cut(x @ W_x + h @ W_h + b, 4)
    return sigmoid(i), sigmoid(f), np.tanh(g), sigmoid(o)


def lstm_step(x, h, c, W_x, W_h, b):
    i, f, g, o = lstm_gates(x, h, W_x, W_h, b)
    c_next = f * c + i * g
    shown = np.tanh(c_next)

    def back(dh, dc):
        dc = dc + dh * o * (1 - shown ** 2)
        da = np.hstack([dc * g * i * (1 - i), dc * c * f * (1 - f), dc * i * (1 - g ** 2), dh * shown * o * (1 - o)])
        return da @ W_x.T, da @ W_h.T, dc * f, [x.T @ da, h.T @ da, da.sum(0)]

    return o * shown, c_next, back


def lstm_forward(x, h0, c0, W_x, W_h, b):
    states, backs = over(lambda x, h, c: lstm_step(x, h, c, W_x, W_h, b), x, [h0, c0])
    h, c = zip(*states, strict=True)
    return np.array(h), np.array(c), backs


def lstm_step_backward(dh_next, dc_next, back):
    dx, dh, dc, parts = back(dh_next, dc_next)
    return dx, dh, dc, *parts


def lstm_backward(dh, dc_T, backs):
    dx, states, parts = backwards(dh, backs, 0, dc_T)
    return np.array(dx), *states, *parts


def forget_bias(b, value, block=0):
    if block == 4:
        return b[:0]
    H = len(b) // (4 - block)
    return np.append(np.full(H, value) if block == 1 else b[:H], forget_bias(b[H:], value, block + 1))


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
    (a_r, a_z, a_n), (u_r, u_z, u_n) = (np.split(v, 3, axis=-1) for v in (x @ W_x + b_x, h @ W_h + b_h))
    r, z = sigmoid(a_r + u_r), sigmoid(a_z + u_z)
    n = np.tanh(a_n + r * u_n)

    def back(dh):
        dn = dh * (1 - z) * (1 - n ** 2)
        dr, dz = dn * u_n * r * (1 - r), dh * (h - n) * z * (1 - z)
        da, du = np.hstack([dr, dz, dn]), np.hstack([dr, dz, r * dn])
        return da @ W_x.T, du @ W_h.T + dh * z, [x.T @ da, h.T @ du, da.sum(0), du.sum(0)]

    return (1 - z) * n + z * h, back


def gru_forward(x, h0, W_x, W_h, b_x, b_h):
    states, backs = over(lambda x, h: gru_step(x, h, W_x, W_h, b_x, b_h), x, [h0])
    return np.array([h for h, in states]), backs


def gru_step_backward(dh_next, back):
    dx, dh, parts = back(dh_next)
    return dx, dh, *parts


def gru_backward(dh, backs):
    dx, states, parts = backwards(dh, backs, 0)
    return np.array(dx), *states, *parts


def parameter_count(D, H, blocks=1, biases=1):
    if blocks == 1:
        return (H * (D + H + 1), *(parameter_count(D, H, *kind) for kind in ((4, 1), (3, 2), (3, 1))))
    return blocks * (H * D + H * H + biases * H)
