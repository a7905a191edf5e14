"""Embedding and readout are PyTorch's, parameters and gradients have the same names, and misuse is named."""

import numpy as np
import pytest
import torch
from cells import assert_equal, draw, leaf

from rnnkit import GRU, LSTM, RNN, Embedding, Readout, fast, layers, numerical_gradient, readout, relative_error
from rnnkit.layers import embed_backward

T, N, D, H, V = 6, 3, 4, 5, 7
RECURRENT = pytest.mark.parametrize("layer", [RNN, LSTM, GRU])


def rng():
    return np.random.default_rng(0)


def ids():
    """Each symbol several times, also within a step."""
    return rng().integers(0, V, (T, N))


@RECURRENT
def test_recurrent_layers_run_by_the_fast_passes(layer):
    for part in ("forward", "backward"):
        name = f"{layer.__name__.lower()}_{part}"
        assert vars(layers)[name] is getattr(fast, name)


@pytest.mark.parametrize("make", [lambda: RNN(D, H, rng()), lambda: LSTM(D, H, rng()), lambda: GRU(D, H, rng()),
                                  lambda: Readout(D, V, rng())])
def test_gradients_have_the_names_and_the_shapes_of_the_parameters(make):
    layer = make()
    with pytest.raises(ValueError, match="gradients: there are none before a backward pass"):
        layer.gradients()
    with pytest.raises(ValueError, match="call forward first"):
        layer.backward(np.ones((T, N, H)))
    out = layer.forward(draw((T, N, D))[0])
    layer.backward(np.ones_like(out[0] if isinstance(out, tuple) else out))
    parameters, gradients = layer.parameters(), layer.gradients()
    assert [*gradients] == [*parameters] and all(gradients[name] is vars(layer)[f"d{name}"] for name in gradients)
    assert all(gradients[name].shape == parameters[name].shape for name in parameters)
    assert all(parameters[name] is vars(layer)[name] for name in parameters)


def test_embedding_is_the_product_of_one_hot_vectors_with_its_weights_and_so_is_its_gradient():
    layer, (dx,), one_hot = Embedding(V, D, rng()), draw((T, N, D)), np.eye(V)[ids()]
    assert np.array_equal(layer.forward(ids()), one_hot @ layer.W)
    layer.backward(dx)
    assert relative_error(layer.gradients()["W"], np.einsum("tnv,tnd->vd", one_hot, dx)) < 1e-14


def test_embeddings_gradient_is_autograds():
    layer, (dx,) = Embedding(V, D, rng()), draw((T, N, D))
    W = leaf(layer.W)
    torch.nn.functional.embedding(torch.from_numpy(ids()), W).backward(torch.from_numpy(dx))
    assert_equal([embed_backward(ids(), dx, V)], [W.grad.numpy()])


def test_readout_and_its_gradients_are_autograds():
    layer, (h, dy) = Readout(H, V, rng()), draw((T, N, H), (T, N, V))
    layer.b_y += 0.3
    inputs = [leaf(array) for array in (h, layer.W_y, layer.b_y)]
    y = inputs[0] @ inputs[1] + inputs[2]
    y.backward(torch.from_numpy(dy))
    assert_equal([layer.forward(h), readout(h, layer.W_y, layer.b_y)], [y.detach().numpy()] * 2)
    assert_equal([layer.backward(dy), *layer.gradients().values()], [each.grad.numpy() for each in inputs])


def test_readouts_gradients_are_the_numerical_ones():
    layer, (h, dy) = Readout(H, V, rng()), draw((T, N, H), (T, N, V))
    layer.forward(h)
    dh = layer.backward(dy)
    assert relative_error(dh, numerical_gradient(lambda h: np.sum(dy * layer.forward(h)), h)) < 1e-8


@pytest.mark.parametrize("given", [np.array([[0, V]]), np.array([[-1, 2]]), np.array([[0.0, 1.0]])], ids=str)
def test_ids_that_are_none_are_refused(given):
    with pytest.raises(ValueError, match=f"ids should be .*from 0 to {V - 1}"):
        Embedding(V, D, rng()).forward(given)
    with pytest.raises(ValueError, match=f"ids should be .*from 0 to {V - 1}"):
        embed_backward(given, np.ones((1, 2, D)), V)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_embedding_and_readout_keep_their_dtype(dtype):
    embedding, out = Embedding(V, D, rng(), dtype), Readout(D, V, rng(), dtype)
    y = out.forward(embedding.forward(ids()))
    embedding.backward(out.backward(y))
    for layer in (embedding, out):
        arrays = [y, *layer.parameters().values(), *layer.gradients().values()]
        assert {array.dtype for array in arrays} == {np.dtype(dtype)}


@pytest.mark.parametrize(("sizes", "layer"), [((0, 3), Embedding), ((3, 0), Embedding), ((0, 3), Readout)])
def test_a_size_that_is_not_positive_is_refused(sizes, layer):
    with pytest.raises(ValueError, match="a size should be a positive number of units; it is 0"):
        layer(*sizes, rng())


def test_embeddings_vectors_begin_as_standard_normal_numbers():
    W = Embedding(200, 100, rng()).W
    assert abs(W.mean()) < 0.02 and abs(W.std() - 1) < 0.02


def after_forward(layer, given):
    layer.forward(given)
    return layer


@pytest.mark.parametrize(("call", "words"), [
    (lambda: Readout(H, V, rng()).forward(np.ones((T, N, H + 1))), r"h has shape \(6, 3, 6\).*W_y has shape \(5, 7\)"),
    (lambda: Readout(H, V, rng()).forward(np.ones((T, H))), r"h has shape \(6, 5\)"),
    (lambda: after_forward(Readout(H, V, rng()), np.ones((T, N, H))).backward(np.ones((T, N, V + 1))), "dy has shape"),
    (lambda: after_forward(Readout(H, V, rng()), np.ones((T, N, H))).backward(np.ones((T + 1, N, V))), "dy has shape"),
    (lambda: after_forward(Embedding(V, D, rng()), ids()).backward(np.ones((T, N, D + 1))), "dx has shape"),
    (lambda: after_forward(Embedding(V, D, rng()), ids()).backward(np.ones((N, T, D))), "dx has shape"),
    (lambda: embed_backward(ids(), np.ones((T, N + 1, D)), V), "has shape"),
    (lambda: embed_backward(ids()[0], np.ones((T, N, D)), V), r"ids has shape \(3,\)"),
])
def test_shapes_that_disagree_are_refused(call, words):
    with pytest.raises(ValueError, match=words):
        call()
