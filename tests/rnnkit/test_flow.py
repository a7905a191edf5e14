"""What becomes of a gradient, and of a small change, over many steps; and how sure the check of a random matrix is."""

import numpy as np
import pytest

from rnnkit import gradient_norms, growth_rate, numerical_gradient, orthogonal, rnn_backward, rnn_forward
from rnnkit.calls import perform
from rnnkit.checking.ladder import climb
from rnnkit.exercises.behavior import false_alarm
from rnnkit.exercises.lesson_04 import CHANCE, DRAWS, ORTHOGONAL

T, N, D, H = 7, 3, 4, 5


@pytest.fixture
def run():
    """A pass of a cell: inputs, first state, weights, and the states."""
    rng = np.random.default_rng(4)
    x, h0, W_x, W_h, b = (rng.standard_normal(shape) for shape in ((T, N, D), (N, H), (D, H), (H, H), H))
    h, cache = rnn_forward(x, h0, W_x, W_h, b)
    return x, h0, W_x, W_h, b, h, cache


def test_norms_are_those_of_the_measured_gradient_at_every_state(run):
    x, _, W_x, W_h, b, h, _ = run
    dh_T = np.random.default_rng(5).standard_normal((N, H))
    norms = gradient_norms(h, W_h, dh_T)
    for t in range(T - 1):
        measured = numerical_gradient(lambda h_t, t=t: np.sum(dh_T * rnn_forward(x[t + 1:], h_t, W_x, W_h, b)[0][-1]),
                                      h[t])
        assert norms[t] == pytest.approx(np.linalg.norm(measured, axis=1), rel=1e-6)
    assert norms[-1] == pytest.approx(np.linalg.norm(dh_T, axis=1))


def test_one_more_step_back_is_the_gradient_of_the_first_state(run):
    _, h0, _, W_h, _, h, cache = run
    dh = np.zeros((T, N, H))
    dh[-1] = np.random.default_rng(6).standard_normal((N, H))
    dh0 = rnn_backward(dh, cache)[1]
    assert gradient_norms(np.concatenate([h0[None], h]), W_h, dh[-1])[0] == pytest.approx(np.linalg.norm(dh0, axis=1))


def test_rate_is_how_fast_a_measured_change_grows(run):
    x, h0, W_x, W_h, b, h, _ = run
    v, eps = np.random.default_rng(7).standard_normal((N, H)), 1e-6
    moved, back = (rnn_forward(x, h0 + sign * eps * v, W_x, W_h, b)[0][-1] for sign in (1, -1))
    growth = np.linalg.norm((moved - back) / (2 * eps), axis=1) / np.linalg.norm(v, axis=1)
    assert growth_rate(h, W_h, v) == pytest.approx(growth ** (1 / T), rel=1e-6)


def test_rate_is_right_where_the_product_underflows_or_overflows():
    v = np.ones((1, H))
    for factor in (1e-3, 1e3):
        assert growth_rate(np.zeros((1000, 1, H)), factor * np.eye(H), v) == pytest.approx([factor])


def test_powers_of_a_matrix_with_a_large_singular_value_can_vanish():
    W_h = np.array([[0.5, 10], [0, 0.5]])
    assert np.linalg.norm(W_h, 2) > 10
    assert growth_rate(np.zeros((2000, 1, 2)), W_h, np.ones((1, 2))) == pytest.approx([0.5], rel=0.01)


def test_shapes_that_disagree_are_refused():
    with pytest.raises(ValueError, match="gradient_norms: dh_T has shape"):
        gradient_norms(np.zeros((T, N, H)), np.zeros((H, H)), np.zeros((N + 1, H)))
    with pytest.raises(ValueError, match="growth_rate: v has shape"):
        growth_rate(np.zeros((T, N, H)), np.zeros((H, H)), np.zeros(H))


def test_right_matrix_fails_by_chance_in_fewer_than_one_of_a_million_checks():
    most = max(ORTHOGONAL.case(seed)["size"] for seed in range(4))
    assert false_alarm(DRAWS, CHANCE, compared=5 * most ** 2) < 1e-6    # more seeds than a judge asks for


@pytest.mark.parametrize(("draw", "said"), [
    (lambda size, rng: np.linalg.qr(rng.normal(size=(size, size)))[0], "positive in 0%"),
    (lambda size, rng: orthogonal(size, np.random.default_rng()), "Two generators with one seed"),
    (lambda size, rng: orthogonal(size, np.random.default_rng(3)), "positive in"),
    (lambda size, rng: rng.normal(size=(size, size)) / size ** 0.5, "Q^T Q should be the identity"),
    (lambda size, rng: np.eye(size)[rng.permutation(size)], "positive in"),
    (lambda size, rng: 2 * orthogonal(size, rng), "Its entry"),
])
def test_matrix_that_is_none_earns_nothing_and_is_told_what_it_does(draw, said):
    functions = {**ORTHOGONAL.given, "orthogonal": draw}
    found = climb(ORTHOGONAL, lambda calls, values, wanted: perform(calls, functions, values, wanted), 3)
    assert found.share == 0 and said in " ".join(text for _, text in found.lines)
