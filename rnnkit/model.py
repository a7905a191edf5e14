"""A sequence model: symbols or vectors in, one or more recurrent layers, a linear readout at every step; and its file.

T time steps, N sequences in a batch, D input size, H hidden size, V outputs. Time first.
"""

import json
import reprlib
import zipfile

import numpy as np

from rnnkit.layers import GRU, LSTM, RNN, Embedding, Readout, expect_ids

CELLS = {"RNN": RNN, "LSTM": LSTM, "GRU": GRU}
HEADER = "rnnkit"   # the entry of a weights file that says which model the arrays are of


class SequenceModel:
    """Recurrent layers between an input and a linear readout: y_t = h_t W_y + b_y, h_t from all inputs up to x_t.

    Symbols, (T, N) whole numbers from 0 to inputs - 1, enter as one-hot vectors, or as vectors of an embedding.
    Vectors, (T, N, inputs), enter as they are. A second layer's input is the first one's h.

    inputs: how many symbols there are, or the size of the vectors. H: the hidden size of every layer. outputs: V.
    rng: a numpy.random.Generator. cells: "RNN", "LSTM" or "GRU", or several such names, one for each layer from below.
    embedding: the size of the embedding's vectors, or None for one-hot vectors. dtype: of parameters and results.
    Raises ValueError where a size is not positive or there is no such cell.
    """

    def __init__(self, inputs, H, outputs, rng, cells="RNN", embedding=None, dtype=np.float32):
        cells = (cells,) if isinstance(cells, str) else tuple(cells)
        if not cells or not CELLS.keys() >= {*cells}:
            raise ValueError(f"SequenceModel: cells are {cells}; one of {', '.join(CELLS)} for each layer was "
                             f"expected.")
        self.sizes = {"inputs": inputs, "H": H, "outputs": outputs, "cells": list(cells), "embedding": embedding}
        self.dtype = np.dtype(dtype)
        self.embedding = Embedding(inputs, embedding, rng, dtype) if embedding else None
        below = [embedding or inputs] + [H] * (len(cells) - 1)
        self.recurrent = [CELLS[cell](D, H, rng, dtype=dtype) for cell, D in zip(cells, below, strict=True)]
        self.readout = Readout(H, outputs, rng, dtype)

    @property
    def layers(self):
        """Every layer by name, from the input to the output."""
        below = {"embedding": self.embedding} if self.embedding else {}
        return {**below, **{f"layer_{k}": layer for k, layer in enumerate(self.recurrent, 1)}, "readout": self.readout}

    def parameters(self):
        """Every parameter under the names of its layer and of its equation, as in "layer_1.W_h": the arrays themselves.

        An optimizer changes them in place.
        """
        return {f"{where}.{name}": array for where, layer in self.layers.items()
                for name, array in layer.parameters().items()}

    def gradients(self):
        """The gradients that the last `backward` kept, under the names of the parameters.

        Raises ValueError before any backward pass.
        """
        return {f"{where}.{name}": array for where, layer in self.layers.items()
                for name, array in layer.gradients().items()}

    def forward(self, x, state=None):
        """Run the model over a sequence.

        x: (T, N), symbols, or (T, N, inputs), vectors. state: what a forward pass over the steps before returned, or
        None to begin with zeros.
        Returns the outputs (T, N, V), and the state after the last step: for each layer a tuple with h (N, H), and for
        an LSTM also c (N, H). Raises ValueError where shapes or symbols do not fit the model.
        """
        if state is None:
            state = [()] * len(self.recurrent)
        if len(state) != len(self.recurrent):
            raise ValueError(f"SequenceModel.forward: the state is of {len(state)} layers; the model has "
                             f"{len(self.recurrent)}.")
        h, after = self.enter(np.asarray(x)), []
        for layer, before in zip(self.recurrent, state, strict=True):
            states = layer.forward(h, *before)
            states = states if isinstance(states, tuple) else (states,)
            h = states[0]
            after.append(tuple(every[-1] for every in states))
        return self.readout.forward(h), after

    def enter(self, x):
        """What the first recurrent layer is given."""
        inputs = self.sizes["inputs"]
        if x.ndim == 3 and x.dtype.kind == "f" and self.embedding is None:
            return x.astype(self.dtype, copy=False)
        if x.ndim != 2:
            vectors = f", or vectors (T, N, {inputs})" if self.embedding is None else ""
            raise ValueError(f"SequenceModel.forward: x has shape {x.shape} and dtype {x.dtype}; whole numbers (T, N) "
                             f"from 0 to {inputs - 1}{vectors} were expected.")
        if self.embedding:
            return self.embedding.forward(x)
        return one_hot(x, inputs, self.dtype)

    def backward(self, dy):
        """Go back over the last forward pass, and keep the gradient of every parameter.

        dy: (T, N, V), the upstream gradient of every output. The states' gradients end at the first step: backward
        passes over consecutive windows, with the state carried between forward passes, are backpropagation truncated
        at the windows' borders. Raises ValueError where shapes disagree, and before any forward pass.
        """
        dh = self.readout.backward(np.asarray(dy, self.dtype))
        for layer in reversed(self.recurrent):
            dh, *_ = layer.backward(dh)
        if self.embedding:
            self.embedding.backward(dh)

    def save(self, path, dtype=None):
        """Write the parameters, and which model they are of, to a file in NumPy's .npz format.

        path: a file's name, ending in .npz. dtype: to store them in, such as np.float16, which keeps three digits in
        half the space of float32; or None for the model's own.
        """
        arrays = {name: array.astype(dtype or array.dtype) for name, array in self.parameters().items()}
        with open(path, "wb") as file:
            np.savez_compressed(file, **{HEADER: np.array(json.dumps(self.sizes)), **arrays})

    def load(self, path):
        """Fill the parameters from a file that `save` wrote for a model of the same layers and sizes.

        Raises ValueError where the file is no such file, or of another model; then nothing has been changed.
        """
        sizes, arrays = _read(path)
        if sizes != self.sizes:
            differ = "; ".join(f"{name} is {reprlib.repr(sizes.get(name))} there and {value!r} here"
                               for name, value in self.sizes.items() if sizes.get(name) != value)
            raise ValueError(f"{path} holds the weights of another model: {differ}.")
        self._fill(path, arrays)

    @classmethod
    def from_file(cls, path, dtype=np.float32):
        """The model that `save` wrote to a file. Raises ValueError where the file is no such file."""
        sizes, arrays = _read(path)
        total = sum(array.size for array in arrays.values())
        try:
            squares = len(sizes["cells"]) * sizes["H"] ** 2
            if max(sizes["inputs"], sizes["outputs"], sizes["embedding"] or 1, squares) > total:
                raise ValueError(f"it holds {total} numbers, too few for its sizes.")
            model = cls(rng=np.random.default_rng(0), dtype=dtype, **sizes)
        except (TypeError, ValueError, KeyError, MemoryError) as error:
            raise ValueError(f"{path} names no model that can be made: {error}") from None
        model._fill(path, arrays)
        return model

    def _fill(self, path, arrays):
        parameters = self.parameters()
        if arrays.keys() != parameters.keys():
            raise ValueError(f"{path} should hold the arrays {', '.join(parameters)}; it holds {', '.join(arrays)}.")
        for name, parameter in parameters.items():
            array = arrays[name]
            if array.shape != parameter.shape or array.dtype.kind != "f" or not np.isfinite(array).all():
                raise ValueError(f"{path}: {name} should hold finite floats, {parameter.shape}; it has shape "
                                 f"{array.shape} and dtype {array.dtype}, or holds infinities.")
        for name, parameter in parameters.items():
            parameter[...] = arrays[name]


def one_hot(ids, V, dtype=np.float64):
    """One-hot vectors: x[t, n] has a 1 at ids[t, n] and zeros elsewhere. ids: (T, N). Returns x (T, N, V).

    Raises ValueError unless ids are whole numbers from 0 to V - 1.
    """
    return np.eye(V, dtype=dtype)[expect_ids("one_hot", ids, V)]


def _read(path):
    """The sizes and the arrays in a file that `save` wrote. Raises ValueError where it is another kind of file."""
    try:
        with open(path, "rb") as file, np.load(file, allow_pickle=False) as entries:
            arrays = dict(entries)
        sizes = json.loads(str(arrays.pop(HEADER)))
        if not isinstance(sizes, dict):
            raise TypeError("its header is no table of sizes")
    except FileNotFoundError:
        raise
    except (OSError, ValueError, TypeError, KeyError, EOFError, MemoryError, zipfile.BadZipFile) as error:
        raise ValueError(f"{path} is not a file of weights that SequenceModel.save wrote: {error}.") from None
    return sizes, arrays
