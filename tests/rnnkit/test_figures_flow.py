"""The numbers in the pictures of lesson 07 are those of the LSTM, and of whoever's functions drive them."""

import re
import warnings
from functools import cache

import numpy as np
import pytest

from rnnkit import figures, forget_bias, lstm_backward, lstm_forward, lstm_gates, numerical_gradient

matplotlib = pytest.importorskip("matplotlib")


@cache
def explorer(forward=lstm_forward, backward=lstm_backward, bias=forget_bias):
    return figures.routes_explorer(forward, backward, bias)


def left(alt, what="From 99 steps back comes"):
    return size(re.search(rf"{what} (\S+(?: × \S+?)?)[,.](?: |$)", alt)[1])


def size(words):
    """What 0.22, 3 × 10⁻⁸ and 10⁻⁷ say, as a number."""
    raised = words.translate(str.maketrans("⁻⁰¹²³⁴⁵⁶⁷⁸⁹", "-0123456789"))
    digits, _, exponent = raised.rpartition("10") if words != raised else (raised, "", "0")
    return float((digits.replace(" × ", "") or "1") + "e" + exponent)


def alone(alt):
    return left(alt, "along the cell state alone")


def test_both_routes_are_the_derivative_that_a_measurement_finds():
    seen = []

    def forward(*inputs):
        seen.append(inputs)
        return lstm_forward(*inputs)

    alt = explorer(forward).picture.alt
    x, h0, c0, W_x, W_h, b = seen[8]            # of the second bias, the third scale
    few = np.array(x[-11:, :1])                 # the last eleven steps, from the state that the others leave
    h, c, _ = lstm_forward(x[:-11, :1], h0[:1], c0[:1], W_x, W_h, b)

    def gradient(t):
        def last(x_t, k):
            moved = few.copy()
            moved[t, 0] = x_t
            return lstm_forward(moved, h[-1], c[-1], W_x, W_h, b)[0][-1, 0, k]
        return np.linalg.norm([numerical_gradient(lambda x_t, k=k: last(x_t, k), few[t, 0]) for k in range(16)])

    measured = re.search(r"Both routes: (.*?) from 1 back, (.*?) from 10 back", alt)
    for t, found in ((9, measured[1]), (0, measured[2])):
        assert size(found) == pytest.approx(gradient(t) / gradient(10), rel=0.15)     # the words have one digit or two


def test_the_cell_state_alone_brings_back_the_product_of_the_forget_gates():
    seen = []

    def forward(*inputs):
        seen.append(inputs)
        return lstm_forward(*inputs)

    alt = explorer(forward, bias=lambda b, value: forget_bias(b, 1)).at(scale=0).alt
    x, h0, _, W_x, W_h, b = seen[0]
    x = x[:, :1]
    h, c, _ = lstm_forward(x, h0[:1], 0 * h0[:1], W_x, W_h, b)
    i, f, g, o = (np.stack(gate)[:, 0] for gate in zip(*(
        lstm_gates(x_t, h_t, W_x, W_h, b) for x_t, h_t in zip(x, [h0[:1], *h[:-1]], strict=True)), strict=True))
    before = np.concatenate([np.zeros((1, 16)), c[:-1, 0]])
    shown = o[-1] * (1 - np.tanh(c[-1, 0]) ** 2)

    def by_hand(t):
        blocks = np.split(W_x, 4, axis=1)[:3]
        slopes = g[t] * i[t] * (1 - i[t]), before[t] * f[t] * (1 - f[t]), i[t] * (1 - g[t] ** 2)
        into_c = sum(block * slope for block, slope in zip(blocks, slopes, strict=True))
        through_o = np.split(W_x, 4, axis=1)[3] * np.tanh(c[t, 0]) * o[t] * (1 - o[t]) if t == 99 else 0
        return np.linalg.norm(into_c * np.prod(f[t + 1:], axis=0) * shown + through_o)

    assert left(alt) == alone(alt) == float(f"{by_hand(0) / by_hand(99):.0e}")


def test_without_W_h_there_is_one_route_and_with_it_there_are_two():
    shut = explorer().at(scale=0).alt
    assert left(shut) == alone(shut)
    newborn = explorer().picture.alt
    assert left(newborn) > 1e3 * alone(newborn) > 0


def test_a_more_open_forget_gate_brings_back_more():
    made = explorer()
    sizes = [left(made.at(bias=bias).alt) for bias in (-1, 0, 1, 3)]
    assert sizes == sorted(sizes) and sizes[-1] > 1e-3


def test_the_routes_go_through_the_functions_that_were_given():
    def without_dh(dh, dc_T, cache):
        return lstm_backward(dh, dc_T, [(*step[:-1], 0 * step[-1]) for step in cache])

    one_route = explorer(backward=without_dh).picture.alt
    assert left(one_route) == alone(one_route) == alone(explorer().picture.alt)
    untouched = explorer(bias=lambda b, value: b)
    assert left(untouched.at(bias=4).alt) == left(untouched.picture.alt)


def test_a_backward_that_eats_its_arrays_does_no_harm_to_the_routes():
    def hungry(dh, dc_T, cache):
        gradients = lstm_backward(dh, dc_T, cache)
        dh[:], dc_T[:] = 0, 1
        cache.clear()
        return gradients

    assert explorer(backward=hungry).picture.alt == explorer().picture.alt


def test_gradient_flow_says_the_range_and_the_geometric_mean_relative_to_the_last_step():
    flows = {"one": np.array([[1e-8, 1e-4, 2.0], [1e-10, 1e-4, 2.0]]), "two": np.array([[0.5, 1, 0.5]])}
    alt = figures.gradient_flow(flows).alt
    assert "one: from 2 steps back 5 × 10⁻¹¹ to 5 × 10⁻⁹, in the geometric mean 5 × 10⁻¹⁰" in alt
    assert "two: from 2 steps back 1 to 1" in alt


def test_gradients_that_are_zero_or_infinite_are_drawn_without_a_word_on_stderr():
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert figures.gradient_flow({"dead": np.array([[0.0, np.inf, 1.0]]), "alive": np.array([[0.1, 0.5, 1]])}).png
