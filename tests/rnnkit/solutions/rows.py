"""A student who thinks of one sequence at a time: vectors, outer products, and a loop over the batch around it all."""

import numpy as np


def each(function):
    """The function of vectors, for every row of its arguments."""
    def over_rows(*rows):
        results = [function(*row) for row in zip(*rows, strict=True)]
        return [np.array(result) for result in zip(*results, strict=True)]
    return over_rows


def affine(x, W, b):
    return np.array([row @ W + b for row in x])


def sigmoid(z):
    if np.ndim(z):
        return np.array([sigmoid(v) for v in z])
    return 1 / (1 + np.exp(-z)) if z >= 0 else np.exp(z) / (1 + np.exp(z))


def softmax(z):
    rows = []
    for row in z:
        e = np.exp(row - row.max())
        rows.append(e / e.sum())
    return np.vstack(rows)


def activation_slopes(s, t, r):
    ds, dt, dr = np.zeros_like(s), np.zeros_like(t), np.zeros_like(r)
    for i in np.ndindex(s.shape):
        ds[i] = s[i] * (1 - s[i])
        dt[i] = 1 - t[i] ** 2
        if r[i] > 0:
            dr[i] = 1.0
    return ds, dt, dr


def rnn_step(x, h, W_x, W_h, b):
    [h_next] = each(lambda x, h: [np.tanh(W_x.T @ x + W_h.T @ h + b)])(x, h)
    return h_next, (x, h, h_next, W_x, W_h)


def rnn_forward(x, h0, W_x, W_h, b):
    h = np.zeros((x.shape[0] + 1, *h0.shape))
    h[0] = h0
    caches = [None] * len(x)
    for t in range(x.shape[0]):
        h[t + 1], caches[t] = rnn_step(x[t], h[t], W_x, W_h, b)
    return h[1:].copy(), caches


def readout(h, W_y, b_y):
    y = np.empty((*h.shape[:2], len(b_y)))
    for t in range(h.shape[0]):
        for n in range(h.shape[1]):
            y[t, n] = h[t, n] @ W_y + b_y
    return y


def numerical_gradient(f, x, eps=1e-6):
    flat, slopes = x.reshape(-1), []
    for k in range(flat.size):
        plus, minus = flat.copy(), flat.copy()
        plus[k], minus[k] = flat[k] + eps, flat[k] - eps
        slopes.append((f(plus.reshape(x.shape)) - f(minus.reshape(x.shape))) / (2 * eps))
    return np.array(slopes).reshape(x.shape)


def rnn_step_backward(dh_next, cache):
    x, h, h_next, W_x, W_h = cache
    dx, dh, dW_x, dW_h, db = each(lambda dh_n, x, h, h_next: [
        W_x @ (da := dh_n * (1 - h_next ** 2)), W_h @ da, np.outer(x, da), np.outer(h, da), da])(dh_next, x, h, h_next)
    return dx, dh, dW_x.sum(0), dW_h.sum(0), db.sum(0)


def rnn_backward(dh, caches):
    T, (N, H) = len(dh), dh[0].shape
    dx, dh_next = [0] * T, np.zeros((N, H))
    totals = [0.0, 0.0, 0.0]
    t = T
    while t > 0:
        t -= 1
        dx[t], dh_next, *parts = rnn_step_backward(dh[t] + dh_next, caches[t])
        totals = [total + part for total, part in zip(totals, parts, strict=True)]
    return np.stack(dx), dh_next, *totals


def lstm_gates(x, h, W_x, W_h, b):
    H = h.shape[1]

    def one(x, h):
        a = x @ W_x + h @ W_h + b
        return [sigmoid(a[:H]), sigmoid(a[H:2 * H]), np.tanh(a[2 * H:3 * H]), sigmoid(a[3 * H:])]

    return tuple(each(one)(x, h))


def lstm_step(x, h, c, W_x, W_h, b):
    i, f, g, o = lstm_gates(x, h, W_x, W_h, b)
    h_next, c_next = each(lambda c, i, f, g, o: [o * np.tanh(f * c + i * g), f * c + i * g])(c, i, f, g, o)
    return h_next, c_next, (x, h, c, i, f, g, o, c_next, W_x, W_h)


