"""Passes that are handed around: adapted to one way of being called, checked against each other, and trained."""

import numpy as np
import pytest

from rnnkit import (
    lstm_backward,
    lstm_forward,
    lstm_step,
    lstm_step_backward,
    passes,
    relative_error,
    rnn_backward,
    rnn_forward,
)

PAIRS = pytest.mark.parametrize(("forward", "backward"), [(rnn_forward, rnn_backward), (lstm_forward, lstm_backward)],
                                ids=["RNN", "LSTM"])


def wrong_sign(dh, cache):
    dx, dh0, dW_x, dW_h, db = rnn_backward(dh, cache)
    return dx, dh0, -dW_x, dW_h, db


def in_place(dh, cache):
    """Right, but for what becomes of its dh."""
    gradients = rnn_backward(dh, cache)
    dh += 1
    return gradients


def wrong(gradients):
    return [name for name, (derived, measured) in gradients.items() if relative_error(derived, measured) > 1e-6]


def test_the_loops_around_the_steps_of_an_lstm_are_its_passes():
    inputs, upstream = passes.random_case(lstm_forward, T=4)
    *states, cache = lstm_forward(**inputs)
    *looped, _ = passes.forward_through_time(lstm_step)(**inputs)
    assert all(map(np.array_equal, looped, states))

    def unpacked(dh_next, dc_next, *held):
        return lstm_step_backward(dh_next, dc_next, held)

    right = lstm_backward(*upstream, cache)
    for again in (passes.backward_through_time(lstm_step_backward),
                  passes.backward_through_time(unpacked, one_by_one=True)):
        assert all(relative_error(a, b) < 1e-14 for a, b in zip(again(*upstream, cache), right, strict=True))


def test_a_pass_on_arrays_is_handed_what_the_caches_hold():
    inputs, [dh] = passes.random_case(rnn_forward, T=4)
    h, cache = rnn_forward(**inputs)
    handed = passes.on_arrays(lambda *given: given)(dh, cache)
    wanted = dh, inputs["x"], inputs["h0"], h, inputs["W_x"], inputs["W_h"]
    assert all(np.array_equal(a, b) for a, b in zip(handed, wanted, strict=True))


def test_a_pass_that_takes_a_dh_T_is_given_zeros():
    dh = np.ones((4, 2, 3))
    assert not passes.without_dh_T(lambda dh, dh_T, cache: dh_T)(dh, []).any()


@PAIRS
@pytest.mark.parametrize("T", [1, 3])
def test_what_is_derived_is_what_is_measured(forward, backward, T):
    gradients = passes.derived_and_measured(forward, backward, T)
    assert len(gradients) == (6 if "dc0" in gradients else 5) and not wrong(gradients)


def test_the_gradient_that_is_wrong_is_the_one_that_disagrees():
    assert wrong(passes.derived_and_measured(rnn_forward, wrong_sign, 3)) == ["dW_x"]


def test_a_pass_that_changes_its_upstream_gradient_is_seen_without_copies():
    assert not wrong(passes.derived_and_measured(rnn_forward, in_place, 3))
    assert len(wrong(passes.derived_and_measured(rnn_forward, in_place, 3, copies=False))) == 5


def test_another_function_can_measure():
    gradients = passes.derived_and_measured(rnn_forward, rnn_backward, 2, measure=lambda f, x: f(x) * np.ones_like(x))
    assert all(np.ptp(measured) == 0 for _, measured in gradients.values())


@PAIRS
def test_pytorch_finds_the_same_states_and_gradients(forward, backward):
    pytest.importorskip("torch")
    inputs, upstream = passes.random_case(forward, T=5)
    h, gradients = passes.in_torch(inputs, upstream)
    assert relative_error(h, forward(**inputs)[0]) < 1e-14
    assert [gradient.shape for gradient in gradients] == [inputs[name].shape for name in ("W_x", "W_h", "b")]
    assert passes.error_against_torch(forward, backward) < 1e-13


def test_a_wrong_gradient_is_wrong_for_pytorch_too():
    pytest.importorskip("torch")
    assert passes.error_against_torch(rnn_forward, wrong_sign) == pytest.approx(1)


def test_cells_in_parallel_add_their_states_and_are_handed_one_upstream_gradient():
    inputs, [dh] = passes.random_case(rnn_forward, T=3)
    x, h0, *weights = inputs.values()
    others = [2 * array for array in weights]
    handed = []

    def watched(dh, cache):
        handed.append(dh)
        return rnn_backward(dh, cache)

    forward, backward = passes.in_parallel(rnn_forward, watched)
    states, caches = forward(x, h0, *weights, *others)
    (h, cache), (other_h, other_cache) = (rnn_forward(x, h0, *each) for each in (weights, others))
    assert np.array_equal(states, h + other_h)
    one, other = rnn_backward(dh, cache), rnn_backward(dh, other_cache)
    wanted = one[0] + other[0], one[1] + other[1], *one[2:], *other[2:]
    assert all(np.array_equal(a, b) for a, b in zip(backward(dh, caches), wanted, strict=True))
    assert all(array is dh for array in handed) and len(handed) == 2


@PAIRS
def test_echo_is_learned(forward, backward):
    losses = passes.train_on_echo(forward, backward, updates=200)
    assert losses.shape == (200,) and losses[-20:].mean() < losses[0] / 5


@pytest.mark.parametrize("cells", [1, 2])
def test_a_right_pass_runs_beside_itself_in_the_same_direction(cells):
    right, again, direction = passes.race(rnn_forward, rnn_backward, rnn_backward, cells=cells)
    assert np.array_equal(right, again) and direction == pytest.approx(1)


def test_a_race_tells_two_passes_apart_and_what_one_spoils_is_its_own():
    right, against, direction = passes.race(rnn_forward, rnn_backward, wrong_sign)
    assert np.array_equal(right, passes.train_on_echo(rnn_forward, rnn_backward))
    assert against[0] == right[0] and against[1] != right[1] and -1 < direction < 0.99
    assert not np.array_equal(right, passes.race(rnn_forward, rnn_backward, wrong_sign, seed=1)[0])


@pytest.mark.parametrize(("b", "wanted"), [([1, 2], 1), ([-1, -2], -1), ([-2, 1], 0), ([0, 0], 0)])
def test_cosine(b, wanted):
    assert passes.cosine_similarity([np.array([[1.0]]), np.array([2.0])], [np.array([float(each)]) for each in b]) == \
        pytest.approx(wanted)
