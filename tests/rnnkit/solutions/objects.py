"""A student who comes from Java: classes, helpers, and buffers in single precision because a blog said so."""

from collections import namedtuple
from dataclasses import dataclass
from functools import reduce

import numpy as np

Kept = namedtuple("Kept", "x h h_next W_x W_h")


@dataclass
class Gradients:
    W_x: np.ndarray
    W_h: np.ndarray
    b: np.ndarray

    def __add__(self, other):
        return Gradients(self.W_x + other.W_x, self.W_h + other.W_h, self.b + other.b)


class Tape:
    def __init__(self):
        self.steps = []

    def record(self, step):
        self.steps.append(step)

    def __reversed__(self):
        return reversed(self.steps)


def multiply(a, b):
    return np.matmul(a, b)


def affine(x, W, b):
    return np.add(multiply(x, W), b).astype(np.float32)


def sigmoid(z):
    clipped = np.clip(z, -500, 500)
    return 1 / (1 + np.exp(-clipped))


def softmax(z):
    def one_row(row):
        e = np.exp(row - np.max(row))
        return e / np.sum(e)

    return np.apply_along_axis(one_row, 1, z)


def activation_slopes(s, t, r):
    return s * (1 - s), 1 - t * t, r > 0


def rnn_step(x, h, W_x, W_h, b):
    h_next = np.zeros(h.shape, dtype=np.float32)
    h_next[:] = np.tanh(multiply(x, W_x) + multiply(h, W_h) + b)
    return h_next, Kept(x, h, h_next, W_x, W_h)


def rnn_forward(x, h0, W_x, W_h, b):
    tape, h = Tape(), np.zeros((len(x), *h0.shape), dtype=np.float32)
    state = h0
    for t, x_t in enumerate(x):
        state, kept = rnn_step(x_t, state, W_x, W_h, b)
        tape.record(kept)
        h[t] = state
    return h, tape


def readout(h, W_y, b_y):
    T, N, H = h.shape
    return (h.reshape(T * N, H) @ W_y + b_y).reshape(T, N, -1).astype(np.float32)


def numerical_gradient(f, x, eps=1e-6):
    class Nudge:
        def __init__(self, index):
            self.index = index

        def by(self, distance):
            moved = x.flatten()
            moved[self.index] += distance
            return f(moved.reshape(x.shape))

    slopes = [(nudge.by(eps) - nudge.by(-eps)) / (2 * eps) for nudge in map(Nudge, range(x.size))]
    return np.reshape(slopes, x.shape).astype(np.float32)


def rnn_step_backward(dh_next, cache):
    da = dh_next * (1 - cache.h_next ** 2)
    return (multiply(da, cache.W_x.T), multiply(da, cache.W_h.T), multiply(cache.x.T, da), multiply(cache.h.T, da),
            np.sum(da, axis=0))


def rnn_backward(dh, cache):
    dx, parts = np.zeros((len(dh), *cache.steps[0].x.shape), dtype=np.float32), []
    carry = np.zeros(dh.shape[1:], dtype=np.float32)
    for t, kept in zip(range(len(dh) - 1, -1, -1), reversed(cache), strict=True):
        dx[t], carry, *weights = rnn_step_backward(dh[t] + carry, kept)
        parts.append(Gradients(*weights))
    total = reduce(Gradients.__add__, parts)
    return dx, carry, total.W_x, total.W_h, total.b


KeptByLSTM = namedtuple("KeptByLSTM", "x h c i f g o c_next W_x W_h")


class Gate:
    def __init__(self, number, squash):
        self.number, self.squash = number, squash

    def opening(self, a):
        H = int(a.shape[1] / 4)
        return self.squash(a[:, self.number * H:(self.number + 1) * H])


GATES = [Gate(0, sigmoid), Gate(1, sigmoid), Gate(2, np.tanh), Gate(3, sigmoid)]


