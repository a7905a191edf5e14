"""What only the RNN has: a readout."""

import numpy as np
import pytest
import torch
from cells import SEQUENCES, TOLERANCE, draw, sizes_of

from rnnkit import readout, relative_error


@pytest.mark.parametrize("sizes", SEQUENCES[::5])
def test_readout_agrees_with_a_linear_layer(sizes):
    T, N, H, V = sizes_of(sizes)
    h, W_y, b_y = draw((T, N, H), (H, V), (V,))
    theirs = torch.nn.functional.linear(*map(torch.from_numpy, (h, np.ascontiguousarray(W_y.T), b_y)))
    assert relative_error(readout(h, W_y, b_y), theirs.numpy()) < TOLERANCE
