"""A student whose numbers are right and whose results come in every form: tensors with a graph, stacks, iterators."""

import numpy as np
import torch
from torch import tanh


def tensor(array):
    return torch.tensor(np.array(array), requires_grad=True)


def affine(x, W, b):
    return tensor(x) @ tensor(W) + tensor(b)


def sigmoid(z):
    return torch.sigmoid(tensor(z))


def softmax(z):
    return torch.nn.Softmax(dim=-1)(tensor(z))


def activation_slopes(s, t, r):
    return np.stack([s * (1 - s), 1 - t ** 2, r > 0])


def rnn_step(x, h, W_x, W_h, b):
    h_next = tanh(tensor(x) @ tensor(W_x) + tensor(h) @ tensor(W_h) + tensor(b))
    return [h_next, [x, h, h_next.detach().numpy(), W_x, W_h]]


def rnn_forward(x, h0, W_x, W_h, b):
    h, caches = tensor(h0), []
    for x_t in x:
        h, cache = rnn_step(x_t, h.detach().numpy(), W_x, W_h, b)
        caches.append(cache)
    return torch.stack([tensor(cache[2]) for cache in caches]), caches


def readout(h, W_y, b_y):
    return tensor(h) @ tensor(W_y) + tensor(b_y)


def numerical_gradient(f, x, eps=1e-6):
    moves = np.eye(x.size).reshape(-1, *x.shape)
    return tensor([(f(x + eps * e) - f(x - eps * e)) / (2 * eps) for e in moves]).reshape(x.shape)


def rnn_step_backward(dh_next, cache):
    x, h, h_next, W_x, W_h = cache
    da = dh_next * (1 - h_next ** 2)
    yield da @ W_x.T
    yield da @ W_h.T
    yield x.T @ da
    yield h.T @ da
    yield da.sum(axis=0)


def rnn_backward(dh, cache):
    total, dx, dh_next = np.zeros(3, object), [], 0
    for dh_t, cache_t in zip(dh[::-1], cache[::-1], strict=True):
        dx_t, dh_next, *parts = rnn_step_backward(dh_t + dh_next, cache_t)
        dx.insert(0, dx_t)
        for k, part in enumerate(parts):
            total[k] = total[k] + part
    return iter([np.array(dx), dh_next, *total])


def lstm_gates(x, h, W_x, W_h, b):
    a = np.split(x @ W_x + h @ W_h + b, 4, axis=1)
    return map(lambda squash, part: squash(part), (lambda v: 1 / (1 + np.exp(-v)),) * 2 + (np.tanh, lambda v: 1 / (
        1 + np.exp(-v))), a)


def lstm_step(x, h, c, W_x, W_h, b):
    i, f, g, o = lstm_gates(x, h, W_x, W_h, b)
    c_next = tensor(f * c + i * g)
    return tensor(o) * tanh(c_next), c_next, (x, h, c, i, f, g, o, c_next.detach().numpy(), W_x, W_h)


def lstm_forward(x, h0, c0, W_x, W_h, b):
    h, c, kept = h0, c0, []
    for x_t in x:
        h, c, cache = lstm_step(x_t, *(v if isinstance(v, np.ndarray) else v.detach().numpy() for v in (h, c)), W_x,
                                W_h, b)
        kept.append((h, c, cache))
    hs, cs, caches = zip(*kept, strict=True)
    return torch.stack(hs), torch.stack(cs), caches


def lstm_step_backward(dh_next, dc_next, cache):
    x, h, c, i, f, g, o, c_next, W_x, W_h = cache
    dc = dc_next + dh_next * o * (1 - np.tanh(c_next) ** 2)
    da = np.hstack([dc * g * i * (1 - i), dc * c * f * (1 - f), dc * i * (1 - g * g),
                    dh_next * np.tanh(c_next) * o * (1 - o)])
    return (part for part in (da @ W_x.T, da @ W_h.T, dc * f, x.T @ da, h.T @ da, da.sum(0)))


