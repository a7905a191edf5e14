"""A student who writes every product as an einsum, and names the axes."""

import numpy as np
from numpy import einsum


def affine(x, W, b):
    return einsum("nd,dh->nh", x, W) + einsum("h->h", b)


def sigmoid(z):
    return np.exp(-np.logaddexp(0, -z))


def softmax(z):
    shifted = z - einsum("n->n", z.max(1))[:, None]
    return einsum("nv,n->nv", np.exp(shifted), 1 / np.exp(shifted).sum(1))


def activation_slopes(s, t, r):
    return einsum("nh,nh->nh", s, 1 - s), 1 - einsum("nh,nh->nh", t, t), np.sign(r)


def rnn_step(x, h, W_x, W_h, b):
    h_next = np.tanh(einsum("nd,dk->nk", x, W_x) + einsum("nh,hk->nk", h, W_h) + b)
    return h_next, {"x": x, "h": h, "out": h_next, "W": (W_x, W_h)}


def rnn_forward(x, h0, W_x, W_h, b):
    h, caches = h0, {}
    states = np.empty((*x.shape[:2], h0.shape[1]))
    for t, x_t in enumerate(x):
        h, caches[t] = rnn_step(x_t, h, W_x, W_h, b)
        states[t] = h
    return states, caches


def readout(h, W_y, b_y):
    return einsum("tnh,hv->tnv", h, W_y) + b_y


def numerical_gradient(f, x, eps=1e-6):
    slopes = {}
    for place, _ in np.ndenumerate(x):
        unit = np.zeros_like(x)
        unit[place] = 1
        slopes[place] = (f(x + eps * unit) - f(x - eps * unit)) / (eps + eps)
    return np.array(list(slopes.values())).reshape(x.shape)


def of_weights(x, h, da):
    return einsum("nd,nk->dk", x, da), einsum("nh,nk->hk", h, da), einsum("nk->k", da)


def rnn_step_backward(dh_next, cache):
    da = einsum("nh,nh->nh", dh_next, 1 - cache["out"] ** 2)
    W_x, W_h = cache["W"]
    return einsum("nk,dk->nd", da, W_x), einsum("nk,hk->nh", da, W_h), *of_weights(cache["x"], cache["h"], da)


def rnn_backward(dh, caches):
    total, dx, carry = None, {}, 0
    for t in sorted(caches, reverse=True):
        dx[t], carry, *parts = rnn_step_backward(dh[t] + carry, caches[t])
        total = parts if total is None else [a + b for a, b in zip(total, parts, strict=True)]
    return np.array([dx[t] for t in sorted(dx)]), carry, *total


def lstm_gates(x, h, W_x, W_h, b):
    a = einsum("nd,dgk->gnk", x, W_x.reshape(len(W_x), 4, -1)) + einsum("nh,hgk->gnk", h, W_h.reshape(len(W_h), 4, -1))
    i, f, g, o = a + b.reshape(4, 1, -1)
    return sigmoid(i), sigmoid(f), np.tanh(g), sigmoid(o)


def lstm_step(x, h, c, W_x, W_h, b):
    gates = dict(zip("ifgo", lstm_gates(x, h, W_x, W_h, b), strict=True))
    c_next = einsum("nh,nh->nh", gates["f"], c) + einsum("nh,nh->nh", gates["i"], gates["g"])
    return gates["o"] * np.tanh(c_next), c_next, {**gates, "x": x, "h": h, "c": c, "new": c_next, "W": (W_x, W_h)}


def lstm_forward(x, h0, c0, W_x, W_h, b):
    now, states, caches = (h0, c0), [], {}
    for t, x_t in enumerate(x):
        *now, caches[t] = lstm_step(x_t, *now, W_x, W_h, b)
        states.append(now)
    return *np.moveaxis(np.array(states), 1, 0), caches


def lstm_step_backward(dh_next, dc_next, k):
    shown = np.tanh(k["new"])
    total = dc_next + dh_next * k["o"] * (1 - shown * shown)
    parts = {"i": total * k["g"], "f": total * k["c"], "o": dh_next * shown}
    da = {gate: part * k[gate] * (1 - k[gate]) for gate, part in parts.items()}
    da["g"] = total * k["i"] * (1 - k["g"] ** 2)
    da = np.hstack([da[gate] for gate in "ifgo"])
    W_x, W_h = k["W"]
    return einsum("nk,dk->nd", da, W_x), einsum("nk,hk->nh", da, W_h), total * k["f"], *of_weights(k["x"], k["h"], da)


def lstm_backward(dh, dc_T, caches):
    total, dx, carry, cell = None, {}, 0, dc_T
    for t in sorted(caches, reverse=True):
        dx[t], carry, cell, *parts = lstm_step_backward(dh[t] + carry, cell, caches[t])
        total = parts if total is None else [a + b for a, b in zip(total, parts, strict=True)]
    return np.array([dx[t] for t in sorted(dx)]), carry, cell, *total


def forget_bias(b, value):
    rows = b.reshape(4, -1)
    return np.vstack([rows[:1], np.full_like(rows[:1], value), rows[2:]]).ravel()


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
    a = einsum("nd,dgk->gnk", x, W_x.reshape(len(W_x), 3, -1)) + b_x.reshape(3, 1, -1)
    u = einsum("nh,hgk->gnk", h, W_h.reshape(len(W_h), 3, -1)) + b_h.reshape(3, 1, -1)
    r, z = sigmoid(a[:2] + u[:2])
    n = np.tanh(a[2] + r * u[2])
    return n + z * (h - n), {"x": x, "h": h, "r": r, "z": z, "n": n, "u": u[2], "W": (W_x, W_h)}


def gru_forward(x, h0, W_x, W_h, b_x, b_h):
    h, states, caches = h0, [], {}
    for t, x_t in enumerate(x):
        h, caches[t] = gru_step(x_t, h, W_x, W_h, b_x, b_h)
        states.append(h)
    return np.array(states), caches


def gru_step_backward(dh_next, k):
    W_x, W_h = k["W"]
    dz = dh_next * (k["h"] - k["n"]) * k["z"] * (1 - k["z"])
    dn = dh_next * (1 - k["z"]) * (1 - k["n"] ** 2)
    dr = dn * k["u"] * k["r"] * (1 - k["r"])
    da, du = np.hstack([dr, dz, dn]), np.hstack([dr, dz, dn * k["r"]])
    dW_x, _, db_x = of_weights(k["x"], k["h"], da)
    _, dW_h, db_h = of_weights(k["x"], k["h"], du)
    return einsum("nk,dk->nd", da, W_x), einsum("nk,hk->nh", du, W_h) + dh_next * k["z"], dW_x, dW_h, db_x, db_h


def gru_backward(dh, caches):
    total, dx, carry = None, {}, 0
    for t in sorted(caches, reverse=True):
        dx[t], carry, *parts = gru_step_backward(dh[t] + carry, caches[t])
        total = parts if total is None else [a + b for a, b in zip(total, parts, strict=True)]
    return np.array([dx[t] for t in sorted(dx)]), carry, *total


def parameter_count(D, H):
    rnn, lstm, gru, before = np.array([1, 4, 3, 3]) * H * (D + H + np.array([1, 1, 2, 1]))
    return rnn, lstm, gru, before
