"""What only the GRU has: a reset gate, an update gate that mixes, and two biases of which one block matters."""

import numpy as np
import pytest
from cells import draw
from hypothesis import given
from hypothesis import strategies as st

from rnnkit import gru_forward, gru_step, gru_step_backward

N, D, H = 3, 4, 6
CLOSED, OPEN = -1000.0, 1000.0      # a gate with this bias is exactly 0, or 1, whatever it reads


def gru(**biases):
    """W_x, W_h, b_x and b_h, in which the named blocks of b_x have one value."""
    W_x, W_h, b_x, b_h = draw((D, 3 * H), (H, 3 * H), (3 * H,), (3 * H,))
    for block, bias in biases.items():
        k = "rzn".index(block)
        b_x[k * H:(k + 1) * H] = bias
    return W_x, W_h, b_x, b_h


def test_open_update_gate_keeps_the_state_and_its_gradient():
    x, h, dh_next = draw((N, D), (N, H), (N, H))
    h_next, cache = gru_step(x, h, *gru(z=OPEN))
    assert np.array_equal(h_next, h)
    _, dh, *_ = gru_step_backward(dh_next, cache)
    assert np.array_equal(dh, dh_next)


def test_closed_update_and_reset_gates_let_nothing_of_the_old_state_through():
    x, h, dh_next = draw((N, D), (N, H), (N, H))
    W_x, W_h, b_x, b_h = gru(r=CLOSED, z=CLOSED)
    h_next, cache = gru_step(x, h, W_x, W_h, b_x, b_h)
    assert np.array_equal(h_next, np.tanh((x @ W_x + b_x)[:, 2 * H:]))
    _, dh, *_ = gru_step_backward(dh_next, cache)
    assert not dh.any()


@pytest.mark.parametrize(("k", "same"), [(0, True), (1, True), (2, False)], ids="rzn")
def test_only_the_candidates_bias_cannot_move_from_one_side_to_the_other(k, same):
    x, h0 = draw((5, N, D), (N, H))
    W_x, W_h, b_x, b_h = gru()
    block = np.zeros(3 * H)
    block[k * H:(k + 1) * H] = 1
    h, _ = gru_forward(x, h0, W_x, W_h, b_x, b_h)
    moved, _ = gru_forward(x, h0, W_x, W_h, b_x + block, b_h - block)
    assert np.allclose(moved, h, rtol=0, atol=1e-12) == same


@given(st.integers(0, 2 ** 32 - 1), st.floats(0.1, 100), st.integers(1, 60))
def test_state_that_begins_within_one_stays_within_one_however_large_the_input(seed, scale, T):
    x, h0, *weights = draw((T, N, D), (N, H), (D, 3 * H), (H, 3 * H), (3 * H,), (3 * H,), seed=seed)
    h, _ = gru_forward(scale * x, np.clip(h0, -1, 1), *(scale * array for array in weights))
    assert np.abs(h).max() <= 1


@given(st.integers(0, 2 ** 32 - 1))
def test_new_state_lies_between_the_old_one_and_the_candidate(seed):
    x, h, *weights = draw((N, D), (N, H), (D, 3 * H), (H, 3 * H), (3 * H,), (3 * H,), seed=seed)
    h_next, (_, _, _, _, n, *_) = gru_step(x, h, *weights)
    assert (np.minimum(h, n) <= h_next).all() and (h_next <= np.maximum(h, n)).all()
