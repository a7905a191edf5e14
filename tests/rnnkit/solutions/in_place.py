"""A student who saves memory: everything that can be changed in place is, the upstream gradient too."""

import numpy as np


def affine(x, W, b):
    a = x @ W
    a += b
    return a


def sigmoid(z):
    s = np.empty_like(z)
    positive = z >= 0
    s[positive] = 1 / (1 + np.exp(-z[positive]))
    e = np.exp(z[~positive])
    s[~positive] = e / (1 + e)
    return s


def softmax(z):
    p = z - z.max(axis=1, keepdims=True)
    np.exp(p, out=p)
    p /= p.sum(axis=1, keepdims=True)
    return p


def activation_slopes(s, t, r):
    ds = 1 - s
    ds *= s
    dt = t * t
    np.subtract(1, dt, out=dt)
    dr = np.zeros_like(r)
    dr[r > 0] = 1
    return ds, dt, dr


def rnn_step(x, h, W_x, W_h, b):
    h_next = x @ W_x
    h_next += h @ W_h
    h_next += b
    np.tanh(h_next, out=h_next)
    return h_next, (x, h, h_next, W_x, W_h)


def rnn_forward(x, h0, W_x, W_h, b):
    T, N, _ = x.shape
    h = np.zeros((T, N, h0.shape[1]))
    caches = [None] * T
    for t in range(T):
        h[t], caches[t] = rnn_step(x[t], h0 if t == 0 else h[t - 1], W_x, W_h, b)
    return h, caches


def readout(h, W_y, b_y):
    y = h @ W_y
    y += b_y
    return y


def numerical_gradient(f, x, eps=1e-6):
    gradient = np.zeros_like(x)
    it = np.nditer(x, flags=["multi_index"])
    for _ in it:
        i = it.multi_index
        x[i] += eps
        gradient[i] = f(x)
        x[i] -= 2 * eps
        gradient[i] -= f(x)
        x[i] += eps
    eps *= 2
    gradient /= eps
    return gradient


def rnn_step_backward(dh_next, cache):
    x, h, h_next, W_x, W_h = cache
    dh_next *= 1 - h_next ** 2
    return dh_next @ W_x.T, dh_next @ W_h.T, x.T @ dh_next, h.T @ dh_next, dh_next.sum(0)


def rnn_backward(dh, cache):
    T, N, H = dh.shape
    D = cache[0][0].shape[1]
    dx, dh0, dW_x, dW_h, db = np.zeros((T, N, D)), np.zeros((N, H)), np.zeros((D, H)), np.zeros((H, H)), np.zeros(H)
    for t in range(T - 1, -1, -1):
        dh[t] += dh0
        dx[t], dh0, *shared = rnn_step_backward(dh[t], cache[t])
        for total, part in zip((dW_x, dW_h, db), shared, strict=True):
            total += part
    return dx, dh0, dW_x, dW_h, db


def lstm_gates(x, h, W_x, W_h, b):
    a = x @ W_x
    a += h @ W_h
    a += b
    i, f, g, o = np.split(a, 4, axis=1)
    for gate in (i, f, o):
        gate[:] = sigmoid(gate)
    np.tanh(g, out=g)
    return i, f, g, o


def lstm_step(x, h, c, W_x, W_h, b):
    i, f, g, o = lstm_gates(x, h, W_x, W_h, b)
    c_next = f * c
    c_next += i * g
    h_next = np.tanh(c_next)
    h_next *= o
    return h_next, c_next, (x, h, c, i, f, g, o, c_next, W_x, W_h)


def lstm_forward(x, h0, c0, W_x, W_h, b):
    h = np.empty((len(x), *h0.shape))
    c = np.empty_like(h)
    caches = [None] * len(x)
    h_t, c_t = h0, c0
    for t in range(len(x)):
        h[t], c[t], caches[t] = lstm_step(x[t], h_t, c_t, W_x, W_h, b)
        h_t, c_t = h[t], c[t]
    return h, c, caches


def lstm_step_backward(dh_next, dc_next, cache):
    x, h, c, i, f, g, o, c_next, W_x, W_h = cache
    N, H = h.shape
    tanh_c = np.tanh(c_next)
    dc_next += dh_next * o * (1 - tanh_c * tanh_c)
    da = np.empty((N, 4 * H))
    da_i, da_f, da_g, da_o = np.split(da, 4, axis=1)
    np.multiply(dc_next, g, out=da_i)
    np.multiply(dc_next, c, out=da_f)
    np.multiply(dc_next, i, out=da_g)
    dh_next *= tanh_c
    da_o[:] = dh_next
    da_i *= i * (1 - i)
    da_f *= f * (1 - f)
    da_g *= 1 - g * g
    da_o *= o * (1 - o)
    dc_next *= f
    return da @ W_x.T, da @ W_h.T, dc_next, x.T @ da, h.T @ da, da.sum(0)


def lstm_backward(dh, dc_T, cache):
    T, N, H = dh.shape
    D = cache[0][0].shape[1]
    dx, dh0, dc0 = np.zeros((T, N, D)), np.zeros((N, H)), dc_T
    totals = np.zeros((D, 4 * H)), np.zeros((H, 4 * H)), np.zeros(4 * H)
    for t in range(T - 1, -1, -1):
        dh[t] += dh0
        dx[t], dh0, dc0, *shared = lstm_step_backward(dh[t], dc0, cache[t])
        for total, part in zip(totals, shared, strict=True):
            total += part
    return dx, dh0, dc0, *totals


