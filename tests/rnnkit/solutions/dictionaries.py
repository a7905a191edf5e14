"""A student who gives everything a name: caches are dicts, products are einsums, and results are put together."""

import numpy as np


def affine(x, W, b):
    return np.einsum("nd,dh->nh", x, W) + b[None, :]


def sigmoid(z):
    return 0.5 * (1 + np.tanh(0.5 * z))


def softmax(z):
    top = np.max(z, axis=1)
    e = np.exp(np.einsum("nv->vn", z) - top)
    return np.einsum("vn,n->nv", e, 1 / e.sum(axis=0))


def activation_slopes(s, t, r):
    slope = {"sigmoid": s * (1 - s), "tanh": 1 - np.square(t), "relu": np.sign(r)}
    return slope["sigmoid"], slope["tanh"], slope["relu"]


def rnn_step(x, h, W_x, W_h, b):
    a = np.einsum("nd,dh->nh", x, W_x) + np.einsum("nk,kh->nh", h, W_h) + b
    return np.tanh(a), {"x": x, "h": h, "a": a, "W_x": W_x, "W_h": W_h}


def rnn_forward(x, h0, W_x, W_h, b):
    states, cache = {-1: h0}, {}
    for t in range(x.shape[0]):
        states[t], cache[t] = rnn_step(x[t], states[t - 1], W_x, W_h, b)
    return np.array([states[t] for t in range(x.shape[0])]), cache


def readout(h, W_y, b_y):
    return np.einsum("tnh,hv->tnv", h, W_y) + b_y


def numerical_gradient(f, x, eps=1e-6):
    slopes = {}
    for i, value in np.ndenumerate(x):
        moved = {}
        for side in (-1, 1):
            other = np.array(x)
            other[i] = value + side * eps
            moved[side] = f(other)
        slopes[i] = (moved[1] - moved[-1]) / (2 * eps)
    return np.array(list(slopes.values())).reshape(x.shape)


def rnn_step_backward(dh_next, cache):
    da = dh_next / np.cosh(cache["a"]) ** 2
    grads = {
        "x": np.einsum("nh,dh->nd", da, cache["W_x"]),
        "h": np.einsum("nh,kh->nk", da, cache["W_h"]),
        "W_x": np.einsum("nd,nh->dh", cache["x"], da),
        "W_h": np.einsum("nk,nh->kh", cache["h"], da),
        "b": np.einsum("nh->h", da),
    }
    return tuple(grads.values())


def rnn_backward(dh, cache):
    grads, carry = {}, 0
    for t in sorted(cache, reverse=True):
        grads[t] = rnn_step_backward(dh[t] + carry, cache[t])
        carry = grads[t][1]
    dx = np.stack([grads[t][0] for t in sorted(grads)])
    dW_x, dW_h, db = (sum(grads[t][k] for t in grads) for k in (2, 3, 4))
    return dx, carry, dW_x, dW_h, db


def lstm_gates(x, h, W_x, W_h, b):
    H = h.shape[1]
    squash = {"i": sigmoid, "f": sigmoid, "g": np.tanh, "o": sigmoid}
    gates = {}
    for k, name in enumerate(squash):
        block = slice(k * H, (k + 1) * H)
        a = np.einsum("nd,dh->nh", x, W_x[:, block]) + np.einsum("nk,kh->nh", h, W_h[:, block]) + b[block]
        gates[name] = squash[name](a)
    return tuple(gates.values())


def lstm_step(x, h, c, W_x, W_h, b):
    gates = dict(zip("ifgo", lstm_gates(x, h, W_x, W_h, b), strict=True))
    c_next = gates["f"] * c + gates["i"] * gates["g"]
    cache = {"x": x, "h": h, "c": c, "c_next": c_next, "W_x": W_x, "W_h": W_h, **gates}
    return gates["o"] * np.tanh(c_next), c_next, cache


def lstm_forward(x, h0, c0, W_x, W_h, b):
    h, c, cache = {-1: h0}, {-1: c0}, {}
    for t in range(x.shape[0]):
        h[t], c[t], cache[t] = lstm_step(x[t], h[t - 1], c[t - 1], W_x, W_h, b)
    steps = range(x.shape[0])
    return np.array([h[t] for t in steps]), np.array([c[t] for t in steps]), cache


