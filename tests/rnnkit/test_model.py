"""A sequence model: its gradients as a whole, what truncation cuts, and its file."""

import io
import json
import zipfile

import numpy as np
import pytest
import torch
from cells import TOLERANCE, draw

from rnnkit import SequenceModel, numerical_gradient, relative_error
from rnnkit.losses import cross_entropy, mean_squared_error
from rnnkit.model import one_hot

T, N, V, H, OUTPUTS = 6, 3, 5, 4, 7
KINDS = {
    "RNN": {}, "LSTM": {"cells": "LSTM"}, "GRU": {"cells": "GRU"},
    "RNN, embedding": {"embedding": 3}, "LSTM, LSTM": {"cells": ("LSTM", "LSTM"), "embedding": 2},
    "GRU, RNN, LSTM": {"cells": ("GRU", "RNN", "LSTM")},
}
every_kind = pytest.mark.parametrize("kind", KINDS.values(), ids=KINDS)


def network(kind=None, dtype=np.float64, seed=0, **sizes):
    """A model whose biases are random numbers too."""
    sizes = {"inputs": V, "H": H, "outputs": OUTPUTS, **sizes, **(kind or {})}
    model = SequenceModel(rng=np.random.default_rng(seed), dtype=dtype, **sizes)
    for name, array in model.parameters().items():
        if ".b" in name:
            array += np.random.default_rng(1).standard_normal(array.shape) / 2
    return model


def batch(seed=0, steps=T):
    rng = np.random.default_rng(seed)
    return rng.integers(0, V, (steps, N)), rng.integers(0, OUTPUTS, (steps, N)), rng.random((steps, N)) < 0.7


def loss_and_gradients(model, state=None):
    x, targets, mask = batch()
    y, _ = model.forward(x, state)
    loss, dy = cross_entropy(y, targets, mask)
    model.backward(dy)
    return loss, model.gradients()


def states(model):
    """Random states, as an earlier forward pass returns them."""
    return model.forward(batch(seed=5)[0])[1]


@every_kind
def test_gradients_are_the_numerical_ones_as_a_whole(kind):
    model = network(kind)
    state = states(model)
    _, gradients = loss_and_gradients(model, state)
    gradients = {name: gradient.copy() for name, gradient in gradients.items()}
    assert [*gradients] == [*model.parameters()]
    for name, parameter in model.parameters().items():
        kept = parameter.copy()

        def loss(value, parameter=parameter):
            parameter[...] = value
            return loss_and_gradients(model, state)[0]

        assert relative_error(gradients[name], numerical_gradient(loss, kept)) < 1e-7, name
        parameter[...] = kept


class Theirs(torch.nn.Module):
    """The same model in PyTorch, with the same weights."""

    def __init__(self, model):
        super().__init__()
        self.embedding = model.sizes["embedding"]
        parameters = iter(model.parameters().values())
        self.W = torch.nn.Parameter(torch.tensor(next(parameters))) if self.embedding else None
        self.stack = torch.nn.ModuleList()
        for cell in model.sizes["cells"]:
            W_x, W_h, b, *b_h = (next(parameters) for _ in range(4 if cell == "GRU" else 3))
            layer = getattr(torch.nn, cell)(len(W_x), len(W_h), dtype=torch.float64)
            for theirs, ours in zip(layer.parameters(), [W_x.T, W_h.T, b, *(b_h or [0 * b])], strict=True):
                theirs.data = torch.tensor(ours)
            layer.ours = 4 if b_h else 3
            self.stack.append(layer)
        self.W_y, self.b_y = (torch.nn.Parameter(torch.tensor(next(parameters))) for _ in range(2))

    def forward(self, ids, state):
        one_hots = torch.nn.functional.one_hot(ids, V).double()
        h = one_hots @ self.W if self.embedding else one_hots
        for layer, before in zip(self.stack, state, strict=True):
            before = tuple(torch.from_numpy(each)[None] for each in before)
            h, _ = layer(h, before if len(before) > 1 else before[0])
        return h @ self.W_y + self.b_y

    def gradients(self):
        below = [self.W.grad] if self.embedding else []
        recurrent = [p for layer in self.stack for p in [*layer.parameters()][:layer.ours]]
        middle = [p.grad.T if p.ndim == 2 else p.grad for p in recurrent]
        return [gradient.numpy() for gradient in [*below, *middle, self.W_y.grad, self.b_y.grad]]


