"""The numbers in the pictures of lesson 04 are those of the network, and of whoever's functions drive them."""

import re
from itertools import pairwise

import numpy as np
import pytest

from rnnkit import figures, gradient_norms, growth_rate, rnn_backward, rnn_forward
from rnnkit.figures.vanishing import H, N, crossing, random_states


def test_the_dashboard_says_what_backpropagation_through_the_network_gives():
    h, W_h, dh_T = random_states(1.5, 1.0)
    caches = [(np.zeros((N, 1)), h_t, h_next, np.zeros((1, H)), W_h) for h_t, h_next in pairwise(h)]
    dh = np.zeros_like(h[1:])
    dh[-1] = dh_T
    left = np.linalg.norm(rnn_backward(dh, caches)[1], axis=1) / np.linalg.norm(dh_T, axis=1)
    said = re.search(r"times (\S+) a step", figures.flow_explorer(gradient_norms).at(radius=1.5, inputs=1.0).alt)[1]
    assert float(said) == pytest.approx(np.exp(np.log(left).mean() / 100), abs=0.005)


def test_the_states_of_the_dashboard_are_those_of_a_network_with_this_spectral_radius():
    h, W_h, _ = random_states(2.0, 0.0)
    assert np.abs(np.linalg.eigvals(W_h)).max() == pytest.approx(2)
    again, _ = rnn_forward(np.zeros((100, N, 1)), h[0], np.zeros((1, H)), W_h, np.zeros(H))
    np.testing.assert_allclose(again[:20], h[1:21], atol=1e-8)


def test_the_dashboard_shows_the_function_that_it_is_given():
    def no_slopes(h, W_h, dh_T):
        return gradient_norms(np.zeros_like(h), W_h, dh_T)

    right, wrong = (figures.flow_explorer(function).picture.alt for function in (gradient_norms, no_slopes))
    assert "2 × 10⁻¹¹ of the gradient" in right and right != wrong
    assert float(re.search(r"times (\S+) a step", wrong)[1]) == pytest.approx(1.5, abs=0.05)    # the spectral radius


def test_the_dashboard_outlives_a_function_that_returns_zeros():
    words = figures.flow_explorer(lambda h, W_h, dh_T: np.zeros((len(h), N))).picture.alt
    assert "nan of the gradient reaches step 1" in words


@pytest.mark.parametrize(("rates", "one"), [([0.5, 0.9, 1.1], 2.5), ([0.5, 0.6, 0.7], None), ([1.1, 1.2, 1.3], None),
                                            ([0.5, 1.0, 1.1], 2.0)])
def test_the_line_of_the_map_lies_where_the_rate_is_1(rates, one):
    assert crossing(np.array([1.0, 2.0, 3.0]), np.array(rates)) == (one and pytest.approx(one))


def test_two_trajectories_part_as_the_growth_rate_says():
    rng = np.random.default_rng(1)
    W_h, v = 2.5 * rng.standard_normal((64, 64)) / 8, 1e-8 * rng.standard_normal((1, 64))
    quiet = np.zeros((160, 1, 1)), np.zeros((1, 64)), np.zeros(64)
    start = rnn_forward(quiet[0], rng.standard_normal((1, 64)), quiet[1], W_h, quiet[2])[0][-1]
    one, other = (rnn_forward(quiet[0], h0, quiet[1], W_h, quiet[2])[0] for h0 in (start, start + v))
    apart = np.linalg.norm(one - other, axis=(1, 2))
    expected = np.linalg.norm(v) * growth_rate(one[:50], W_h, v) ** 50
    assert apart[49] == pytest.approx(expected[0], rel=1e-3)
    words = figures.chaos(one[:, 0, 0], other[:, 0, 0], apart, apart).alt
    assert int(re.search(r"they part after (\d+) steps", words)[1]) == np.flatnonzero(
        np.abs(one - other)[:, 0, 0] > 0.1)[0] + 1
