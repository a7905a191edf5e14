"""A student who knows a formula for everything, and never the one in the lesson."""

import numpy as np


def affine(x, W, b):
    return np.column_stack([x, np.ones(len(x))]) @ np.vstack([W, b])


def sigmoid(z):
    return 0.5 * (1 + np.tanh(z / 2))


def softmax(z):
    z = np.clip(z - z.max(axis=1, keepdims=True), -800, 0)
    return np.exp(z - np.log(np.exp(z).sum(axis=1, keepdims=True)))


def activation_slopes(s, t, r):
    return 0.25 - (s - 0.5) ** 2, (1 - t) * (1 + t), np.minimum(1.0, np.ceil(r))


def by_exponentials(a):
    return 2 * sigmoid(2 * a) - 1


def rnn_step(x, h, W_x, W_h, b):
    a = affine(np.hstack([h, x]), np.vstack([W_h, W_x]), b)
    return by_exponentials(a), (x, h, a, W_x, W_h)


def rnn_forward(x, h0, W_x, W_h, b):
    inputs = x @ W_x + b
    a = np.zeros_like(inputs)
    h = np.concatenate([h0[np.newaxis], np.zeros_like(inputs)])
    for t in range(len(x)):
        a[t] = inputs[t] + h[t] @ W_h
        h[t + 1] = by_exponentials(a[t])
    return h[1:], (x, h[:-1], a, W_x, W_h)


def readout(h, W_y, b_y):
    return np.tensordot(h, W_y, axes=1) + b_y[None, None]


def numerical_gradient(f, x, eps=1e-6):
    def slope(k):
        moved = np.array(x.ravel())
        moved[k] = x.flat[k] + eps
        above = f(moved.reshape(x.shape))
        moved[k] = x.flat[k] - eps
        return 0.5 * (above - f(moved.reshape(x.shape))) / eps

    return np.fromiter(map(slope, range(x.size)), float).reshape(x.shape)


def rnn_step_backward(dh_next, cache):
    x, h, a, W_x, W_h = cache
    da = dh_next / np.cosh(a) ** 2
    return da.dot(W_x.T), (W_h @ da.T).T, np.dot(x.T, da), (da.T @ h).T, np.ones(len(da)) @ da


def rnn_backward(dh, cache):
    x, before, a, W_x, W_h = cache
    da, carry = np.zeros_like(a), 0
    for t in range(len(x) - 1, -1, -1):
        da[t] = (dh[t] + carry) / np.cosh(a[t]) ** 2
        carry = da[t] @ W_h.T
    dW_x, dW_h = (np.tensordot(v, da, axes=([0, 1], [0, 1])) for v in (x, before))
    return da @ W_x.T, carry, dW_x, dW_h, da.sum((0, 1))


def lstm_gates(x, h, W_x, W_h, b):
    H = h.shape[1]
    a = x @ W_x + h @ W_h + b
    half = np.where(np.arange(4 * H) // H == 2, 1.0, 0.5)
    squashed = np.tanh(half * a)
    s = np.where(half == 1, squashed, (1 + squashed) / 2)
    return s[:, :H], s[:, H:2 * H], s[:, 2 * H:-H], s[:, -H:]


def lstm_step(x, h, c, W_x, W_h, b):
    i, f, g, o = lstm_gates(x, h, W_x, W_h, b)
    c_next = np.add(np.multiply(f, c), np.multiply(i, g))
    return o * by_exponentials(c_next), c_next, (x, h, c, i, f, g, o, c_next, W_x, W_h)


def lstm_forward(x, h0, c0, W_x, W_h, b):
    h, c, kept = h0, c0, []
    for t in range(x.shape[0]):
        h, c, cache = lstm_step(x[t], h, c, W_x, W_h, b)
        kept += [(h, c, cache)]
    hs, cs, caches = zip(*kept, strict=True)
    return np.array(hs), np.array(cs), caches


def gate_sums(dh_next, dc_next, cache):
    _, _, c, i, f, g, o, c_next, _, _ = cache
    dc = dc_next + dh_next * o / np.cosh(c_next) ** 2
    return np.block([dc * g * i * (1 - i), dc * c * f * (1 - f), dc * i * (1 + g) * (1 - g),
                     dh_next * np.tanh(c_next) * (o - o * o)]), dc * f


def lstm_step_backward(dh_next, dc_next, cache):
    x, h, *_, W_x, W_h = cache
    da, dc = gate_sums(dh_next, dc_next, cache)
    return da @ W_x.T, da @ W_h.T, dc, x.T @ da, h.T @ da, np.einsum("nk->k", da)


def lstm_backward(dh, dc_T, caches):
    das, carry, dc = [], 0, dc_T
    W_x, W_h = caches[0][-2:]
    for dh_t, cache in zip(reversed(dh), reversed(caches), strict=True):
        da, dc = gate_sums(dh_t + carry, dc, cache)
        carry = da @ W_h.T
        das.insert(0, da)
    das = np.array(das)
    x, h = (np.array([cache[k] for cache in caches]) for k in (0, 1))
    flat = das.reshape(-1, das.shape[-1])
    return (das @ W_x.T, carry, dc, x.reshape(len(flat), -1).T @ flat, h.reshape(len(flat), -1).T @ flat, flat.sum(0))


def forget_bias(b, value):
    H = b.size // 4
    return b + (value - b) * np.repeat([0, 1, 0, 0], H)


def exhibit_sum(dh, cache):
    return rnn_backward(np.array(dh), cache)


exhibit_carry = lstm_backward
exhibit_gates = lstm_step_backward


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
    H = h.shape[1]
    a, u = x @ W_x + b_x, h @ W_h + b_h
    r, z = sigmoid(a[:, :H] + u[:, :H]), sigmoid(a[:, H:-H] + u[:, H:-H])
    n = by_exponentials(a[:, -H:] + r * u[:, -H:])
    return z * h + n - z * n, (x, h, r, z, n, u[:, -H:], W_x, W_h)


def gru_forward(x, h0, W_x, W_h, b_x, b_h):
    h, kept = h0, []
    for x_t in x:
        h, cache = gru_step(x_t, h, W_x, W_h, b_x, b_h)
        kept.append((h, cache))
    return np.array([h for h, _ in kept]), [cache for _, cache in kept]


def gru_step_backward(dh_next, cache):
    x, h, r, z, n, u_n, W_x, W_h = cache
    dn = (1 - z) * dh_next * (1 - n) * (1 + n)
    da = np.block([dn * u_n * r * (1 - r), dh_next * (h - n) * (z - z ** 2), dn])
    du = da * np.block([np.ones_like(r), np.ones_like(r), r])
    return da @ W_x.T, z * dh_next + du @ W_h.T, x.T @ da, h.T @ du, np.sum(da, 0), np.sum(du, 0)


def gru_backward(dh, caches):
    carry, back = 0, []
    for dh_t, cache in zip(dh[::-1], caches[::-1], strict=True):
        dx, carry, *parts = gru_step_backward(carry + dh_t, cache)
        back.append((dx, *parts))
    dx, *parts = zip(*back, strict=True)
    return np.array(dx[::-1]), carry, *(sum(part) for part in parts)


def parameter_count(D, H):
    row = D + H + 1
    return H * row, 4 * H * row, 3 * H * (row + 1), 3 * H * row