def lstm_gates(x, h, W_x, W_h, b):
    a = np.zeros((len(x), len(b)), dtype=np.float32)
    a[:] = multiply(x, W_x) + multiply(h, W_h) + b
    return tuple(gate.opening(a) for gate in GATES)


def lstm_step(x, h, c, W_x, W_h, b):
    i, f, g, o = lstm_gates(x, h, W_x, W_h, b)
    c_next = np.add(np.multiply(f, c), np.multiply(i, g))
    return np.multiply(o, np.tanh(c_next)), c_next, KeptByLSTM(x, h, c, i, f, g, o, c_next, W_x, W_h)


def lstm_forward(x, h0, c0, W_x, W_h, b):
    tape = Tape()
    h, c = (np.zeros((len(x), *h0.shape), dtype=np.float32) for _ in range(2))
    states = h0, c0
    for t, x_t in enumerate(x):
        *states, kept = lstm_step(x_t, *states, W_x, W_h, b)
        tape.record(kept)
        h[t], c[t] = states
    return h, c, tape


class CellBackward:
    def __init__(self, kept):
        self.kept, self.tanh_c = kept, np.tanh(kept.c_next)

    def of_cell_state(self, dh_next, dc_next):
        return dc_next + dh_next * self.kept.o * (1 - np.square(self.tanh_c))

    def of_sums(self, dh_next, dc):
        _, _, c, i, f, g, o, *_ = self.kept
        gates = [dc * g * i * (1 - i), dc * c * f * (1 - f), dc * i * (1 - g * g), dh_next * self.tanh_c * o * (1 - o)]
        return np.hstack(gates)


def lstm_step_backward(dh_next, dc_next, cache):
    cell = CellBackward(cache)
    dc = cell.of_cell_state(dh_next, dc_next)
    da = cell.of_sums(dh_next, dc)
    weights = Gradients(multiply(cache.x.T, da), multiply(cache.h.T, da), np.sum(da, axis=0))
    return multiply(da, cache.W_x.T), multiply(da, cache.W_h.T), dc * cache.f, weights.W_x, weights.W_h, weights.b


def lstm_backward(dh, dc_T, cache):
    dx, parts = np.zeros((len(dh), *cache.steps[0].x.shape), dtype=np.float32), []
    carry = np.zeros(dc_T.shape, dtype=np.float32), dc_T.astype(np.float32)
    for t, kept in zip(range(len(dh) - 1, -1, -1), reversed(cache), strict=True):
        dx[t], *carry_and_weights = lstm_step_backward(dh[t] + carry[0], carry[1], kept)
        carry = carry_and_weights[:2]
        parts.append(Gradients(*carry_and_weights[2:]))
    total = reduce(Gradients.__add__, parts)
    return dx, *carry, total.W_x, total.W_h, total.b


