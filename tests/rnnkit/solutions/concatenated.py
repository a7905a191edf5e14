"""A student who read another book: one weight for [h, x], column vectors inside, and a cache that is used up."""

import numpy as np


def affine(x, W, b):
    return (np.vstack([W, b]).T @ np.vstack([x.T, np.ones(len(x))])).T


def sigmoid(z):
    return np.exp(-np.logaddexp(0, -z))


def softmax(z):
    return np.exp(z - np.logaddexp.reduce(z, axis=-1, keepdims=True))


def activation_slopes(s, t, r):
    ds, dt, dr = np.multiply(s, 1 - s), np.subtract(1, t ** 2), np.where(r > 0, 1, 0)
    return (ds, dt, dr)


def stacked(W_x, W_h):
    return np.concatenate([W_h, W_x]).T


def rnn_step(x, h, W_x, W_h, b):
    W, hx = stacked(W_x, W_h), np.concatenate([h, x], axis=1).T
    h_next = np.tanh(W @ hx + b[:, None])
    return h_next.T, [W, hx, h_next]


def rnn_forward(x, h0, W_x, W_h, b):
    h, caches = [h0], []
    for x_t in x:
        h_t, cache = rnn_step(x_t, h[-1], W_x, W_h, b)
        h += [h_t]
        caches.append(cache)
    return np.concatenate([h_t[None] for h_t in h[1:]]), caches


def readout(h, W_y, b_y):
    return np.concatenate([h, np.ones((*h.shape[:2], 1))], axis=-1) @ np.vstack([W_y, b_y])


def numerical_gradient(f, x, eps=1e-6):
    directions = eps * np.eye(x.size).reshape(x.size, *x.shape)
    return np.array([f(x + d) - f(x - d) for d in directions]).reshape(x.shape) / (2 * eps)


def rnn_step_backward(dh_next, cache):
    h_next = cache.pop()
    hx = cache.pop()
    W = cache.pop()
    H = len(W)
    da = (1 - h_next ** 2) * dh_next.T
    d_hx, dW = W.T @ da, (da @ hx.T).T
    return d_hx[H:].T, d_hx[:H].T, dW[H:], dW[:H], da.sum(axis=1, keepdims=True).T


def rnn_backward(dh, cache):
    dx, dW_x, dW_h, db = [], 0, 0, 0
    dh_next = np.zeros(dh[0].shape)
    while cache:
        dx_t, dh_next, dW_x_t, dW_h_t, db_t = rnn_step_backward(dh[len(cache) - 1] + dh_next, cache.pop())
        dx.insert(0, dx_t)
        dW_x, dW_h, db = dW_x + dW_x_t, dW_h + dW_h_t, db + db_t
    return np.array(dx), dh_next, dW_x, dW_h, db


def lstm_gates(x, h, W_x, W_h, b):
    a = stacked(W_x, W_h) @ np.concatenate([h, x], axis=1).T + b[:, None]
    H = a.shape[0] // 4
    return sigmoid(a[:H]).T, sigmoid(a[H:2 * H]).T, np.tanh(a[2 * H:-H]).T, sigmoid(a[-H:]).T


def lstm_step(x, h, c, W_x, W_h, b):
    gates = np.concatenate(lstm_gates(x, h, W_x, W_h, b), axis=1).T
    i, f, g, o = gates.reshape(4, -1, len(x))
    c_next = f * c.T + i * g
    h_next = o * np.tanh(c_next)
    return h_next.T, c_next.T, [stacked(W_x, W_h), np.concatenate([h, x], axis=1).T, c.T, gates, c_next]


def lstm_forward(x, h0, c0, W_x, W_h, b):
    h, c, caches = [h0], [c0], []
    for x_t in x:
        h_t, c_t, cache = lstm_step(x_t, h[-1], c[-1], W_x, W_h, b)
        h += [h_t]
        c += [c_t]
        caches.append(cache)
    return np.concatenate([h_t[None] for h_t in h[1:]]), np.concatenate([c_t[None] for c_t in c[1:]]), caches


def lstm_step_backward(dh_next, dc_next, cache):
    c_next, gates, c, hx, W = (cache.pop() for _ in range(5))
    i, f, g, o = np.split(gates, 4)
    H, tanh_c, dh = len(c), np.tanh(c_next), dh_next.T
    dc = dh * o * (1 - tanh_c ** 2) + dc_next.T
    slopes = np.concatenate([i * (1 - i), f * (1 - f), 1 - g ** 2, o * (1 - o)])
    da = np.concatenate([dc * g, dc * c, dc * i, dh * tanh_c]) * slopes
    d_hx, dW = W.T @ da, (da @ hx.T).T
    return d_hx[H:].T, d_hx[:H].T, (dc * f).T, dW[H:], dW[:H], da.sum(axis=1, keepdims=True).T


def lstm_backward(dh, dc_T, cache):
    dx, dW_x, dW_h, db = [], 0, 0, 0
    dh_next, dc_next = np.zeros(dc_T.shape), dc_T
    while cache:
        dh_t = dh[len(cache) - 1] + dh_next
        dx_t, dh_next, dc_next, dW_x_t, dW_h_t, db_t = lstm_step_backward(dh_t, dc_next, cache.pop())
        dx.insert(0, dx_t)
        dW_x, dW_h, db = dW_x + dW_x_t, dW_h + dW_h_t, db + db_t
    return np.array(dx), dh_next, dc_next, dW_x, dW_h, db


def forget_bias(b, value):
    i, _, g, o = np.split(b, 4)
    return np.concatenate([i, np.full(len(i), value), g, o])


