"""A student with a textbook of column vectors: every array is turned on the way in, and turned back on the way out."""

import numpy as np


def affine(x, W, b):
    return (W.T @ x.T + b.reshape(-1, 1)).T


def sigmoid(z):
    out = np.empty(z.shape)
    up = z > 0
    out[up] = 1 / (1 + np.exp(-z[up]))
    out[~up] = np.exp(z[~up]) / (np.exp(z[~up]) + 1)
    return out


def softmax(z):
    columns = np.asfortranarray(z).T
    e = np.exp(columns - columns.max(0))
    return (e / e.sum(0)).T


def activation_slopes(s, t, r):
    on = np.zeros_like(r)
    on[np.nonzero(r)] = 1
    return (s.T * (1 - s.T)).T, -(t ** 2 - 1), on


class Turned:
    """Column vectors of one step, as the book has them: one column for each sequence."""

    def __init__(self, x, h, W_x, W_h):
        self.x, self.h, self.U, self.W = x.T, h.T, W_x.T, W_h.T

    def back(self, delta):
        """dx, dh, dU, dW and db for the gradient of the sums, turned back."""
        return ((self.U.T @ delta).T, (self.W.T @ delta).T, (delta @ self.x.T).T, (delta @ self.h.T).T,
                delta.sum(axis=1))


def rnn_step(x, h, W_x, W_h, b):
    k = Turned(x, h, W_x, W_h)
    k.new = np.tanh(k.U @ k.x + k.W @ k.h + np.vstack(b))
    return k.new.T, k


def rnn_step_backward(dh_next, k):
    return k.back(dh_next.T * (1 - k.new ** 2))


def along(step, x, states, parameters):
    """Run a step along a sequence: the states of every step in a list, and the caches."""
    kept, caches = [], []
    for t in range(len(x)):
        *states, cache = step(x[t], *states, *parameters)
        kept.append(states)
        caches.append(cache)
    return kept, caches


def against(step, dh, states, caches):
    """Run a step's way back against the sequence."""
    T, many = len(caches), len(states)
    dx, sums = [None] * T, None
    for t in range(T)[::-1]:
        states[0] = states[0] + dh[t]
        dx[t], *back = step(*states, caches[t])
        states, parts = back[:many], back[many:]
        sums = parts if sums is None else [a + b for a, b in zip(sums, parts, strict=True)]
    return np.array(dx), *states, *sums


def rnn_forward(x, h0, W_x, W_h, b):
    kept, caches = along(rnn_step, x, [h0], (W_x, W_h, b))
    return np.concatenate(kept), caches


def readout(h, W_y, b_y):
    return np.swapaxes([(W_y.T @ h_t.T) + b_y[:, None] for h_t in h], 1, 2)


def numerical_gradient(f, x, eps=1e-6):
    x, grad = x.copy(), np.zeros(x.shape)
    visit = np.nditer(x, flags=["multi_index"])
    for _ in visit:
        i = visit.multi_index
        here = x[i]
        x[i] = here + eps
        above = f(x)
        x[i] = here - eps
        below = f(x)
        x[i] = here
        grad[i] = (above - below) / (2 * eps)
    return grad


def rnn_backward(dh, caches):
    return against(rnn_step_backward, dh, [0], caches)


def lstm_gates(x, h, W_x, W_h, b):
    a = W_x.T @ x.T + W_h.T @ h.T + b[:, np.newaxis]
    i, f, g, o = np.vsplit(a, 4)
    return sigmoid(i).T, sigmoid(f).T, np.tanh(g).T, sigmoid(o).T


def lstm_step(x, h, c, W_x, W_h, b):
    k = Turned(x, h, W_x, W_h)
    k.i, k.f, k.g, k.o = (gate.T for gate in lstm_gates(x, h, W_x, W_h, b))
    k.c, k.new = c.T, k.f * c.T + k.i * k.g
    return (k.o * np.tanh(k.new)).T, k.new.T, k


def lstm_step_backward(dh_next, dc_next, k):
    dh, tanh_c = dh_next.T, np.tanh(k.new)
    dc = dc_next.T + dh * k.o * (1 - tanh_c ** 2)
    delta = np.vstack([dc * k.g * k.i * (1 - k.i), dc * k.c * k.f * (1 - k.f), dc * k.i * (1 - k.g ** 2),
                       dh * tanh_c * k.o * (1 - k.o)])
    dx, dh, *parameters = k.back(delta)
    return dx, dh, (dc * k.f).T, *parameters


def lstm_forward(x, h0, c0, W_x, W_h, b):
    kept, caches = along(lstm_step, x, [h0, c0], (W_x, W_h, b))
    h, c = np.array(kept).swapaxes(0, 1)
    return h, c, caches


def lstm_backward(dh, dc_T, caches):
    return against(lstm_step_backward, dh, [0, dc_T], caches)


def forget_bias(b, value):
    b_new = np.array(b, copy=True)
    np.vsplit(b_new[:, None], 4)[1][:] = value
    return b_new


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
    k = Turned(x, h, W_x, W_h)
    a, u = np.vsplit(k.U @ k.x + b_x[:, None], 3), np.vsplit(k.W @ k.h + b_h[:, None], 3)
    k.r, k.z, k.u = sigmoid(a[0] + u[0]), sigmoid(a[1] + u[1]), u[2]
    k.n = np.tanh(a[2] + k.r * k.u)
    return ((1 - k.z) * k.n + k.z * k.h).T, k


def gru_step_backward(dh_next, k):
    dh = dh_next.T
    dn = dh * (1 - k.z) * (1 - k.n ** 2)
    first = [dn * k.u * k.r * (1 - k.r), dh * (k.h - k.n) * k.z * (1 - k.z)]
    dx, _, dW_x, _, db_x = k.back(np.vstack([*first, dn]))
    _, back, _, dW_h, db_h = k.back(np.vstack([*first, dn * k.r]))
    return dx, back + (dh * k.z).T, dW_x, dW_h, db_x, db_h


def gru_forward(x, h0, W_x, W_h, b_x, b_h):
    kept, caches = along(gru_step, x, [h0], (W_x, W_h, b_x, b_h))
    return np.concatenate(kept), caches


def gru_backward(dh, caches):
    return against(gru_step_backward, dh, [0], caches)


def parameter_count(D, H):
    sizes = {"U": H * D, "W": H * H, "b": H}
    one = sum(sizes.values())
    return one, one * 4, one * 3 + sizes["b"] * 3, one * 3
