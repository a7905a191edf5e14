"""A student who comes from C: one number at a time, and lists for everything."""

import math

import numpy as np


def affine(x, W, b):
    a = np.zeros((len(x), len(b)))
    for n in range(len(x)):
        for j in range(len(b)):
            a[n, j] = b[j]
            for i in range(x.shape[1]):
                a[n, j] += x[n, i] * W[i, j]
    return a


def sigmoid(z):
    s = np.zeros(z.shape)
    for i in range(z.shape[0]):
        for j in range(z.shape[1]):
            if z[i, j] > 0:
                s[i, j] = 1 / (1 + math.exp(-z[i, j]))
            else:
                s[i, j] = math.exp(z[i, j]) / (1 + math.exp(z[i, j]))
    return s


def softmax(z):
    p = []
    for row in z:
        top = max(row)
        e = [math.exp(score - top) for score in row]
        p.append([k / sum(e) for k in e])
    return np.array(p)


def activation_slopes(s, t, r):
    ds, dt, dr = np.zeros(s.shape), np.zeros(t.shape), np.zeros(r.shape)
    for i in range(s.shape[0]):
        for j in range(s.shape[1]):
            ds[i, j] = s[i, j] - s[i, j] ** 2
            dt[i, j] = (1 - t[i, j]) * (1 + t[i, j])
            if r[i, j] > 0:
                dr[i, j] = 1
    return ds, dt, dr


def rnn_step(x, h, W_x, W_h, b):
    h_next = np.zeros(h.shape)
    for n in range(len(x)):
        h_next[n] = np.tanh(np.dot(W_x.T, x[n]) + np.dot(W_h.T, h[n]) + b)
    return h_next, [x, h, h_next, W_x, W_h, b]


def rnn_forward(x, h0, W_x, W_h, b):
    h = np.zeros((len(x) + 1, len(h0), len(b)))
    h[0] = h0
    caches = []
    for t in range(len(x)):
        h[t + 1], cache = rnn_step(x[t], h[t], W_x, W_h, b)
        caches.append(cache)
    return h[1:], caches


def readout(h, W_y, b_y):
    y = np.zeros((h.shape[0], h.shape[1], len(b_y)))
    for t in range(h.shape[0]):
        for n in range(h.shape[1]):
            y[t, n] = np.dot(h[t, n], W_y) + b_y
    return y


def numerical_gradient(f, x, eps=1e-6):
    gradient = np.zeros(x.shape)
    for place in np.ndindex(*x.shape):
        old = x[place]
        x[place] = old + eps
        up = f(x)
        x[place] = old - eps
        down = f(x)
        x[place] = old
        gradient[place] = (up - down) / eps / 2
    return gradient


def rnn_step_backward(dh_next, cache):
    x, h, h_next, W_x, W_h, b = cache
    dx, dh = np.zeros(x.shape), np.zeros(h.shape)
    dW_x, dW_h, db = np.zeros(W_x.shape), np.zeros(W_h.shape), np.zeros(b.shape)
    for n in range(len(x)):
        da = dh_next[n] * (1 - h_next[n] * h_next[n])
        dx[n] = np.dot(W_x, da)
        dh[n] = np.dot(W_h, da)
        dW_x += np.outer(x[n], da)
        dW_h += np.outer(h[n], da)
        db += da
    return [dx, dh, dW_x, dW_h, db]


def rnn_backward(dh, cache):
    T = len(cache)
    x, h, _, W_x, W_h, b = cache[0]
    dx = np.zeros((T, *x.shape))
    dW_x, dW_h, db = np.zeros(W_x.shape), np.zeros(W_h.shape), np.zeros(b.shape)
    carry = np.zeros(h.shape)
    t = T - 1
    while t >= 0:
        grads = rnn_step_backward(dh[t] + carry, cache[t])
        dx[t] = grads[0]
        carry = grads[1]
        dW_x = dW_x + grads[2]
        dW_h = dW_h + grads[3]
        db = db + grads[4]
        t -= 1
    return [dx, carry, dW_x, dW_h, db]


