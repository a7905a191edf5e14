"""A student who trusts nobody: annotations, assertions, copies of everything, and keyword arguments throughout."""

from __future__ import annotations

import copy
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]


class Cache(NamedTuple):
    """What one step keeps, whichever cell it belongs to."""

    values: dict[str, Array]

    def __getattr__(self, name: str) -> Array:
        return copy.deepcopy(self.values[name])


def checked(array: Array, *shape: int) -> Array:
    assert array.shape == shape, f"{array.shape} is not {shape}"
    assert np.isfinite(array).all()
    return np.array(array, dtype=np.float64)


def affine(x: Array, W: Array, b: Array, *, bias: bool = True) -> Array:
    assert x.ndim == W.ndim == 2 and b.ndim == 1 and x.shape[1] == W.shape[0]
    return checked(np.matmul(x, W) + (b if bias else 0), x.shape[0], b.shape[0])


def sigmoid(z: Array) -> Array:
    with np.errstate(over="raise", invalid="raise"):
        positive = 1 / (1 + np.exp(-np.maximum(z, 0)))
        small = np.exp(np.maximum(np.minimum(z, 0), -700))
    return np.where(z >= 0, positive, small / (1 + small))


def softmax(z: Array) -> Array:
    shifted = np.maximum(z - np.max(z, axis=1, keepdims=True), -700)
    p = np.exp(shifted) / np.sum(np.exp(shifted), axis=1, keepdims=True)
    assert np.allclose(p.sum(axis=1), 1)
    return p


def activation_slopes(s: Array, t: Array, r: Array) -> tuple[Array, Array, Array]:
    assert ((s >= 0) & (s <= 1)).all() and (abs(t) <= 1).all() and (r >= 0).all()
    return s * (1 - s), 1 - t ** 2, np.greater(r, 0).astype(np.float64)


def rnn_step(x: Array, h: Array, W_x: Array, W_h: Array, b: Array) -> tuple[Array, Cache]:
    h_next = np.tanh(affine(x, W_x, b) + affine(h, W_h, b, bias=False))
    return h_next, Cache(dict(x=x, h=h, h_next=h_next, W_x=W_x, W_h=W_h))


def rnn_forward(x: Array, h0: Array, W_x: Array, W_h: Array, b: Array) -> tuple[Array, tuple[Cache, ...]]:
    states, caches = [h0.copy()], []
    for x_t in x.copy():
        state, cache = rnn_step(x=x_t, h=states[-1], W_x=W_x, W_h=W_h, b=b)
        states.append(state.copy())
        caches.append(cache)
    return checked(np.stack(states[1:], axis=0), *x.shape[:2], W_h.shape[1]), tuple(caches)


def readout(h: Array, W_y: Array, b_y: Array) -> Array:
    return checked(np.stack([affine(x=h_t, W=W_y, b=b_y) for h_t in h]), *h.shape[:2], *b_y.shape)


def numerical_gradient(f, x: Array, eps: float = 1e-6) -> Array:
    gradient = np.full_like(x, np.nan)
    for index in np.ndindex(*x.shape):
        values = []
        for sign in (+1, -1):
            moved = x.copy()
            moved[index] += sign * eps
            values.append(float(f(moved)))
        gradient[index] = (values[0] - values[1]) / (2 * eps)
    return checked(gradient, *x.shape)


def behind_the_sums(da: Array, x: Array, h: Array, W_x: Array, W_h: Array) -> tuple[Array, ...]:
    results = da @ W_x.T, da @ W_h.T, x.T @ da, h.T @ da, np.sum(da, axis=0)
    for result, like in zip(results, (x, h, W_x, W_h, da[0]), strict=True):
        checked(result, *like.shape)
    return results


def rnn_step_backward(dh_next: Array, cache: Cache) -> tuple[Array, ...]:
    da = dh_next * (1 - cache.h_next ** 2)
    return behind_the_sums(da=da, x=cache.x, h=cache.h, W_x=cache.W_x, W_h=cache.W_h)


def rnn_backward(dh: Array, cache: tuple[Cache, ...]) -> tuple[Array, ...]:
    gradients: dict[str, list[Array]] = {name: [] for name in ("dx", "dW_x", "dW_h", "db")}
    carry = np.zeros_like(dh[0])
    for t in range(len(cache) - 1, -1, -1):
        dx, carry, *others = rnn_step_backward(dh_next=dh[t].copy() + carry, cache=cache[t])
        for name, value in zip(gradients, (dx, *others), strict=True):
            gradients[name].append(value)
    return np.stack(gradients["dx"][::-1]), carry, *(np.sum(gradients[n], axis=0) for n in ("dW_x", "dW_h", "db"))


def lstm_gates(x: Array, h: Array, W_x: Array, W_h: Array, b: Array) -> tuple[Array, Array, Array, Array]:
    N, H = h.shape
    a = checked(affine(x, W_x, b) + affine(h, W_h, b, bias=False), N, 4 * H)
    blocks = {gate: a[:, k * H:(k + 1) * H] for k, gate in enumerate("ifgo")}
    return sigmoid(blocks["i"]), sigmoid(blocks["f"]), np.tanh(blocks["g"]), sigmoid(blocks["o"])