def forget_bias(b, value):
    H = int(len(b) / 4)
    return np.array([value if k // H == 1 else bias for k, bias in enumerate(b)], dtype=np.float32)


KeptByGRU = namedtuple("KeptByGRU", "x h r z n u W_x W_h")


@dataclass
class Blocks:
    r: np.ndarray
    z: np.ndarray
    n: np.ndarray

    @classmethod
    def of(cls, array):
        return cls(*np.array_split(array, 3, axis=-1))

    def together(self):
        return np.concatenate([self.r, self.z, self.n], axis=-1)


def gru_step(x, h, W_x, W_h, b_x, b_h):
    a, u = Blocks.of(multiply(x, W_x) + b_x), Blocks.of(multiply(h, W_h) + b_h)
    r, z = sigmoid(a.r + u.r), sigmoid(a.z + u.z)
    n = np.tanh(a.n + r * u.n).astype(np.float32)
    return np.add(np.multiply(1 - z, n), np.multiply(z, h)), KeptByGRU(x, h, r, z, n, u.n, W_x, W_h)


def gru_forward(x, h0, W_x, W_h, b_x, b_h):
    tape, h = Tape(), np.zeros((len(x), *h0.shape), dtype=np.float32)
    state = h0
    for t, x_t in enumerate(x):
        state, kept = gru_step(x_t, state, W_x, W_h, b_x, b_h)
        tape.record(kept)
        h[t] = state
    return h, tape


def gru_step_backward(dh_next, cache):
    da_n = dh_next * (1 - cache.z) * (1 - cache.n ** 2)
    da = Blocks(da_n * cache.u * cache.r * (1 - cache.r), dh_next * (cache.h - cache.n) * cache.z * (1 - cache.z), da_n)
    du = Blocks(da.r, da.z, da.n * cache.r).together()
    da = da.together()
    return (multiply(da, cache.W_x.T), multiply(du, cache.W_h.T) + dh_next * cache.z, multiply(cache.x.T, da),
            multiply(cache.h.T, du), np.sum(da, axis=0), np.sum(du, axis=0))


def gru_backward(dh, cache):
    dx, parts = np.zeros((len(dh), *cache.steps[0].x.shape), dtype=np.float32), []
    carry = np.zeros(dh.shape[1:], dtype=np.float32)
    for t, kept in zip(range(len(dh) - 1, -1, -1), reversed(cache), strict=True):
        dx[t], carry, *parameters = gru_step_backward(dh[t] + carry, kept)
        parts.append(parameters)
    return dx, carry, *(reduce(np.add, grads) for grads in zip(*parts, strict=True))


class Layer:
    def __init__(self, D, H, blocks, biases=1):
        self.shapes = [(D, blocks * H), (H, blocks * H), (biases, blocks * H)]

    def size(self):
        return int(sum(np.prod(shape) for shape in self.shapes))


def parameter_count(D, H):
    return tuple(layer.size() for layer in (Layer(D, H, 1), Layer(D, H, 4), Layer(D, H, 3, 2), Layer(D, H, 3)))


def exhibit_sum(dh, cache):
    dx, total, carry = [], None, 0
    for dh_t, kept in zip(reversed(dh), reversed(cache), strict=True):
        dx_t, carry, *weights = rnn_step_backward(dh_t + carry, kept)
        dx.append(dx_t)
        total = Gradients(*weights) if total is None else total + Gradients(*weights)
    return np.stack(dx[::-1]), carry, total.W_x, total.W_h, total.b


@dataclass
class Carry:
    h: np.ndarray
    c: np.ndarray

    def back(self, dh_t, kept):
        dx, self.h, self.c, *weights = lstm_step_backward(dh_t + self.h, self.c, kept)
        return dx, Gradients(*weights)


def exhibit_carry(dh, dc_T, cache):
    carry = Carry(np.zeros_like(dc_T), dc_T)
    steps = [carry.back(dh_t, kept) for dh_t, kept in zip(dh[::-1], reversed(cache), strict=True)]
    dx, parts = zip(*steps, strict=True)
    total = reduce(Gradients.__add__, parts)
    return np.stack(dx)[::-1], carry.h, carry.c, total.W_x, total.W_h, total.b


def exhibit_states(dh, x, h0, h, W_x, W_h):
    tape = Tape()
    for x_t, before, after in zip(x, [h0, *h[:-1]], h, strict=True):
        tape.record(Kept(x_t, before, after, W_x, W_h))
    return rnn_backward(dh, tape)


def exhibit_slope(dh_next, dc_next, x, h, c, i, f, g, o, c_next, W_x, W_h):
    cell = CellBackward(KeptByLSTM(x, h, c, i, f, g, o, c_next, W_x, W_h))
    dc = cell.of_cell_state(dh_next, dc_next)
    da = cell.of_sums(dh_next, dc)
    return (multiply(da, W_x.T), multiply(da, W_h.T), dc * f, multiply(x.T, da), multiply(h.T, da),
            np.sum(da, axis=0))


def exhibit_gates(dh_next, dc_next, cache):
    return lstm_step_backward(dh_next, dc_next, cache)


def exhibit_upstream(dh, dh_T, cache):
    mine = np.array(dh, dtype=np.float32)
    mine[-1] += dh_T
    return rnn_backward(mine, cache)
