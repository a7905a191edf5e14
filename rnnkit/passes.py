"""Forward and backward passes as functions to be handed around: adapted, checked against each other, and trained.

A forward pass is called as `rnn_forward` or `lstm_forward`, with arguments of these names: x (T, N, D), h0 (N, H), for
an LSTM c0 (N, H), and W_x, W_h, b. Its backward pass is called as `rnn_backward` or `lstm_backward`, and returns a
gradient for each of these arguments, in their order. Lesson 08 examines its exhibits with what is here.
"""

import inspect
from itertools import count

import numpy as np

from rnnkit.gradcheck import numerical_gradient, relative_error
from rnnkit.training import SGD, echo, train

# -- a pass that is called in another way, made into one that is called like all others


def forward_through_time(step):
    """The loop of `lstm_forward` around another step, which is called as `lstm_step`."""
    def forward(x, h0, c0, W_x, W_h, b):
        h, c, caches = [h0], [c0], []
        for x_t in x:
            h_t, c_t, cache = step(x_t, h[-1], c[-1], W_x, W_h, b)
            h, c, caches = [*h, h_t], [*c, c_t], [*caches, cache]
        return np.stack(h[1:]), np.stack(c[1:]), caches
    return forward


def backward_through_time(step_backward, one_by_one=False):
    """The loop of `lstm_backward` around another step, which is called as `lstm_step_backward`.

    one_by_one: the step is not handed the cache, but one by one what it holds.
    """
    def backward(dh, dc_T, cache):
        dh_next, dc_next, dx, weights = np.zeros_like(dc_T), dc_T, [], []
        for dh_t, step in zip(dh[::-1], cache[::-1], strict=True):
            held = step if one_by_one else [step]
            dx_t, dh_next, dc_next, *dW = step_backward(dh_t + dh_next, dc_next, *held)
            dx.append(dx_t)
            weights.append(dW)
        return np.stack(dx[::-1]), dh_next, dc_next, *map(sum, zip(*weights, strict=True))
    return backward


def on_arrays(backward):
    """A backward pass of an RNN that takes arrays, backward(dh, x, h0, h, W_x, W_h), called with the cache."""
    def on_caches(dh, cache):
        x, h = (np.stack([step[k] for step in cache]) for k in (0, 2))
        _, h0, _, W_x, W_h = cache[0]
        return backward(dh, x, h0, h, W_x, W_h)
    return on_caches


def without_dh_T(backward):
    """A backward pass that takes an upstream gradient dh_T of the last state as well, called with zeros for it."""
    return lambda dh, cache: backward(dh, np.zeros_like(dh[0]), cache)


def in_parallel(forward, *backward, cells=2):
    """The passes of some RNN cells that read the same input, and whose states are added: h = h^(1) + h^(2) + ...

    Backwards, every cell is handed the same array dh, and the gradients of x and h0 are sums. The weights of the cells
    follow each other, three for each. backward: one pass or more. Returns as many passes as are given, in their order.
    """
    def added(x, h0, *weights):
        states, caches = zip(*(forward(x, h0, *weights[3 * k:3 * k + 3]) for k in range(cells)), strict=True)
        return sum(states), caches

    def handed(one):
        def each(dh, caches):
            gradients = [one(dh, cache) for cache in caches]
            dx, dh0, *_ = map(sum, zip(*gradients, strict=True))
            return dx, dh0, *(dW for _, _, *weights in gradients for dW in weights)
        return each
    return added, *map(handed, backward)


# -- gradients: derived, measured, and PyTorch's


def random_case(forward, T, N=2, D=3, H=4):
    """Random arguments of a forward pass, as name -> array, and an upstream gradient for each state in the loss.

    The arguments are found by their names; with a c0 it is an LSTM, and the weights have four blocks.
    """
    rng, names = np.random.default_rng(8), inspect.signature(forward).parameters
    blocks = 4 if "c0" in names else 1
    shapes = {"x": (T, N, D), "h0": (N, H), "c0": (N, H), "W_x": (D, blocks * H), "W_h": (H, blocks * H),
              "b": (blocks * H,)}
    inputs = {name: 0.7 * rng.standard_normal(shapes[name]) for name in names}
    return inputs, [rng.standard_normal(state.shape) for state in run(forward, inputs)[0]]


def run(forward, inputs):
    """The states that a loss looks at, every h and of an LSTM the last c, as a list, and the cache."""
    h, *c, cache = forward(**inputs)
    return [h, *(states[-1] for states in c)], cache