def lstm_backward(dh, dc_T, cache):
    total, dx, dh_next, dc_next = [0, 0, 0], [], 0, dc_T
    for dh_t, cache_t in zip(dh[::-1], cache[::-1], strict=True):
        dx_t, dh_next, dc_next, *parts = lstm_step_backward(dh_t + dh_next, dc_next, cache_t)
        dx.insert(0, dx_t)
        total = [old + part for old, part in zip(total, parts, strict=True)]
    return filter(lambda _: True, [np.array(dx), dh_next, dc_next, *total])


def forget_bias(b, value):
    rows = tensor(b).reshape(4, -1)
    return torch.cat([rows[0], torch.full_like(rows[1], float(value)), rows[2], rows[3]])


exhibit_sum = rnn_backward
exhibit_carry, exhibit_gates = lstm_backward, lstm_step_backward


def exhibit_states(dh, x, h0, h, W_x, W_h):
    first = torch.as_tensor(h[0]).detach().numpy()
    b = (np.arctanh(first) - x[0] @ W_x - h0 @ W_h)[0]  # what is left of the first step's sum
    return rnn_backward(dh, rnn_forward(x, h0, W_x, W_h, b)[1])


def exhibit_slope(dh_next, dc_next, x, h, c, i, f, g, o, c_next, W_x, W_h):
    i, f, g, o = (np.array(gate) for gate in (i, f, g, o))
    a = np.hstack([np.log(i / (1 - i)), np.log(f / (1 - f)), np.arctanh(g), np.log(o / (1 - o))])
    *_, cache = lstm_step(x, h, c, W_x, W_h, (a - x @ W_x - h @ W_h)[0])
    return lstm_step_backward(dh_next, dc_next, cache)


def exhibit_upstream(dh, dh_T, cache):
    return rnn_backward(np.concatenate([dh[:-1], dh[-1:] + dh_T]), cache)


def gru_step(x, h, W_x, W_h, b_x, b_h):
    a, u = (v.chunk(3, dim=1) for v in (tensor(x) @ tensor(W_x) + tensor(b_x), tensor(h) @ tensor(W_h) + tensor(b_h)))
    r, z = torch.sigmoid(a[0] + u[0]), torch.sigmoid(a[1] + u[1])
    n = tanh(a[2] + r * u[2])
    return (1 - z) * n + z * tensor(h), [x, h, *(v.detach().numpy() for v in (r, z, n, u[2])), W_x, W_h]


def gru_forward(x, h0, W_x, W_h, b_x, b_h):
    h, caches, states = h0, [], []
    for x_t in x:
        h, cache = gru_step(x_t, h, W_x, W_h, b_x, b_h)
        h = h.detach().numpy()
        states.append(h)
        caches.append(cache)
    return np.array(states), caches


def gru_step_backward(dh_next, cache):
    x, h, r, z, n, u_n, W_x, W_h = cache
    dn = dh_next * (1 - z) * (1 - n ** 2)
    gates = [dn * u_n * r * (1 - r), dh_next * (h - n) * z * (1 - z)]
    da, du = np.hstack([*gates, dn]), np.hstack([*gates, dn * r])
    yield from (da @ W_x.T, du @ W_h.T + dh_next * z, x.T @ da, h.T @ du)
    yield da.sum(0)
    yield du.sum(0)


def gru_backward(dh, cache):
    total, dx, dh_next = [0, 0, 0, 0], [], 0
    for dh_t, cache_t in zip(dh[::-1], cache[::-1], strict=True):
        dx_t, dh_next, *parts = gru_step_backward(dh_t + dh_next, cache_t)
        dx.insert(0, dx_t)
        total = [old + part for old, part in zip(total, parts, strict=True)]
    return iter((np.array(dx), dh_next, *total))


def parameter_count(D, H):
    return np.array([1, 4, 3, 3]) * H * (D + H + np.array([1, 1, 2, 1]))