@every_kind
def test_outputs_loss_and_gradients_are_pytorchs(kind):
    model = network(kind)
    state, (x, targets, mask), theirs = states(model), batch(), Theirs(model)
    y = theirs(torch.from_numpy(x), state)
    loss = torch.nn.functional.cross_entropy(y[torch.from_numpy(mask)], torch.from_numpy(targets[mask]))
    loss.backward()
    ours, gradients = loss_and_gradients(model, state)
    assert relative_error(model.forward(x, state)[0], y.detach().numpy()) < TOLERANCE
    assert abs(ours - loss.item()) < TOLERANCE
    for (name, mine), other in zip(gradients.items(), theirs.gradients(), strict=True):
        assert mine.shape == other.shape and relative_error(mine, other) < TOLERANCE, name


@every_kind
def test_one_long_pass_is_several_with_the_state_carried(kind):
    model, (x, *_) = network(kind), batch(steps=9)
    whole, last = model.forward(x)
    state, parts = None, []
    for window in (x[:4], x[4:5], x[5:]):
        y, state = model.forward(window, state)
        parts.append(y)
    np.testing.assert_allclose(np.concatenate(parts), whole, rtol=1e-12)
    for mine, other in zip(state, last, strict=True):
        np.testing.assert_allclose(mine, other, rtol=1e-12)
    assert [len(each) for each in last] == [2 if cell == "LSTM" else 1 for cell in model.sizes["cells"]]


def windowed(model, x, targets, window):
    """The gradients of all windows, added up, with the state carried and the gradient cut at each border."""
    state, total = None, None
    for k in range(0, len(x), window):
        y, state = model.forward(x[k:k + window], state)
        _, dy = cross_entropy(y, targets[k:k + window])
        model.backward(dy * (len(y) / len(x)))
        gradients = [*model.gradients().values()]
        total = gradients if total is None else [a + b for a, b in zip(total, gradients, strict=True)]
    return total


@every_kind
def test_a_window_that_covers_the_sequence_gives_the_whole_gradient_and_a_shorter_one_another(kind):
    model, (x, targets, _) = network(kind), batch(steps=12)
    y, _ = model.forward(x)
    model.backward(cross_entropy(y, targets)[1])
    whole = [*model.gradients().values()]
    errors = {window: max(map(relative_error, windowed(model, x, targets, window), whole)) for window in (12, 20, 6)}
    assert errors[12] == errors[20] == 0 and errors[6] > 1e-3


def test_vectors_enter_as_they_are_and_one_hot_vectors_are_symbols():
    model, (x, *_) = network(), batch()
    assert np.array_equal(model.forward(one_hot(x, V))[0], model.forward(x)[0])
    assert np.array_equal(one_hot(x, V).argmax(axis=2), x) and one_hot(x, V).sum() == T * N
    vectors, targets = draw((T, N, V), (T, N, OUTPUTS))
    y, _ = model.forward(vectors)
    model.backward(mean_squared_error(y, targets)[1])
    assert model.gradients()["layer_1.W_x"].any()


@every_kind
def test_in_single_precision_everything_is(kind):
    model = network(kind, np.float32)
    y, state = model.forward(batch()[0])
    model.backward(np.ones_like(y, dtype=np.float64))
    arrays = [y, *(each for layer in state for each in layer), *model.parameters().values(),
              *model.gradients().values()]
    assert {array.dtype for array in arrays} == {np.dtype(np.float32)}


@pytest.mark.parametrize(("call", "words"), [
    (lambda: network(cells="Elman"), "one of RNN, LSTM, GRU for each layer"),
    (lambda: network(cells=()), "one of RNN, LSTM, GRU for each layer"),
    (lambda: network(H=0), "positive number of units"),
    (lambda: network().forward(np.ones((T, N), int) * V), "ids should be from 0 to 4"),
    (lambda: network().forward(np.ones(T, int)), r"x has shape \(6,\).*\(T, N\) from 0 to 4, or vectors \(T, N, 5\)"),
    (lambda: network(embedding=3).forward(np.ones((T, N, V))), r"whole numbers \(T, N\) from 0 to 4 were expected"),
    (lambda: network().forward(np.ones((T, N, V + 1))), "x has shape"),
    (lambda: network().forward(batch()[0], states(network(KINDS["LSTM, LSTM"]))), "the state is of 2 layers"),
    (lambda: network().backward(np.ones((T, N, OUTPUTS))), "call forward first"),
    (lambda: network().gradients(), "none before a backward pass"),
])
def test_misuse_is_named(call, words):
    with pytest.raises(ValueError, match=words):
        call()


@every_kind
@pytest.mark.parametrize(("dtype", "error"), [(None, 0), (np.float16, 1e-3)])
def test_a_file_gives_the_model_back(kind, dtype, error, tmp_path):
    model, path = network(kind, np.float32), tmp_path / "weights.npz"
    model.save(path, dtype)
    other = network(kind, np.float32, seed=9)
    other.load(path)
    new = SequenceModel.from_file(path)
    assert new.sizes == model.sizes and new.dtype == np.float32
    for again in (other, new):
        for name, array in model.parameters().items():
            assert again.parameters()[name].dtype == np.float32
            assert relative_error(array, again.parameters()[name]) <= error