def lstm_step_backward(dh_next, dc_next, cache):
    d, H = {}, cache["h"].shape[1]
    tanh_c = np.tanh(cache["c_next"])
    d["o"] = dh_next * tanh_c
    d["c_next"] = dc_next + dh_next * cache["o"] / np.cosh(cache["c_next"]) ** 2
    d["f"], d["c"] = d["c_next"] * cache["c"], d["c_next"] * cache["f"]
    d["i"], d["g"] = d["c_next"] * cache["g"], d["c_next"] * cache["i"]
    d["x"], d["h"] = np.zeros_like(cache["x"]), np.zeros_like(cache["h"])
    d["W_x"], d["W_h"], d["b"] = np.zeros_like(cache["W_x"]), np.zeros_like(cache["W_h"]), np.zeros(4 * H)
    for k, name in enumerate("ifgo"):
        block, gate = slice(k * H, (k + 1) * H), cache[name]
        da = d[name] * (1 - gate ** 2 if name == "g" else gate * (1 - gate))
        d["x"] += np.einsum("nh,dh->nd", da, cache["W_x"][:, block])
        d["h"] += np.einsum("nh,kh->nk", da, cache["W_h"][:, block])
        d["W_x"][:, block] = np.einsum("nd,nh->dh", cache["x"], da)
        d["W_h"][:, block] = np.einsum("nk,nh->kh", cache["h"], da)
        d["b"][block] = np.einsum("nh->h", da)
    return tuple(d[name] for name in ("x", "h", "c", "W_x", "W_h", "b"))


def lstm_backward(dh, dc_T, cache):
    grads, carry = {}, {"h": 0, "c": dc_T}
    for t in sorted(cache, reverse=True):
        grads[t] = lstm_step_backward(dh[t] + carry["h"], carry["c"], cache[t])
        carry["h"], carry["c"] = grads[t][1:3]
    dx = np.stack([grads[t][0] for t in sorted(grads)])
    dW_x, dW_h, db = (sum(grads[t][k] for t in grads) for k in (3, 4, 5))
    return dx, carry["h"], carry["c"], dW_x, dW_h, db


def forget_bias(b, value):
    blocks = dict(zip("ifgo", np.split(b, 4), strict=True))
    blocks["f"] = np.full_like(blocks["f"], value)
    return np.array(list(blocks.values())).reshape(b.shape)


def gru_step(x, h, W_x, W_h, b_x, b_h):
    H = h.shape[1]
    block = {name: slice(k * H, (k + 1) * H) for k, name in enumerate("rzn")}
    a = {name: np.einsum("nd,dh->nh", x, W_x[:, block[name]]) + b_x[block[name]] for name in block}
    u = {name: np.einsum("nk,kh->nh", h, W_h[:, block[name]]) + b_h[block[name]] for name in block}
    r, z = (sigmoid(a[name] + u[name]) for name in "rz")
    n = np.tanh(a["n"] + np.einsum("nh,nh->nh", r, u["n"]))
    return n - z * n + z * h, {"x": x, "h": h, "W_x": W_x, "W_h": W_h, "u_n": u["n"], "r": r, "z": z, "n": n}


def gru_forward(x, h0, W_x, W_h, b_x, b_h):
    h, cache = {-1: h0}, {}
    for t in range(x.shape[0]):
        h[t], cache[t] = gru_step(x[t], h[t - 1], W_x, W_h, b_x, b_h)
    return np.array([h[t] for t in range(x.shape[0])]), cache