def lstm_gates(x, h, W_x, W_h, b):
    N, H = h.shape
    gates = [np.zeros((N, H)) for _ in range(4)]
    for n in range(N):
        for k in range(4 * H):
            a = b[k] + np.dot(x[n], W_x[:, k]) + np.dot(h[n], W_h[:, k])
            gates[k // H][n, k % H] = math.tanh(a) if k // H == 2 else 1 / (1 + math.exp(-a))
    return gates


def lstm_step(x, h, c, W_x, W_h, b):
    i, f, g, o = lstm_gates(x, h, W_x, W_h, b)
    h_next, c_next = np.zeros(h.shape), np.zeros(c.shape)
    for n in range(c.shape[0]):
        for k in range(c.shape[1]):
            c_next[n, k] = f[n, k] * c[n, k] + i[n, k] * g[n, k]
            h_next[n, k] = o[n, k] * math.tanh(c_next[n, k])
    return [h_next, c_next, [x, h, c, i, f, g, o, c_next, W_x, W_h]]


def lstm_forward(x, h0, c0, W_x, W_h, b):
    T = len(x)
    h, c = np.zeros((T + 1, *h0.shape)), np.zeros((T + 1, *c0.shape))
    h[0], c[0] = h0, c0
    caches = []
    for t in range(T):
        h[t + 1], c[t + 1], cache = lstm_step(x[t], h[t], c[t], W_x, W_h, b)
        caches.append(cache)
    return [h[1:], c[1:], caches]


def lstm_step_backward(dh_next, dc_next, cache):
    x, h, c, i, f, g, o, c_next, W_x, W_h = cache
    N, H = h.shape
    dx, dh, dc = np.zeros(x.shape), np.zeros(h.shape), np.zeros(c.shape)
    dW_x, dW_h, db = np.zeros(W_x.shape), np.zeros(W_h.shape), np.zeros(4 * H)
    for n in range(N):
        da = [0] * (4 * H)
        for k in range(H):
            t = math.tanh(c_next[n, k])
            total = dc_next[n, k] + dh_next[n, k] * o[n, k] * (1 - t * t)
            da[k] = total * g[n, k] * (i[n, k] - i[n, k] ** 2)
            da[k + H] = total * c[n, k] * (f[n, k] - f[n, k] ** 2)
            da[k + 2 * H] = total * i[n, k] * (1 - g[n, k]) * (1 + g[n, k])
            da[k + 3 * H] = dh_next[n, k] * t * (o[n, k] - o[n, k] ** 2)
            dc[n, k] = total * f[n, k]
        dx[n] = np.dot(W_x, da)
        dh[n] = np.dot(W_h, da)
        dW_x += np.outer(x[n], da)
        dW_h += np.outer(h[n], da)
        db += da
    return [dx, dh, dc, dW_x, dW_h, db]


def lstm_backward(dh, dc_T, cache):
    T = len(cache)
    x, h = cache[0][:2]
    W_x, W_h = cache[0][-2:]
    dx = np.zeros((T, *x.shape))
    dW_x, dW_h, db = np.zeros(W_x.shape), np.zeros(W_h.shape), np.zeros(W_h.shape[1])
    carry_h = np.zeros(h.shape)
    carry_c = dc_T
    t = T - 1
    while t >= 0:
        grads = lstm_step_backward(dh[t] + carry_h, carry_c, cache[t])
        dx[t] = grads[0]
        carry_h = grads[1]
        carry_c = grads[2]
        dW_x = dW_x + grads[3]
        dW_h = dW_h + grads[4]
        db = db + grads[5]
        t -= 1
    return [dx, carry_h, carry_c, dW_x, dW_h, db]


def forget_bias(b, value):
    H = len(b) // 4
    b_new = np.zeros(len(b))
    for k in range(len(b)):
        if k >= H and k < 2 * H:
            b_new[k] = value
        else:
            b_new[k] = b[k]
    return b_new


def gru_step(x, h, W_x, W_h, b_x, b_h):
    N, H = h.shape
    h_next, kept = np.zeros((N, H)), np.zeros((4, N, H))
    for n in range(N):
        for k in range(H):
            a = [b_x[k + j * H] + np.dot(x[n], W_x[:, k + j * H]) for j in range(3)]
            u = [b_h[k + j * H] + np.dot(h[n], W_h[:, k + j * H]) for j in range(3)]
            r = 1 / (1 + math.exp(-a[0] - u[0]))
            z = 1 / (1 + math.exp(-a[1] - u[1]))
            new = math.tanh(a[2] + r * u[2])
            h_next[n, k] = (1 - z) * new + z * h[n, k]
            kept[:, n, k] = r, z, new, u[2]
    return [h_next, [x, h, kept, W_x, W_h]]


def gru_forward(x, h0, W_x, W_h, b_x, b_h):
    h = np.zeros((len(x) + 1, *h0.shape))
    h[0] = h0
    caches = []
    for t in range(len(x)):
        h[t + 1], cache = gru_step(x[t], h[t], W_x, W_h, b_x, b_h)
        caches.append(cache)
    return [h[1:], caches]


def gru_step_backward(dh_next, cache):
    x, h, kept, W_x, W_h = cache
    N, H = h.shape
    dx, dh = np.zeros(x.shape), np.zeros(h.shape)
    dW_x, dW_h, db_x, db_h = np.zeros(W_x.shape), np.zeros(W_h.shape), np.zeros(3 * H), np.zeros(3 * H)
    for n in range(N):
        da, du = [0] * (3 * H), [0] * (3 * H)
        for k in range(H):
            r, z, new, u = kept[:, n, k]
            dn = dh_next[n, k] * (1 - z)
            dz = dh_next[n, k] * h[n, k] - dh_next[n, k] * new
            dh[n, k] = dh_next[n, k] * z
            da[k + 2 * H] = dn * (1 - new) * (1 + new)
            dr = da[k + 2 * H] * u
            da[k] = du[k] = dr * r * (1 - r)
            da[k + H] = du[k + H] = dz * z * (1 - z)
            du[k + 2 * H] = da[k + 2 * H] * r
        dx[n] = np.dot(W_x, da)
        dh[n] += np.dot(W_h, du)
        dW_x += np.outer(x[n], da)
        dW_h += np.outer(h[n], du)
        db_x += da
        db_h += du
    return [dx, dh, dW_x, dW_h, db_x, db_h]


def gru_backward(dh, cache):
    T = len(cache)
    x, h, _, W_x, W_h = cache[0]
    dx = np.zeros((T, *x.shape))
    dW_x, dW_h = np.zeros(W_x.shape), np.zeros(W_h.shape)
    db_x, db_h = np.zeros(W_h.shape[1]), np.zeros(W_h.shape[1])
    carry = np.zeros(h.shape)
    t = T - 1
    while t >= 0:
        grads = gru_step_backward(dh[t] + carry, cache[t])
        dx[t] = grads[0]
        carry = grads[1]
        dW_x = dW_x + grads[2]
        dW_h = dW_h + grads[3]
        db_x = db_x + grads[4]
        db_h = db_h + grads[5]
        t -= 1
    return [dx, carry, dW_x, dW_h, db_x, db_h]


def parameter_count(D, H):
    counts = []
    for blocks, biases in [(1, 1), (4, 1), (3, 2), (3, 1)]:
        count = 0
        for _ in range(blocks):
            for _ in range(H):
                count += D + H + biases
        counts.append(count)
    return counts


def exhibit_sum(dh, cache):
    T = len(cache)
    dx, weights = [None] * T, [[None] * T, [None] * T, [None] * T]
    carry = np.zeros(dh[0].shape)
    for t in range(T - 1, -1, -1):
        dx[t], carry, weights[0][t], weights[1][t], weights[2][t] = rnn_step_backward(dh[t] + carry, cache[t])
    return [np.array(dx), carry, sum(weights[0]), sum(weights[1]), sum(weights[2])]


def exhibit_carry(dh, dc_T, cache):
    T = len(cache)
    grads, carry = [None] * T, [0, dc_T]
    for t in range(T - 1, -1, -1):
        grads[t] = lstm_step_backward(dh[t] + carry[0], carry[1], cache[t])
        carry = grads[t][1:3]
    totals = [sum(grads[t][k] for t in range(T)) for k in (3, 4, 5)]
    return [np.array([grads[t][0] for t in range(T)]), *carry, *totals]


def exhibit_states(dh, x, h0, h, W_x, W_h):
    dx, dW_x, dW_h, db = np.zeros(x.shape), np.zeros(W_x.shape), np.zeros(W_h.shape), np.zeros(len(W_h))
    carry = np.zeros(h0.shape)
    for t in range(len(x) - 1, -1, -1):
        for n in range(len(x[t])):
            da = (dh[t, n] + carry[n]) * (1 - h[t, n] * h[t, n])
            dx[t, n], carry[n] = np.dot(W_x, da), np.dot(W_h, da)
            dW_x += np.outer(x[t, n], da)
            dW_h += np.outer(h[t - 1, n] if t > 0 else h0[n], da)
            db += da
    return [dx, carry, dW_x, dW_h, db]


def exhibit_slope(dh_next, dc_next, x, h, c, i, f, g, o, c_next, W_x, W_h):
    return lstm_step_backward(dh_next, dc_next, [x, h, c, i, f, g, o, c_next, W_x, W_h])


def exhibit_gates(dh_next, dc_next, cache):
    x, h, c, i, f, g, o, c_next, W_x, W_h = cache
    N, H = h.shape
    t = np.tanh(c_next)
    dc = dc_next + dh_next * o * (1 - t * t)
    da = np.zeros((N, 4 * H))
    for n in range(N):
        for k in range(H):
            da[n, k] = dc[n, k] * g[n, k] * i[n, k] * (1 - i[n, k])
            da[n, H + k] = dc[n, k] * c[n, k] * f[n, k] * (1 - f[n, k])
            da[n, 2 * H + k] = dc[n, k] * i[n, k] * (1 - g[n, k] ** 2)
            da[n, 3 * H + k] = dh_next[n, k] * t[n, k] * o[n, k] * (1 - o[n, k])
    return [np.dot(da, W_x.T), np.dot(da, W_h.T), dc * f, np.dot(x.T, da), np.dot(h.T, da), sum(da)]


def exhibit_upstream(dh, dh_T, cache):
    copy = np.zeros(dh.shape)
    for t in range(len(dh)):
        for n in range(len(dh[t])):
            copy[t, n] = dh[t, n]
            if t == len(dh) - 1:
                copy[t, n] += dh_T[n]
    return exhibit_sum(copy, cache)