def gru_step(x, h, W_x, W_h, b_x, b_h):
    hx, H = np.concatenate([h, x], axis=1).T, h.shape[1]
    W_gates = stacked(W_x[:, :2 * H], W_h[:, :2 * H])
    gates = sigmoid(W_gates @ hx + (b_x + b_h)[:2 * H, None])
    r, z = gates[:H], gates[H:]
    u = W_h[:, 2 * H:].T @ h.T + b_h[2 * H:, None]
    n = np.tanh(W_x[:, 2 * H:].T @ x.T + b_x[2 * H:, None] + r * u)
    return (n + z * (h.T - n)).T, [W_gates, W_x[:, 2 * H:], W_h[:, 2 * H:], hx, gates, u, n]


def gru_forward(x, h0, W_x, W_h, b_x, b_h):
    h, caches = [h0], []
    for x_t in x:
        h_t, cache = gru_step(x_t, h[-1], W_x, W_h, b_x, b_h)
        h += [h_t]
        caches.append(cache)
    return np.array(h[1:]), caches


def gru_step_backward(dh_next, cache):
    n, u, gates, hx, W_hn, W_xn, W_gates = (cache.pop() for _ in range(7))
    H, dh = len(n), dh_next.T
    r, z = gates[:H], gates[H:]
    dn = (1 - z) * dh * (1 - n ** 2)
    d_gates = np.concatenate([dn * u, dh * (hx[:H] - n)]) * gates * (1 - gates)
    d_hx, dW = W_gates.T @ d_gates, hx @ d_gates.T
    dx, dh = d_hx[H:] + W_xn @ dn, d_hx[:H] + W_hn @ (r * dn) + z * dh
    db = np.concatenate([d_gates, dn]).sum(axis=1, keepdims=True).T
    db_h = np.concatenate([d_gates, r * dn]).sum(axis=1, keepdims=True).T
    dW_x, dW_h = np.hstack([dW[H:], hx[H:] @ dn.T]), np.hstack([dW[:H], hx[:H] @ (r * dn).T])
    return dx.T, dh.T, dW_x, dW_h, db, db_h


def gru_backward(dh, cache):
    dx, totals, dh_next = [], [0, 0, 0, 0], np.zeros(dh[0].shape)
    while cache:
        dx_t, dh_next, *grads = gru_step_backward(dh[len(cache) - 1] + dh_next, cache.pop())
        dx.insert(0, dx_t)
        totals = [total + grad for total, grad in zip(totals, grads, strict=True)]
    return np.array(dx), dh_next, *totals


def parameter_count(D, H):
    with_bias = (D + H + 1) * H
    return with_bias, 4 * with_bias, 3 * ((D + 1) * H + (H + 1) * H), 3 * with_bias


def exhibit_sum(dh, cache):
    grads, carry = [], np.zeros(dh[0].shape)
    for t in reversed(range(len(dh))):
        grads.append(rnn_step_backward(dh[t] + carry, cache.pop()))
        carry = grads[-1][1]
    dx, _, *weights = (np.array(grad[::-1]) for grad in zip(*grads, strict=True))
    return dx, carry, *(weight.sum(axis=0) for weight in weights)


def exhibit_carry(dh, dc_T, cache):
    grads, carry = [], (np.zeros(dc_T.shape), dc_T)
    for t in reversed(range(len(dh))):
        grads.append(lstm_step_backward(dh[t] + carry[0], carry[1], cache.pop()))
        carry = grads[-1][1:3]
    dx, _, _, *weights = (np.array(grad[::-1]) for grad in zip(*grads, strict=True))
    return dx, *carry, *(weight.sum(axis=0) for weight in weights)


def exhibit_states(dh, x, h0, h, W_x, W_h):
    W, H = np.vstack([W_h, W_x]).T, len(W_h)
    dW, db, dx, carry = np.zeros(W.T.shape), np.zeros((1, H)), np.zeros(x.shape), 0
    for t in reversed(range(len(dh))):
        hx = np.hstack([h[t - 1] if t else h0, x[t]]).T
        da = (dh[t] + carry).T * (1 - h[t].T ** 2)
        carry, dx[t] = (W.T @ da)[:H].T, (W.T @ da)[H:].T
        dW += hx @ da.T
        db += da.sum(axis=1)
    return dx, carry, dW[H:], dW[:H], db


def exhibit_slope(dh_next, dc_next, x, h, c, i, f, g, o, c_next, W_x, W_h):
    W, hx, H, tanh_c = np.vstack([W_h, W_x]), np.hstack([h, x]), h.shape[1], np.tanh(c_next)
    dc, da_o = dc_next + dh_next * o * (1 - tanh_c ** 2), dh_next * tanh_c * o * (1 - o)
    da = np.hstack([dc * g * i * (1 - i), dc * c * f * (1 - f), dc * i * (1 - g * g), da_o])
    d_hx, dW = da @ W.T, hx.T @ da
    return d_hx[:, H:], d_hx[:, :H], dc * f, dW[H:], dW[:H], da.sum(axis=0, keepdims=True)


def exhibit_gates(dh_next, dc_next, cache):
    W, hx, c, gates, c_next = cache
    (i, f, g, o), H, tanh_c = gates.reshape(4, *c.shape), len(c), np.tanh(c_next)
    dc, da_o = dc_next.T + dh_next.T * o * (1 - tanh_c ** 2), dh_next.T * tanh_c * o * (1 - o)
    da = np.concatenate([dc * g * i * (1 - i), dc * c * f * (1 - f), dc * i * (1 - g * g), da_o])
    d_hx, dW = W.T @ da, hx @ da.T
    return d_hx[H:].T, d_hx[:H].T, (dc * f).T, dW[H:], dW[:H], da.sum(axis=1)[None]


def exhibit_upstream(dh, dh_T, cache):
    return exhibit_sum([np.add(dh_t, 0) for dh_t in dh[:-1]] + [dh[-1] + dh_T], cache)