def lstm_forward(x, h0, c0, W_x, W_h, b):
    h, c = np.empty((len(x), *h0.shape)), np.empty((len(x), *c0.shape))
    caches = []
    for t in range(len(x)):
        before = (h[t - 1], c[t - 1]) if t else (h0, c0)
        h[t], c[t], cache = lstm_step(x[t], *before, W_x, W_h, b)
        caches.append(cache)
    return h, c, caches


def lstm_step_backward(dh_next, dc_next, cache):
    *arrays, W_x, W_h = cache

    def one(dh, dc, x, h, c, i, f, g, o, c_next):
        shown = np.tanh(c_next)
        dc = dc + dh * o * (1 - shown ** 2)
        da = np.hstack([dc * g * i * (1 - i), dc * c * f * (1 - f), dc * i * (1 - g ** 2), dh * shown * o * (1 - o)])
        return W_x @ da, W_h @ da, dc * f, np.outer(x, da), np.outer(h, da), da

    dx, dh, dc, *parts = each(one)(dh_next, dc_next, *arrays)
    return dx, dh, dc, *(part.sum(axis=0) for part in parts)


def lstm_backward(dh, dc_T, caches):
    T = len(dh)
    dx, dh_next, dc_next, totals = [0] * T, np.zeros_like(dc_T), dc_T.copy(), [0.0, 0.0, 0.0]
    for t in range(T - 1, -1, -1):
        dx[t], dh_next, dc_next, *parts = lstm_step_backward(dh[t] + dh_next, dc_next, caches[t])
        totals = [total + part for total, part in zip(totals, parts, strict=True)]
    return np.stack(dx), dh_next, dc_next, *totals


def forget_bias(b, value):
    H = len(b) // 4
    return np.array([value if H <= k < 2 * H else b[k] for k in range(len(b))])


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
    H = h.shape[1]

    def one(x, h):
        a, u = x @ W_x + b_x, h @ W_h + b_h
        r, z = sigmoid(a[:H] + u[:H]), sigmoid(a[H:2 * H] + u[H:2 * H])
        n = np.tanh(a[2 * H:] + r * u[2 * H:])
        return (1 - z) * n + z * h, r, z, n, u[2 * H:]

    h_next, r, z, n, u_n = each(one)(x, h)
    return h_next, (x, h, r, z, n, u_n, W_x, W_h)


def gru_forward(x, h0, W_x, W_h, b_x, b_h):
    h, states, caches = h0, [], []
    for t in range(len(x)):
        h, cache = gru_step(x[t], h, W_x, W_h, b_x, b_h)
        states, caches = [*states, h], [*caches, cache]
    return np.stack(states), caches


def gru_step_backward(dh_next, cache):
    *arrays, W_x, W_h = cache

    def one(dh, x, h, r, z, n, u_n):
        dn = dh * (1 - z) * (1 - n ** 2)
        gates = [dn * u_n * r * (1 - r), dh * (h - n) * z * (1 - z)]
        da, du = np.hstack([*gates, dn]), np.hstack([*gates, dn * r])
        return W_x @ da, W_h @ du + dh * z, np.outer(x, da), np.outer(h, du), da, du

    dx, dh, *parts = each(one)(dh_next, *arrays)
    return dx, dh, *(part.sum(axis=0) for part in parts)


def gru_backward(dh, caches):
    T = len(dh)
    dx, dh_next, totals = [0] * T, 0, [0.0] * 4
    for t in range(T)[::-1]:
        dx[t], dh_next, *parts = gru_step_backward(dh[t] + dh_next, caches[t])
        totals = [total + part for total, part in zip(totals, parts, strict=True)]
    return np.stack(dx), dh_next, *totals


def parameter_count(D, H):
    block = 0
    for size in (D, H, 1):
        block += size * H
    return block, block + block + block + block, 3 * (block + H), 3 * block
