"""A student who has profiled: every product of a whole sequence at once, arrays made once, one cache for all steps."""

import numpy as np


def affine(x, W, b):
    out = np.empty((len(x), W.shape[1]))
    np.matmul(x, W, out=out)
    out += b
    return out


def sigmoid(z):
    out = np.tanh(0.5 * z)
    out += 1
    out *= 0.5
    return out


def softmax(z):
    out = np.subtract(z, np.max(z, axis=-1, keepdims=True), dtype=float)
    np.exp(out, out=out)
    out /= out.sum(axis=-1)[..., None]
    return out


def activation_slopes(s, t, r):
    dt = -t * t
    dt += 1.0
    return s * (1.0 - s), dt, (r != 0).astype(float)


def flat(array):
    return array.reshape(-1, array.shape[-1])


def products(x, h, da):
    return flat(x).T @ flat(da), flat(h).T @ flat(da), flat(da).sum(axis=0)


def rnn_step(x, h, W_x, W_h, b):
    glued = np.concatenate([x, h], axis=1) @ np.concatenate([W_x, W_h], axis=0)
    glued += b
    return np.tanh(glued, out=glued), (x, h, glued, W_x, W_h)


def rnn_forward(x, h0, W_x, W_h, b):
    T, N, _ = x.shape
    h = np.empty((T + 1, N, len(W_h)))
    h[0] = h0
    h[1:] = (flat(x) @ W_x).reshape(T, N, -1) + b
    for t in range(T):
        h[t + 1] += h[t] @ W_h
        np.tanh(h[t + 1], out=h[t + 1])
    return h[1:], (x, h, W_x, W_h)


def readout(h, W_y, b_y):
    return (flat(h) @ W_y + b_y).reshape(*h.shape[:2], -1)


def numerical_gradient(f, x, eps=1e-6):
    work, out = x.astype(float), np.empty_like(x)
    view, result = work.ravel(), out.ravel()
    for k in range(view.size):
        kept = view[k]
        view[k] = kept + eps
        result[k] = f(work)
        view[k] = kept - eps
        result[k] -= f(work)
        view[k] = kept
    out /= 2 * eps
    return out


def rnn_step_backward(dh_next, cache):
    x, h, h_next, W_x, W_h = cache
    da = np.square(h_next)
    np.subtract(1, da, out=da)
    da *= dh_next
    return da @ W_x.T, da @ W_h.T, *products(x, h, da)


def rnn_backward(dh, cache):
    x, h, W_x, W_h = cache
    da = 1 - h[1:] ** 2
    carry = np.zeros_like(h[0])
    for t in range(len(x))[::-1]:
        da[t] *= dh[t] + carry
        carry = da[t] @ W_h.T
    return (flat(da) @ W_x.T).reshape(x.shape), carry, *products(x, h[:-1], da)


def lstm_gates(x, h, W_x, W_h, b):
    a = x @ W_x
    a += h @ W_h
    a += b
    H = h.shape[-1]
    a[:, :2 * H] = sigmoid(a[:, :2 * H])
    a[:, 3 * H:] = sigmoid(a[:, 3 * H:])
    np.tanh(a[:, 2 * H:3 * H], out=a[:, 2 * H:3 * H])
    return tuple(a[:, k * H:(k + 1) * H] for k in range(4))


def lstm_step(x, h, c, W_x, W_h, b):
    h, c, cache = lstm_forward(x[None], h, c, W_x, W_h, b)
    return h[0], c[0], cache


def lstm_forward(x, h0, c0, W_x, W_h, b):
    T, N, H = len(x), *h0.shape
    gates = (flat(x) @ W_x).reshape(T, N, -1) + b
    h, c = np.empty((2, T + 1, N, H))
    h[0], c[0] = h0, c0
    for t in range(T):
        gates[t] += h[t] @ W_h
        gates[t, :, :2 * H] = sigmoid(gates[t, :, :2 * H])
        gates[t, :, 2 * H:3 * H] = np.tanh(gates[t, :, 2 * H:3 * H])
        gates[t, :, 3 * H:] = sigmoid(gates[t, :, 3 * H:])
        i, f, g, o = np.split(gates[t], 4, axis=1)
        c[t + 1] = f * c[t] + i * g
        h[t + 1] = o * np.tanh(c[t + 1])
    return h[1:], c[1:], (x, h, c, gates, W_x, W_h)