def derived_and_measured(forward, backward, T, measure=numerical_gradient, copies=True):
    """A gradient check of a backward pass: the gradient of every argument, as name -> (derived, measured).

    The loss is L = sum dh * h, and sum dc_T * c_T beside it for an LSTM, with arguments and upstream gradients of
    `random_case`. measure: `numerical_gradient`, or another function of a loss and an array. copies: whether the
    backward pass is given copies of the upstream gradients, or the arrays that the loss goes on with.
    """
    inputs, upstream = random_case(forward, T)
    _, cache = run(forward, inputs)
    derived = backward(*[array.copy() if copies else array for array in upstream], cache)

    def loss(name, value):
        states, _ = run(forward, {**inputs, name: value})
        return sum(np.sum(array * state) for array, state in zip(upstream, states, strict=True))

    return {f"d{name}": (gradient, measure(lambda value, name=name: loss(name, value), inputs[name]))
            for name, gradient in zip(inputs, derived, strict=True)}


def in_torch(inputs, upstream):
    """torch.nn.RNN, or nn.LSTM where there is a c0, with these arguments, and with the loss of `derived_and_measured`.

    Returns h (T, N, H), and the gradients of W_x, W_h, b, in our layout.
    """
    import torch

    given = {name: torch.tensor(array) for name, array in inputs.items()}
    sizes, is_lstm = (len(given["W_x"]), len(given["W_h"])), "c0" in given
    layer = (torch.nn.LSTM if is_lstm else torch.nn.RNN)(*sizes, dtype=given["x"].dtype)
    layer.load_state_dict({"weight_ih_l0": given["W_x"].T, "weight_hh_l0": given["W_h"].T,
                           "bias_ih_l0": given["b"], "bias_hh_l0": 0 * given["b"]})
    h, last = layer(given["x"], (given["h0"][None], given["c0"][None]) if is_lstm else given["h0"][None])
    states = [h, last[1][0]] if is_lstm else [h]
    sum(torch.sum(torch.tensor(array) * state) for array, state in zip(upstream, states, strict=True)).backward()
    gradients = layer.weight_ih_l0.grad.T, layer.weight_hh_l0.grad.T, layer.bias_ih_l0.grad
    return h.detach().numpy(), [gradient.numpy() for gradient in gradients]


def error_against_torch(forward, backward, T=7):
    """The largest relative error of dW_x, dW_h and db against PyTorch's, for a `random_case`."""
    inputs, upstream = random_case(forward, T)
    _, theirs = in_torch(inputs, upstream)
    *_, dW_x, dW_h, db = backward(*upstream, run(forward, inputs)[1])
    return max(map(relative_error, (dW_x, dW_h, db), theirs))


def cosine_similarity(a, b):
    """The cosine between two lists of arrays, a . b / (|a| |b|): 1 for the same direction, 0 for a right angle."""
    a, b = (np.concatenate([array.ravel() for array in arrays]) for arrays in (a, b))
    size = np.linalg.norm(a) * np.linalg.norm(b)
    return a @ b / size if size else 0


# -- training with a backward pass, right or wrong


def train_on_echo(forward, backward, delay=1, seed=0, updates=600, cells=1, H=12):
    """Train a small network on `echo` with this backward pass, by gradient descent with a momentum of 0.8.

    The weights are random, the biases zero, but for the forget gate of an LSTM, whose bias is 1.
    delay: of the echo, in steps. cells: 1, or of how many cells `in_parallel` these are the passes.
    Returns the loss before every update, (updates,).
    """
    rng, is_lstm = np.random.default_rng(seed), "c0" in inspect.signature(forward).parameters
    blocks, weights = 4 if is_lstm else 1, []
    for _ in range(cells):
        W_x, W_h = 0.5 * rng.standard_normal((1, blocks * H)), 0.2 * rng.standard_normal((H, blocks * H))
        weights += [W_x, W_h, np.zeros(blocks * H)]
    if is_lstm:
        weights[2][H:2 * H] = 1
    readout = 0.2 * rng.standard_normal((H, 1)), np.zeros(1)
    batches = echo(rng, delay, T=6, N=16, updates=updates)
    return train(forward, backward, weights, readout, batches, SGD(0.1, momentum=0.8), states=1 + is_lstm)


def race(forward, right, wrong, delay=1, seed=0, cells=1):
    """Train twice on `echo`, with a right and a wrong backward pass, from the same weights and with the same inputs.

    delay, seed: those of `train_on_echo`. cells: how many of these cells work `in_parallel`.
    Returns the losses of both, and the mean cosine between the right and the wrong gradients of all weights and biases:
    in the network that the wrong one trains, at every tenth update.
    """
    initial, cosines, calls = 2 if "c0" in inspect.signature(forward).parameters else 1, [], count()
    if cells > 1:
        forward, right, wrong = in_parallel(forward, right, wrong, cells=cells)

    def watched(*given):
        truth = right(*given) if next(calls) % 10 == 0 else None
        gradients = wrong(*given)
        if truth:
            cosines.append(cosine_similarity(gradients[1 + initial:], truth[1 + initial:]))
        return gradients

    settings = {"delay": delay, "seed": seed, "cells": cells}
    return train_on_echo(forward, right, **settings), train_on_echo(forward, watched, **settings), np.mean(cosines)
