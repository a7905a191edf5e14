"""Keras's SimpleRNN is our cell: the same weights, the same states."""

import os

os.environ.setdefault("KERAS_BACKEND", "torch")

import keras
import numpy as np
import pytest
from keras.src.backend.common import dtypes

from rnnkit import rnn_forward


@pytest.mark.filterwarnings("ignore:__array__ implementation doesn't accept a copy keyword:DeprecationWarning")
@pytest.mark.parametrize("T, N, D, H", [(1, 1, 1, 1), (7, 2, 13, 1), (13, 7, 1, 2), (2, 13, 7, 13)])
def test_simple_rnn_agrees_in_float64(T, N, D, H, monkeypatch):
    """Keras 3.15 multiplies matrices in float32 whatever it is asked for; without that rule it agrees to 1e-12."""
    monkeypatch.setattr(dtypes, "BIT64_TO_BIT32_DTYPE", {})
    rng = np.random.default_rng([T, N, D, H])
    x, h0, W_x, W_h, b = (rng.standard_normal(shape) for shape in [(T, N, D), (N, H), (D, H), (H, H), (H,)])
    layer = keras.layers.SimpleRNN(H, return_sequences=True, dtype="float64")
    layer.build((N, T, D))
    layer.set_weights([W_x, W_h, b])
    batch_first = keras.ops.convert_to_tensor(x.swapaxes(0, 1), "float64")
    theirs = keras.ops.convert_to_numpy(layer(batch_first, initial_state=h0))
    assert np.abs(theirs.swapaxes(0, 1) - rnn_forward(x, h0, W_x, W_h, b)[0]).max() < 1e-12