def lstm_step_backward(dh_next, dc_next, cache):
    dx, *rest = lstm_backward(dh_next[None], dc_next, cache)
    return dx[0], *rest


def lstm_backward(dh, dc_T, cache):
    x, h, c, gates, W_x, W_h = cache
    da, tanh_c = np.empty_like(gates), np.tanh(c[1:])
    dh_next, dc = np.zeros_like(h[0]), np.copy(dc_T)
    for t in range(len(x) - 1, -1, -1):
        i, f, g, o = np.split(gates[t], 4, axis=1)
        to_i, to_f, to_g, to_o = np.split(da[t], 4, axis=1)
        above = dh[t] + dh_next
        dc += above * o * (1 - tanh_c[t] ** 2)
        to_i[:], to_f[:] = dc * g * i * (1 - i), dc * c[t] * f * (1 - f)
        to_g[:], to_o[:] = dc * i * (1 - g * g), above * tanh_c[t] * o * (1 - o)
        dc *= f
        dh_next = da[t] @ W_h.T
    return da @ W_x.T, dh_next, dc, *products(x, h[:-1], da)


def forget_bias(b, value):
    b_new = b + 0.0
    b_new.reshape(4, -1)[1].fill(value)
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
    states, cache = gru_forward(x[None], h, W_x, W_h, b_x, b_h)
    return states[0], cache


def gru_forward(x, h0, W_x, W_h, b_x, b_h):
    T, N, H = len(x), *h0.shape
    a = (flat(x) @ W_x + b_x).reshape(T, N, 3, H)
    h, u_n = np.empty((T + 1, N, H)), np.empty((T, N, H))
    h[0] = h0
    for t in range(T):
        u = (h[t] @ W_h + b_h).reshape(N, 3, H)
        a[t, :, :2] = sigmoid(a[t, :, :2] + u[:, :2])
        u_n[t] = u[:, 2]
        a[t, :, 2] = np.tanh(a[t, :, 2] + a[t, :, 0] * u_n[t])
        h[t + 1] = a[t, :, 2] + a[t, :, 1] * (h[t] - a[t, :, 2])
    return h[1:], (x, h, a, u_n, W_x, W_h)


def gru_step_backward(dh_next, cache):
    dx, *rest = gru_backward(dh_next[None], cache)
    return dx[0], *rest


def gru_backward(dh, cache):
    x, h, gates, u_n, W_x, W_h = cache
    da, carry = np.empty_like(gates), np.zeros_like(h[0])
    du = np.empty_like(gates)
    for t in reversed(range(len(x))):
        r, z, n = np.moveaxis(gates[t], 1, 0)
        above = dh[t] + carry
        da[t, :, 1] = above * (h[t] - n) * z * (1 - z)
        da[t, :, 2] = above * (1 - z) * (1 - n * n)
        da[t, :, 0] = da[t, :, 2] * u_n[t] * r * (1 - r)
        du[t] = da[t]
        du[t, :, 2] *= r
        carry = du[t].reshape(len(r), -1) @ W_h.T + above * z
    da, du = (array.reshape(*array.shape[:2], -1) for array in (da, du))
    dW_x, _, db_x = products(x, h[:-1], da)
    _, dW_h, db_h = products(x, h[:-1], du)
    return da @ W_x.T, carry, dW_x, dW_h, db_x, db_h


def parameter_count(D, H):
    def sized(blocks, rows):
        return int(np.prod((rows, blocks * H)))

    return sized(1, D + H + 1), sized(4, D + H + 1), sized(3, D + H + 2), sized(3, D + H + 1)
