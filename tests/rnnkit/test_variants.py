"""The two cousins against their equations in PyTorch's operations, and where they meet the cells they come from."""

import numpy as np
import pytest
import torch
from cells import SEQUENCES, TOLERANCE, draw, sizes_of

import rnnkit
from rnnkit import relative_error


def peephole(T, N, D, H):
    """x, h0, c0, W_x, W_h, b, p."""
    return draw((T, N, D), (N, H), (N, H), (D, 4 * H), (H, 4 * H), (4 * H,), (3 * H,))


def reset_before(T, N, D, H):
    """x, h0, W_x, W_h, b."""
    return draw((T, N, D), (N, H), (D, 3 * H), (H, 3 * H), (3 * H,))


def torchs_peephole(x, h, c, W_x, W_h, b, p):
    """The equations, each gate by itself, with its peephole as a diagonal matrix."""
    W_xi, W_xf, W_xg, W_xo = W_x.chunk(4, dim=1)
    W_hi, W_hf, W_hg, W_ho = W_h.chunk(4, dim=1)
    b_i, b_f, b_g, b_o = b.chunk(4)
    P_i, P_f, P_o = map(torch.diag, p.chunk(3))
    for x_t in x:
        i = torch.sigmoid(x_t @ W_xi + h @ W_hi + c @ P_i + b_i)
        f = torch.sigmoid(x_t @ W_xf + h @ W_hf + c @ P_f + b_f)
        c = f * c + i * torch.tanh(x_t @ W_xg + h @ W_hg + b_g)
        o = torch.sigmoid(x_t @ W_xo + h @ W_ho + c @ P_o + b_o)
        h = o * torch.tanh(c)
        yield h, c


@pytest.mark.parametrize("sizes", SEQUENCES)
def test_lstm_with_peepholes_agrees_with_its_equations(sizes):
    inputs = peephole(*sizes_of(sizes))
    theirs = zip(*torchs_peephole(*map(torch.from_numpy, inputs)), strict=True)
    for mine, other in zip(rnnkit.lstm_forward_peephole(*inputs), theirs, strict=True):
        assert relative_error(mine, torch.stack(other).numpy()) < TOLERANCE


def test_lstm_whose_peepholes_are_zero_is_the_lstm():
    *inputs, p = peephole(7, 3, 4, 6)
    h, c, _ = rnnkit.lstm_forward(*inputs)
    for mine, other in zip(rnnkit.lstm_forward_peephole(*inputs, 0 * p), (h, c), strict=True):
        np.testing.assert_allclose(mine, other, rtol=1e-12)


def test_output_gate_sees_the_new_cell_state_and_the_others_the_old_one():
    """With no other weights than the peepholes, c = 0 and a candidate of tanh(1), the gates i and f are half open."""
    H = 5
    zeros, b = np.zeros((1, H)), np.repeat([0.0, 0.0, 1.0, 0.0], H)
    h_next, c_next = rnnkit.lstm_step_peephole(zeros, zeros, zeros, np.zeros((H, 4 * H)), np.zeros((H, 4 * H)), b,
                                               np.full(3 * H, 2.0))
    c = 0.5 * np.tanh(1)
    np.testing.assert_allclose(c_next, np.full((1, H), c), rtol=1e-12)
    np.testing.assert_allclose(h_next, np.full((1, H), np.tanh(c) / (1 + np.exp(-2 * c))), rtol=1e-12)


def both_grus(x, h0, W_x, W_h, b):
    """The same weights, with the reset gate after the product and before it. The one bias is b_x."""
    return rnnkit.gru_forward(x, h0, W_x, W_h, b, 0 * b)[0], rnnkit.gru_forward_reset_before(x, h0, W_x, W_h, b)


def test_the_two_grus_are_two_models():
    after, before = both_grus(*reset_before(7, 3, 4, 6))
    assert np.abs(after - before).max() > 0.05


def test_the_two_grus_are_one_where_the_reset_gate_is_open():
    x, h0, W_x, W_h, b = reset_before(7, 3, 4, 6)
    b[:6] = 1000
    np.testing.assert_allclose(*both_grus(x, h0, W_x, W_h, b), rtol=1e-12, atol=1e-14)


def test_the_two_grus_are_one_where_the_state_is_one_number():
    np.testing.assert_allclose(*both_grus(*reset_before(7, 3, 4, 1)), rtol=1e-12, atol=1e-14)