def forget_bias(b, value):
    b_new = np.array(b)
    b_new.reshape(4, -1)[1] = value
    return b_new


def gru_step(x, h, W_x, W_h, b_x, b_h):
    H = h.shape[1]
    a = x @ W_x
    a += b_x
    u = h @ W_h
    u += b_h
    gates, n, u_n = a[:, :2 * H], a[:, 2 * H:], u[:, 2 * H:]
    gates += u[:, :2 * H]
    gates[:] = sigmoid(gates)
    r, z = gates[:, :H], gates[:, H:]
    n += r * u_n
    np.tanh(n, out=n)
    h_next = h - n
    h_next *= z
    h_next += n
    return h_next, (x, h, r, z, n, u_n, W_x, W_h)


def gru_forward(x, h0, W_x, W_h, b_x, b_h):
    h = np.empty((len(x), *h0.shape))
    caches = [None] * len(x)
    for t in range(len(x)):
        h[t], caches[t] = gru_step(x[t], h[t - 1] if t else h0, W_x, W_h, b_x, b_h)
    return h, caches


def gru_step_backward(dh_next, cache):
    x, h, r, z, n, u_n, W_x, W_h = cache
    N, H = h.shape
    da = np.empty((N, 3 * H))
    da_r, da_z, da_n = np.split(da, 3, axis=1)
    np.multiply(dh_next, 1 - z, out=da_n)
    np.multiply(dh_next, h - n, out=da_z)
    dh_next *= z
    da_n *= 1 - n * n
    da_z *= z * (1 - z)
    np.multiply(da_n, u_n, out=da_r)
    da_r *= r * (1 - r)
    dx, dW_x, db_x = da @ W_x.T, x.T @ da, da.sum(0)
    da_n *= r
    dh_next += da @ W_h.T
    return dx, dh_next, dW_x, h.T @ da, db_x, da.sum(0)


def gru_backward(dh, cache):
    T, N, H = dh.shape
    D = cache[0][0].shape[1]
    dx, dh0 = np.zeros((T, N, D)), np.zeros((N, H))
    totals = np.zeros((D, 3 * H)), np.zeros((H, 3 * H)), np.zeros(3 * H), np.zeros(3 * H)
    for t in range(T - 1, -1, -1):
        dh[t] += dh0
        dx[t], dh0, *shared = gru_step_backward(dh[t], cache[t])
        for total, part in zip(totals, shared, strict=True):
            total += part
    return dx, dh0, *totals


def parameter_count(D, H):
    rnn = D * H
    rnn += H * H
    gru = rnn
    rnn += H
    gru += 2 * H
    gru *= 3
    return rnn, 4 * rnn, gru, 3 * rnn


def exhibit_sum(dh, cache):
    return rnn_backward(dh, cache)


def exhibit_carry(dh, dc_T, cache):
    T, N, H = dh.shape
    dx = np.empty((T, N, cache[0][0].shape[1]))
    totals = [np.zeros((dx.shape[2], 4 * H)), np.zeros((H, 4 * H)), np.zeros(4 * H)]
    for t in range(T - 1, -1, -1):
        dx[t], dh_next, dc_T, *shared = lstm_step_backward(dh[t], dc_T, cache[t])
        if t:
            dh[t - 1] += dh_next
        for total, part in zip(totals, shared, strict=True):
            total += part
    return dx, dh_next, dc_T, *totals


def exhibit_states(dh, x, h0, h, W_x, W_h):
    dx, carry = np.empty_like(x), np.zeros_like(h0)
    dW_x, dW_h, db = np.zeros_like(W_x), np.zeros_like(W_h), np.zeros(len(W_h))
    for t in range(len(dh) - 1, -1, -1):
        carry += dh[t]
        carry *= 1 - h[t] * h[t]
        dW_x += x[t].T @ carry
        dW_h += (h[t - 1] if t else h0).T @ carry
        db += carry.sum(0)
        np.matmul(carry, W_x.T, out=dx[t])
        carry = carry @ W_h.T
    return dx, carry, dW_x, dW_h, db


def exhibit_slope(dh_next, dc_next, x, h, c, i, f, g, o, c_next, W_x, W_h):
    tanh_c, H = np.tanh(c_next), h.shape[1]
    da = np.concatenate([i, f, g, o], axis=1)
    slopes = da - da ** 2
    slopes[:, 2 * H:3 * H] = 1 - g ** 2
    dc = o - o * tanh_c ** 2
    dc *= dh_next
    dc += dc_next
    np.concatenate([dc * g, dc * c, dc * i, dh_next * tanh_c], axis=1, out=da)
    da *= slopes
    dc *= f
    return da @ W_x.T, da @ W_h.T, dc, x.T @ da, h.T @ da, da.sum(0)


def exhibit_gates(dh_next, dc_next, cache):
    return lstm_step_backward(dh_next, dc_next, cache)


def exhibit_upstream(dh, dh_T, cache):
    dh = dh.copy()
    dh[-1] += dh_T
    return rnn_backward(dh, cache)
