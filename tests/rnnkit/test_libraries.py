"""PyTorch and Keras as witnesses: what they make of our arrays, and what is said where they are missing."""

import sys

import numpy as np
import pytest
from cells import TOLERANCE, draw

from rnnkit import available, gru_backward, gru_forward, libraries, parameter_count, relative_error

pytestmark = pytest.mark.filterwarnings("ignore:__array__ implementation doesn't accept a copy keyword")
T, N, D, H = 7, 3, 4, 5


@pytest.fixture
def arrays():
    """x, h0, W_x, W_h, b_x, b_h, dh."""
    return draw((T, N, D), (N, H), (D, 3 * H), (H, 3 * H), (3 * H,), (3 * H,), (T, N, H))


def z_r_n(array):
    r, z, n = np.split(array, 3, axis=-1)
    return np.concatenate([z, r, n], axis=-1)


def test_torch_gives_our_states_and_our_gradients_in_our_order(arrays):
    *inputs, dh = arrays
    h, cache = gru_forward(*inputs)
    h_torch, gradients = libraries.torch_gru(*inputs, dh)
    assert relative_error(h, h_torch) < TOLERANCE
    for mine, theirs in zip(gru_backward(dh, cache), gradients, strict=True):
        assert relative_error(mine, theirs) < TOLERANCE


def test_torch_tells_h0_and_a_square_matrix_of_weights_apart():
    """With N = H and D = 3H nothing but its role says which matrix is transposed."""
    *inputs, dh = draw((T, 4, 12), (4, 4), (12, 12), (4, 12), (12,), (12,), (T, 4, 4))
    _, cache = gru_forward(*inputs)
    _, gradients = libraries.torch_gru(*inputs, dh)
    for mine, theirs in zip(gru_backward(dh, cache), gradients, strict=True):
        assert relative_error(mine, theirs) < TOLERANCE


def test_keras_gives_our_states_from_its_own_order_and_keeps_its_precision(arrays):
    keras = available("keras")
    x, h0, W_x, W_h, b_x, b_h, _ = arrays
    before = keras.config.floatx()
    libraries.parameters_in("keras", D, H)      # Keras settles on a precision with its first layer
    h = libraries.keras_gru(x, h0, *map(z_r_n, (W_x, W_h, np.stack([b_x, b_h]))))
    assert relative_error(gru_forward(x, h0, W_x, W_h, b_x, b_h)[0], h) < TOLERANCE
    assert keras.config.floatx() == before


def test_counts_of_the_layers_are_ours_and_in_pytorch_a_bias_more():
    ours = dict(zip(("rnn", "lstm", "gru", "gru before"), parameter_count(D, H), strict=True))
    assert libraries.parameters_in("keras", D, H) == ours
    assert libraries.parameters_in("torch", D, H) == {"rnn": ours["rnn"] + H, "lstm": ours["lstm"] + 4 * H,
                                                      "gru": ours["gru"]}


def test_a_missing_package_is_named_and_the_lesson_goes_on(arrays, monkeypatch, capsys):
    monkeypatch.setitem(sys.modules, "torch", None)
    monkeypatch.setitem(sys.modules, "keras", None)
    assert libraries.torch_gru(*arrays) is None
    assert libraries.keras_gru(*arrays[:4], np.stack(arrays[4:6])) is None
    assert libraries.parameters_in("torch", D, H) == libraries.parameters_in("keras", D, H) == {}
    said = capsys.readouterr().out
    assert "This needs torch" in said and "This needs keras" in said
