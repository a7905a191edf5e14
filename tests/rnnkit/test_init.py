"""Weight initialization: Glorot's spread, orthogonal matrices of every kind, and the layers that begin with them."""

import numpy as np
import pytest

from rnnkit import GRU, LSTM, RNN, glorot, orthogonal

LAYERS = pytest.mark.parametrize(("layer", "blocks"), [(RNN, 1), (LSTM, 4), (GRU, 3)], ids=["RNN", "LSTM", "GRU"])
SIZES = pytest.mark.parametrize("size", [1, 2, 7, 13, 200])


def rng():
    return np.random.default_rng(5)


@pytest.mark.parametrize(("inputs", "outputs"), [(1, 1), (2, 13), (300, 200), (200, 300)])
def test_glorots_entries_fill_their_bounds_evenly_with_the_stated_variance(inputs, outputs):
    generator, a = rng(), np.sqrt(6 / (inputs + outputs))
    entries = np.array([glorot(inputs, outputs, generator) for _ in range(50_000 // (inputs * outputs) + 1)])
    assert entries.shape[1:] == (inputs, outputs)
    assert -a <= entries.min() < -0.999 * a and 0.999 * a < entries.max() <= a
    assert entries.var() == pytest.approx(2 / (inputs + outputs), rel=0.02)
    assert abs(entries.mean()) < 0.02 * a


@SIZES
def test_orthogonal_matrix_keeps_every_length(size):
    Q = orthogonal(size, rng())
    assert np.abs(Q.T @ Q - np.eye(size)).max() < 1e-13


@pytest.mark.parametrize("size", [1, 2, 7, 13])
def test_orthogonal_matrix_is_a_rotation_as_often_as_a_reflection(size):
    generator = rng()
    determinants = np.array([np.linalg.det(orthogonal(size, generator)) for _ in range(1000)])
    assert np.allclose(np.abs(determinants), 1)
    assert 0.45 < np.mean(determinants > 0) < 0.55


@pytest.mark.parametrize("size", [2, 7])
def test_every_orthogonal_matrix_is_equally_likely(size):
    """Then an entry has mean 0 and variance 1/size wherever it stands. A bare QR leaves its signs on the diagonal."""
    generator = rng()
    matrices = np.array([orthogonal(size, generator) for _ in range(4000)])
    assert np.abs(matrices.mean(axis=0)).max() < 0.06
    np.testing.assert_allclose(matrices.var(axis=0), 1 / size, rtol=0.1)


@pytest.mark.parametrize("begin", [lambda size: glorot(size, 3, rng()), lambda size: glorot(3, size, rng()),
                                   lambda size: orthogonal(size, rng()), lambda size: LSTM(size, 3, rng()),
                                   lambda size: GRU(3, size, rng()),
                                   lambda size: RNN(size, 3, rng())],
                         ids=["glorot's inputs", "glorot's outputs", "orthogonal", "LSTM's inputs", "GRU's units",
                              "RNN's inputs"])
@pytest.mark.parametrize("size", [0, -2])
def test_size_that_is_not_positive_is_refused(begin, size):
    with pytest.raises(ValueError, match=f"a size should be a positive number of units; it is {size}"):
        begin(size)


@LAYERS
def test_every_block_of_a_layers_recurrent_weights_is_an_orthogonal_matrix_of_its_own(layer, blocks):
    H = 7
    parts = np.split(layer(5, H, rng()).W_h, blocks, axis=1)
    for k, Q in enumerate(parts):
        assert np.abs(Q.T @ Q - np.eye(H)).max() < 1e-13
        assert not any(np.allclose(Q, other) for other in parts[:k])


@LAYERS
def test_every_block_of_a_layers_input_weights_is_glorots_for_that_block(layer, blocks):
    D, H = 120, 80
    a = np.sqrt(6 / (D + H))
    for W in np.split(layer(D, H, rng()).W_x, blocks, axis=1):
        assert W.shape == (D, H)
        assert 0.99 * a < np.abs(W).max() <= a
        assert W.var() == pytest.approx(2 / (D + H), rel=0.05)


def test_biases_are_zero_but_for_the_lstms_forget_gate():
    rnn, gru, lstm = RNN(4, 6, rng()), GRU(4, 6, rng()), LSTM(4, 6, rng())
    assert not rnn.b.any() and not gru.b_x.any() and not gru.b_h.any()
    assert np.array_equal(lstm.b.reshape(4, 6), [[0] * 6, [1] * 6, [0] * 6, [0] * 6])


@LAYERS
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_layers_parameters_have_the_dtype_that_was_asked_for(layer, blocks, dtype):
    parameters = {name: value for name, value in vars(layer(4, 6, rng(), dtype=dtype)).items() if name != "cache"}
    assert {value.dtype for value in parameters.values()} == {np.dtype(dtype)}
    assert {value.shape[-1] for value in parameters.values()} == {blocks * 6}
