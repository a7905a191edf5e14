"""Keras's layers are our cells: the same weights in another order, the same states."""

import os

os.environ.setdefault("KERAS_BACKEND", "torch")

import keras
import numpy as np
import pytest
from cells import SEQUENCES, TOLERANCE, draw, sizes_of
from keras.src.backend.common import dtypes

from rnnkit import gru_forward, gru_forward_reset_before, lstm_forward, parameter_count, relative_error, rnn_forward

pytestmark = pytest.mark.filterwarnings("ignore:__array__ implementation doesn't accept a copy keyword")
some_of_the_grid = pytest.mark.parametrize("sizes", [*SEQUENCES[::17], "7-2-13-1", "13-7-1-2", "2-13-7-13"])


@pytest.fixture(autouse=True)
def in_float64(monkeypatch):
    """Keras 3.15's matmul computes in float32 whatever it is asked for. Without that rule, it does as asked."""
    monkeypatch.setattr(dtypes, "BIT64_TO_BIT32_DTYPE", {})


def keras_states(kind, x, states, weights, **options):
    """h at every step, and the last states, of Keras's layer with these weights. Its batch comes first."""
    layer = kind(weights[1].shape[0], return_sequences=True, return_state=True, dtype="float64", **options)
    layer.build((x.shape[1], x.shape[0], x.shape[2]))
    layer.set_weights(weights)
    batch_first = keras.ops.convert_to_tensor(x.swapaxes(0, 1), "float64")
    h, *last = layer(batch_first, initial_state=states if len(states) > 1 else states[0])
    return [keras.ops.convert_to_numpy(array) for array in (keras.ops.swapaxes(h, 0, 1), *last)]


def blocks_z_r_h(array):
    """Keras's order of the GRU's blocks, from ours: r, z, n."""
    r, z, n = np.split(array, 3, axis=-1)
    return np.concatenate([z, r, n], axis=-1)


def assert_equal(ours, theirs):
    for mine, other in zip(ours, theirs, strict=True):
        assert other.dtype == np.float64
        assert relative_error(mine, other) < TOLERANCE


@some_of_the_grid
def test_simple_rnn_agrees_in_float64(sizes):
    T, N, D, H = sizes_of(sizes)
    x, h0, *weights = draw((T, N, D), (N, H), (D, H), (H, H), (H,))
    h, _ = rnn_forward(x, h0, *weights)
    assert_equal([h, h[-1]], keras_states(keras.layers.SimpleRNN, x, [h0], weights))


@some_of_the_grid
def test_lstm_agrees_in_float64_block_by_block(sizes):
    T, N, D, H = sizes_of(sizes)
    x, h0, c0, *weights = draw((T, N, D), (N, H), (N, H), (D, 4 * H), (H, 4 * H), (4 * H,))
    h, c, _ = lstm_forward(x, h0, c0, *weights)
    assert_equal([h, h[-1], c[-1]], keras_states(keras.layers.LSTM, x, [h0, c0], weights))


@some_of_the_grid
def test_gru_agrees_in_float64_with_its_gates_swapped_and_its_biases_stacked(sizes):
    T, N, D, H = sizes_of(sizes)
    x, h0, W_x, W_h, b_x, b_h = draw((T, N, D), (N, H), (D, 3 * H), (H, 3 * H), (3 * H,), (3 * H,))
    h, _ = gru_forward(x, h0, W_x, W_h, b_x, b_h)
    weights = [blocks_z_r_h(array) for array in (W_x, W_h, np.stack([b_x, b_h]))]
    assert_equal([h, h[-1]], keras_states(keras.layers.GRU, x, [h0], weights))


@some_of_the_grid
def test_gru_with_the_reset_gate_before_the_product_agrees_in_float64(sizes):
    T, N, D, H = sizes_of(sizes)
    x, h0, *weights = draw((T, N, D), (N, H), (D, 3 * H), (H, 3 * H), (3 * H,))
    h = gru_forward_reset_before(x, h0, *weights)
    weights = [blocks_z_r_h(array) for array in weights]
    assert_equal([h, h[-1]], keras_states(keras.layers.GRU, x, [h0], weights, reset_after=False))


@pytest.mark.parametrize(("D", "H"), [(4, 5), (1, 1), (13, 2)])
def test_parameters_are_as_many_as_kerass(D, H):
    layers = [keras.layers.SimpleRNN(H), keras.layers.LSTM(H), keras.layers.GRU(H),
              keras.layers.GRU(H, reset_after=False)]
    for layer in layers:
        layer.build((None, None, D))
    assert [layer.count_params() for layer in layers] == list(parameter_count(D, H))
