"""What only the RNN has: how it begins, and a readout."""

import numpy as np
import pytest
import torch
from cells import SEQUENCES, TOLERANCE, draw, sizes_of

from rnnkit import RNN, readout, relative_error


def test_layers_weights_have_the_stated_spread_and_its_bias_is_zero():
    layer = RNN(300, 200, np.random.default_rng(3))
    assert layer.W_x.std() == pytest.approx(300 ** -0.5, rel=0.02)
    assert layer.W_h.std() == pytest.approx(200 ** -0.5, rel=0.02)
    assert not layer.b.any()


@pytest.mark.parametrize("sizes", SEQUENCES[::5])
def test_readout_agrees_with_a_linear_layer(sizes):
    T, N, H, V = sizes_of(sizes)
    h, W_y, b_y = draw((T, N, H), (H, V), (V,))
    theirs = torch.nn.functional.linear(*map(torch.from_numpy, (h, np.ascontiguousarray(W_y.T), b_y)))
    assert relative_error(readout(h, W_y, b_y), theirs.numpy()) < TOLERANCE