def gru_step_backward(dh_next, cache):
    r, z, n = (cache[name] for name in "rzn")
    d = {"n": dh_next - dh_next * z, "z": dh_next * cache["h"] - dh_next * n}
    from_input = {"n": d["n"] * (1 - n ** 2), "z": d["z"] * (z - z ** 2)}
    d["r"] = from_input["n"] * cache["u_n"]
    from_input["r"] = d["r"] * (r - r ** 2)
    from_state = {**from_input, "n": from_input["n"] * r}
    H = r.shape[1]
    grads = {"x": 0, "h": dh_next * z, "W_x": [], "W_h": [], "b_x": [], "b_h": []}
    for k, name in enumerate("rzn"):
        block = slice(k * H, (k + 1) * H)
        grads["x"] = grads["x"] + np.einsum("nh,dh->nd", from_input[name], cache["W_x"][:, block])
        grads["h"] = grads["h"] + np.einsum("nh,kh->nk", from_state[name], cache["W_h"][:, block])
        grads["W_x"].append(np.einsum("nd,nh->dh", cache["x"], from_input[name]))
        grads["W_h"].append(np.einsum("nk,nh->kh", cache["h"], from_state[name]))
        grads["b_x"].append(np.einsum("nh->h", from_input[name]))
        grads["b_h"].append(np.einsum("nh->h", from_state[name]))
    return tuple(np.concatenate(grad, axis=-1) if isinstance(grad, list) else grad for grad in grads.values())


def gru_backward(dh, cache):
    grads, carry = {}, 0
    for t in sorted(cache, reverse=True):
        grads[t] = gru_step_backward(dh[t] + carry, cache[t])
        carry = grads[t][1]
    dx = np.stack([grads[t][0] for t in sorted(grads)])
    return (dx, carry, *(sum(grads[t][k] for t in grads) for k in range(2, 6)))


def parameter_count(D, H):
    block = {"W_x": D * H, "W_h": H * H, "b": H}
    one = sum(block.values())
    counts = {"rnn": one, "lstm": 4 * one, "gru": 3 * one + 3 * block["b"], "gru_before": 3 * one}
    return tuple(counts.values())


def exhibit_sum(dh, cache):
    names = ("x", "h", "W_x", "W_h", "b")
    total, carry, dx = dict.fromkeys(names, 0), 0, {}
    for t in sorted(cache, reverse=True):
        step = dict(zip(names, rnn_step_backward(dh[t] + carry, cache[t]), strict=True))
        dx[t], carry = step["x"], step["h"]
        total = {name: total[name] + step[name] for name in names}
    return np.stack([dx[t] for t in sorted(dx)]), carry, *(total[name] for name in names[2:])


def exhibit_carry(dh, dc_T, cache):
    return lstm_backward(dh, dc_T, cache)


def exhibit_states(dh, x, h0, h, W_x, W_h):
    T, da, carry = len(x), {}, 0
    before = {t: h[t - 1] if t else h0 for t in range(T)}
    for t in range(T - 1, -1, -1):
        da[t] = np.einsum("nh,nh->nh", dh[t] + carry, 1 - h[t] ** 2)
        carry = np.einsum("nh,kh->nk", da[t], W_h)
    states, d = (np.array([source[t] for t in range(T)]) for source in (before, da))
    dx = np.einsum("tnh,dh->tnd", d, W_x)
    return dx, carry, np.einsum("tnd,tnh->dh", x, d), np.einsum("tnk,tnh->kh", states, d), np.einsum("tnh->h", d)


def exhibit_slope(dh_next, dc_next, x, h, c, i, f, g, o, c_next, W_x, W_h):
    gates = {"i": i, "f": f, "g": g, "o": o}
    slopes = {name: 1 - gate ** 2 if name == "g" else gate - gate ** 2 for name, gate in gates.items()}
    tanh_c = np.tanh(c_next)
    dc = dc_next + dh_next * o * (1 - tanh_c ** 2)
    arrives = {"i": dc * g, "f": dc * c, "g": dc * i, "o": dh_next * tanh_c}
    da = np.hstack([arrives[name] * slopes[name] for name in "ifgo"])
    back = [np.einsum("nh,dh->nd", da, W) for W in (W_x, W_h)]
    return *back, dc * f, *(np.einsum("nd,nh->dh", left, da) for left in (x, h)), np.einsum("nh->h", da)


def exhibit_gates(dh_next, dc_next, cache):
    return lstm_step_backward(dh_next, dc_next, cache)


def exhibit_upstream(dh, dh_T, cache):
    steps = dict(enumerate(dh))
    steps[len(dh) - 1] = steps[len(dh) - 1] + dh_T
    return exhibit_sum({t: np.array(dh_t) for t, dh_t in steps.items()}, cache)