def test_float16_takes_half_the_space(tmp_path):
    model, sizes = network(H=64, dtype=np.float32), []
    for dtype in (None, np.float16):
        model.save(tmp_path / "weights.npz", dtype)
        sizes.append((tmp_path / "weights.npz").stat().st_size)
    assert sizes[1] < 0.55 * sizes[0]


@pytest.mark.parametrize(("other", "words"), [
    ({"cells": "LSTM"}, r"cells is \['LSTM'\] there and \['RNN'\] here"),
    ({"cells": ("RNN", "RNN")}, "cells is"),
    ({"H": 5}, "H is 5 there and 4 here"),
    ({"outputs": 3}, "outputs is 3 there and 7 here"),
    ({"embedding": 2}, "embedding is 2 there and None here"),
])
def test_weights_of_another_model_are_refused_and_change_nothing(other, words, tmp_path):
    network(**other).save(tmp_path / "weights.npz")
    model = network()
    before = {name: array.copy() for name, array in model.parameters().items()}
    with pytest.raises(ValueError, match=f"holds the weights of another model: .*{words}"):
        model.load(tmp_path / "weights.npz")
    assert all(np.array_equal(before[name], array) for name, array in model.parameters().items())


def written(path, **changes):
    """A weights file with some of its entries replaced, or left out where they are None."""
    network().save(path)
    with np.load(path) as file:
        entries = {**dict(file), **changes}
    np.savez(path, **{name: value for name, value in entries.items() if value is not None})


def sizes(**changes):
    return np.array(json.dumps({**network().sizes, **changes}))


def one_array():
    """The bytes of an .npy file."""
    np.save(file := io.BytesIO(), np.ones(3))
    return file.getvalue()


BAD = {
    "empty": lambda path: path.write_bytes(b""),
    "text": lambda path: path.write_text("these are no weights"),
    "a zip": lambda path: zipfile.ZipFile(path, "w").writestr("note.txt", "hello"),
    "one array": lambda path: path.write_bytes(one_array()),
    "pickle": lambda path: np.savez(path, rnnkit=np.array([{"a": 1}], object)),
    "cut short": lambda path: (network().save(path), path.write_bytes(path.read_bytes()[:-200])),
    "other arrays": lambda path: np.savez(path, weights=np.ones(3)),
    "no header": lambda path: written(path, rnnkit=None),
    "a header of another kind": lambda path: written(path, rnnkit=np.array("[1, 2]")),
    "a header that is no JSON": lambda path: written(path, rnnkit=np.array("{")),
    "a missing array": lambda path: written(path, **{"layer_1.W_h": None}),
    "an array too many": lambda path: written(path, more=np.ones(3)),
    "another shape": lambda path: written(path, **{"layer_1.W_h": np.ones((H, H + 1))}),
    "whole numbers": lambda path: written(path, **{"layer_1.W_h": np.ones((H, H), int)}),
    "no numbers": lambda path: written(path, **{"layer_1.b": np.full(H, np.nan)}),
    "a size that is a lie": lambda path: written(path, rnnkit=sizes(H=10 ** 9)),
    "layers that are a lie": lambda path: written(path, rnnkit=sizes(cells=["RNN"] * 10 ** 6)),
    "a size that is a word": lambda path: written(path, rnnkit=sizes(H="many")),
    "a size that is half": lambda path: written(path, rnnkit=sizes(H=3.5)),
    "a size below zero": lambda path: written(path, rnnkit=sizes(H=-4)),
    "an unknown cell": lambda path: written(path, rnnkit=sizes(cells=["Elman"])),
    "cells that are no list": lambda path: written(path, rnnkit=sizes(cells=3)),
    "an unknown size": lambda path: written(path, rnnkit=sizes(dropout=0.5)),
    "a folder": lambda path: path.mkdir(),
}


@pytest.mark.parametrize("write", BAD.values(), ids=BAD)
def test_a_file_that_is_none_is_refused_by_name_and_changes_nothing(write, tmp_path):
    path = tmp_path / "weights.npz"
    write(path)
    model = network()
    before = {name: array.copy() for name, array in model.parameters().items()}
    for read in (SequenceModel.from_file, model.load):
        with pytest.raises(ValueError, match=r"weights\.npz"):
            read(path)
    assert all(np.array_equal(before[name], array) for name, array in model.parameters().items())


def test_a_file_that_is_not_there_is_not_found(tmp_path):
    with pytest.raises(FileNotFoundError):
        SequenceModel.from_file(tmp_path / "weights.npz")
