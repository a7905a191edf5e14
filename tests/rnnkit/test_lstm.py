"""What only the LSTM has: gates in the order i, f, g, o, and a cell state that is added to."""

import re

import numpy as np
import pytest
import torch
from cells import TOLERANCE, draw, listed
from hypothesis import given
from hypothesis import strategies as st

from rnnkit import (
    LSTM,
    forget_bias,
    lstm_backward,
    lstm_forward,
    lstm_gates,
    lstm_step,
    lstm_step_backward,
    relative_error,
)

N, D, H = 3, 4, 6
CLOSED, OPEN = -1000.0, 1000.0      # a gate with this bias is exactly 0, or 1, whatever it reads


def lstm(**biases):
    """W_x, W_h and b, in which the named blocks of b have one value."""
    W_x, W_h, b = draw((D, 4 * H), (H, 4 * H), (4 * H,))
    for block, bias in biases.items():
        k = "ifgo".index(block)
        b[k * H:(k + 1) * H] = bias
    return W_x, W_h, b


@pytest.mark.parametrize(("k", "activation"), [(0, torch.sigmoid), (1, torch.sigmoid), (2, torch.tanh),
                                               (3, torch.sigmoid)], ids="ifgo")
def test_each_gate_reads_its_own_block_of_the_weights(k, activation):
    x, h, W_x, W_h, b = draw((N, D), (N, H), (D, 4 * H), (H, 4 * H), (4 * H,))
    block = slice(k * H, (k + 1) * H)
    alone = activation(torch.from_numpy(x @ W_x[:, block] + h @ W_h[:, block] + b[block])).numpy()
    assert relative_error(lstm_gates(x, h, W_x, W_h, b)[k], alone) < TOLERANCE


def test_cell_state_counts_steps_without_bound_and_hidden_state_stays_below_one():
    x, h0 = draw((1000, N, D), (N, H))
    h, c, _ = lstm_forward(x, h0, np.zeros((N, H)), *lstm(i=OPEN, f=OPEN, g=OPEN, o=OPEN))
    assert np.array_equal(c[:, 0, 0], np.arange(1, 1001)) and (c == c[:, :1, :1]).all()
    assert np.array_equal(h, np.tanh(c))


def test_closed_input_gate_and_open_forget_gate_keep_the_cell_state_and_its_gradient():
    x, h0, c0, dc_T = draw((50, N, D), (N, H), (N, H), (N, H))
    _, c, cache = lstm_forward(x, h0, c0, *lstm(i=CLOSED, f=OPEN))
    assert (c == c0).all()
    _, _, dc0, *_ = lstm_backward(np.zeros((50, N, H)), dc_T, cache)
    assert np.array_equal(dc0, dc_T)


def test_closed_forget_gate_lets_nothing_of_the_old_cell_state_through():
    x, h, c, dh_next, dc_next = draw((N, D), (N, H), (N, H), (N, H), (N, H))
    weights = lstm(f=CLOSED)
    _, c_next, cache = lstm_step(x, h, c, *weights)
    assert np.array_equal(c_next, lstm_step(x, h, -5 * c, *weights)[1])
    _, _, dc, *_ = lstm_step_backward(dh_next, dc_next, cache)
    assert not dc.any()


def test_closed_output_gate_hides_the_cell_state_and_its_gradient_flows_on():
    x, h, c, dh_next, dc_next = draw((N, D), (N, H), (N, H), (N, H), (N, H))
    h_next, _, cache = lstm_step(x, h, c, *lstm(o=CLOSED))
    assert not h_next.any()
    _, _, dc, *_ = lstm_step_backward(dh_next, dc_next, cache)
    f = cache[4]
    assert np.array_equal(dc, dc_next * f)


@given(st.integers(0, 2 ** 32 - 1), st.floats(0.1, 100))
def test_hidden_state_never_leaves_the_range_from_minus_one_to_one(seed, scale):
    x, h0, c0, *weights = draw((9, N, D), (N, H), (N, H), (D, 4 * H), (H, 4 * H), (4 * H,), seed=seed)
    h, *_ = lstm_forward(scale * x, h0, scale * c0, *(scale * array for array in weights))
    assert np.abs(h).max() <= 1


def test_forget_bias_changes_the_forget_gate_alone():
    x, h = draw((N, D), (N, H))
    W_x, W_h, b = lstm()
    before = lstm_gates(x, h, W_x, W_h, b)
    after = lstm_gates(x, h, W_x, W_h, forget_bias(b, OPEN))
    assert [np.array_equal(old, new) for old, new in zip(before, after, strict=True)] == [True, False, True, True]
    assert (after[1] == 1).all()


@pytest.mark.parametrize("shape", [(4 * H + 1,), (1, 4 * H), ()], ids=str)
def test_forget_bias_refuses_what_is_not_four_blocks(shape):
    with pytest.raises(ValueError, match=re.escape(f"forget_bias: b has shape {shape}, but (4H) should be (4H).")):
        forget_bias(np.ones(shape), 1.0)


@pytest.mark.parametrize(("options", "expected"), [({}, 1.0), ({"forget_bias": 0.0}, 0.0), ({"forget_bias": 3.0}, 3.0)])
def test_layer_begins_with_the_forget_gate_as_open_as_asked_and_the_others_half_open(options, expected):
    layer = LSTM(D, H, np.random.default_rng(0), **options)
    i, f, g, o = lstm_gates(np.zeros((N, D)), np.zeros((N, H)), layer.W_x, layer.W_h, layer.b)
    assert np.allclose(f, 1 / (1 + np.exp(-expected)))
    assert (i == 0.5).all() and (g == 0).all() and (o == 0.5).all()


def test_layer_without_a_gradient_of_the_last_cell_state_takes_it_as_zero():
    x, dh = draw((5, N, D), (5, N, H))
    layer = LSTM(D, H, np.random.default_rng(0))
    layer.forward(x)
    with_zero = [*listed(layer.backward(dh, np.zeros((N, H)))), layer.dW_x, layer.dW_h, layer.db]
    without = [*listed(layer.backward(dh)), layer.dW_x, layer.dW_h, layer.db]
    assert all(np.array_equal(a, b) for a, b in zip(with_zero, without, strict=True))


def test_layer_begins_a_state_that_is_not_given_at_zero():
    x, h0, c0 = draw((5, N, D), (N, H), (N, H))
    layer, zero = LSTM(D, H, np.random.default_rng(0)), np.zeros((N, H))
    for given_states, both in [({"h0": h0}, (h0, zero)), ({"c0": c0}, (zero, c0))]:
        assert all(np.array_equal(a, b) for a, b in zip(layer.forward(x, **given_states), layer.forward(x, *both),
                                                        strict=True))