def lstm_step(x: Array, h: Array, c: Array, W_x: Array, W_h: Array, b: Array) -> tuple[Array, Array, Cache]:
    i, f, g, o = lstm_gates(x=x, h=h, W_x=W_x, W_h=W_h, b=b)
    c_next = f * c + i * g
    h_next = o * np.tanh(c_next)
    return h_next, c_next, Cache(dict(x=x, h=h, c=c, i=i, f=f, g=g, o=o, c_next=c_next, W_x=W_x, W_h=W_h))


def lstm_forward(x, h0, c0, W_x, W_h, b):
    h, c, caches = [h0.copy()], [c0.copy()], []
    for x_t in x:
        h_t, c_t, cache = lstm_step(x=x_t, h=h[-1], c=c[-1], W_x=W_x, W_h=W_h, b=b)
        h.append(h_t)
        c.append(c_t)
        caches.append(cache)
    del h[0], c[0]
    return np.stack(h), np.stack(c), tuple(caches)


def lstm_step_backward(dh_next: Array, dc_next: Array, cache: Cache) -> tuple[Array, ...]:
    k, shown = cache, np.tanh(cache.c_next)
    total = dc_next.copy() + dh_next * k.o * (1 - shown ** 2)
    da = np.concatenate([total * k.g * k.i * (1 - k.i), total * k.c * k.f * (1 - k.f), total * k.i * (1 - k.g ** 2),
                         dh_next * shown * k.o * (1 - k.o)], axis=1)
    dx, dh, *parameters = behind_the_sums(da=da, x=k.x, h=k.h, W_x=k.W_x, W_h=k.W_h)
    return dx, dh, total * k.f, *parameters


def lstm_backward(dh: Array, dc_T: Array, cache: tuple[Cache, ...]) -> tuple[Array, ...]:
    collected, carry, cell = [], np.zeros_like(dc_T), dc_T.copy()
    for dh_t, cache_t in reversed(list(zip(dh, cache, strict=True))):
        dx, carry, cell, *others = lstm_step_backward(dh_next=dh_t + carry, dc_next=cell, cache=cache_t)
        collected.append((dx, *others))
    dx, *others = zip(*collected, strict=True)
    return np.stack(dx[::-1]), carry, cell, *(np.add.reduce(parts) for parts in others)


def forget_bias(b: Array, value: float) -> Array:
    H, rest = divmod(b.size, 4)
    assert rest == 0
    b_new = copy.deepcopy(b)
    b_new[slice(H, 2 * H)] = float(value)
    return checked(b_new, 4 * H)


def exhibit_sum(dh, cache):
    return rnn_backward(dh.copy(), cache)


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


def gru_step(x: Array, h: Array, W_x: Array, W_h: Array, b_x: Array, b_h: Array) -> tuple[Array, Cache]:
    N, H = h.shape
    a, u = (v.reshape(N, 3, H) for v in (affine(x, W_x, b_x), affine(h, W_h, b_h)))
    r, z = sigmoid(a[:, 0] + u[:, 0]), sigmoid(a[:, 1] + u[:, 1])
    n = np.tanh(a[:, 2] + r * u[:, 2])
    h_next = checked((1 - z) * n + z * h, N, H)
    return h_next, Cache(dict(x=x, h=h, r=r, z=z, n=n, u_n=u[:, 2], W_x=W_x, W_h=W_h))


def gru_forward(x, h0, W_x, W_h, b_x, b_h):
    h, caches = [h0], []
    for x_t in x:
        h_t, cache = gru_step(x_t, h[-1], W_x, W_h, b_x, b_h)
        h.append(h_t)
        caches.append(cache)
    return np.stack(h[1:]), tuple(caches)


def gru_step_backward(dh_next: Array, cache: Cache) -> tuple[Array, ...]:
    k = cache
    da_z = dh_next * (k.h - k.n) * k.z * (1 - k.z)
    da_n = dh_next * (1 - k.z) * (1 - k.n ** 2)
    da_r = da_n * k.u_n * k.r * (1 - k.r)
    both = dict(x=k.x, h=k.h, W_x=k.W_x, W_h=k.W_h)
    dx, _, dW_x, _, db_x = behind_the_sums(np.concatenate([da_r, da_z, da_n], axis=1), **both)
    _, dh, _, dW_h, db_h = behind_the_sums(np.concatenate([da_r, da_z, k.r * da_n], axis=1), **both)
    return dx, dh + dh_next * k.z, dW_x, dW_h, db_x, db_h


def gru_backward(dh: Array, cache: tuple[Cache, ...]) -> tuple[Array, ...]:
    collected, carry = [], np.zeros_like(dh[0])
    for dh_t, cache_t in reversed(list(zip(dh, cache, strict=True))):
        dx, carry, *others = gru_step_backward(dh_next=dh_t + carry, cache=cache_t)
        collected.append((dx, *others))
    dx, *others = zip(*collected, strict=True)
    return np.stack(dx[::-1]), carry, *(np.add.reduce(parts) for parts in others)


def parameter_count(D: int, H: int) -> dict[str, int]:
    input_weights, state_weights, bias = np.empty((D, H)).size, np.empty((H, H)).size, np.empty(H).size
    plain = input_weights + state_weights + bias
    return plain, plain * 4, (plain + bias) * 3, plain * 3
