"""The three cells, as derived and as `rnnkit.fast` has them, beside PyTorch's, whose layout is the transpose."""

import itertools
from typing import NamedTuple

import numpy as np
import torch

import rnnkit
import rnnkit.fast
from rnnkit import relative_error

AWKWARD = (1, 2, 7, 13)
STEPS = ["-".join(map(str, sizes)) for sizes in itertools.product(AWKWARD, repeat=3)]
SEQUENCES = ["-".join(map(str, sizes)) for sizes in itertools.product(AWKWARD, repeat=4)]
TOLERANCE = 1e-10


def sizes_of(text):
    return map(int, text.split("-"))


def draw(*shapes, seed=0):
    rng = np.random.default_rng(seed)
    return [0.7 * rng.standard_normal(shape) for shape in shapes]


def leaf(array):
    return torch.tensor(array, requires_grad=True)


def assert_equal(ours, theirs):
    for mine, other in zip(ours, theirs, strict=True):
        assert mine.shape == other.shape
        assert relative_error(mine, other) < TOLERANCE


class Cell(NamedTuple):
    """A cell: how many blocks its weights have, the names of its states and of its biases, and where its passes are."""

    name: str
    blocks: int
    states: tuple
    biases: tuple
    module: object = rnnkit

    @property
    def label(self):
        return f"{self.module.__name__}-{self.name}"

    @property
    def parameters(self):
        return "W_x", "W_h", *self.biases

    def function(self, part):
        """Ours: `rnnkit.lstm_step` is the LSTM's "step"."""
        return getattr(self.module, f"{self.name.lower()}_{part}")

    def layer(self, D, H, seed=0):
        return getattr(rnnkit, self.name)(D, H, np.random.default_rng(seed))

    def draw(self, *sizes, seed=0):
        """x, the states, the parameters and the upstream gradients of a sequence (T, N, D, H) or of a step (N, D, H).

        After a sequence there is an upstream gradient for h at every step, and one for the last c.
        """
        *time, N, D, H = sizes
        x, W_x, W_h, dh = draw((*time, N, D), (D, self.blocks * H), (H, self.blocks * H), (*time, N, H), seed=seed)
        biases = draw(*[self.blocks * H] * len(self.biases), seed=seed + 1)
        states = draw(*[(N, H)] * len(self.states), seed=seed + 2)
        upstream = draw(*[(N, H)] * (len(self.states) - 1), seed=seed + 3)
        return x, states, [W_x, W_h, *biases], [dh, *upstream]

    def torchs(self, x, states, parameters, upstream):
        """What PyTorch returns for the same numbers, and its gradients, in our order and layout."""
        W_x, W_h, b, *b_h = parameters
        kind = self.name if x.ndim == 3 else f"{self.name}Cell"
        module = getattr(torch.nn, kind)(x.shape[-1], len(W_h), dtype=torch.float64)
        # Its two biases add up, but for the GRU's candidate. So the second is zero where we have one.
        with torch.no_grad():
            for theirs, value in zip(module.parameters(), [W_x.T, W_h.T, b, *(b_h or [0 * b])], strict=True):
                theirs.copy_(torch.from_numpy(value))
        inputs = [leaf(array) for array in (x, *states)]
        outputs = _sequence(module, *inputs) if x.ndim == 3 else _step(module, *inputs)
        torch.autograd.backward(outputs, [torch.from_numpy(gradient) for gradient in upstream])
        dW_x, dW_h, *db = (parameter.grad.numpy() for parameter in module.parameters())
        gradients = [*(tensor.grad.numpy() for tensor in inputs), dW_x.T, dW_h.T, *db[:len(self.biases)]]
        return [tensor.detach().numpy() for tensor in outputs], gradients


def _step(module, x, *states):
    after = module(x, *_together(states))
    return after if isinstance(after, tuple) else (after,)


def _sequence(module, x, *states):
    h, last = module(x, *_together([state[None] for state in states]))
    return (h, last[1][0]) if isinstance(last, tuple) else (h,)


def _together(states):
    """PyTorch's LSTM wants its two states as a pair."""
    return [tuple(states)] if len(states) == 2 else states


CELLS = [Cell("RNN", 1, ("h0",), ("b",)),
         Cell("LSTM", 4, ("h0", "c0"), ("b",)),
         Cell("GRU", 3, ("h0",), ("b_x", "b_h"))]
FAST = [cell._replace(module=rnnkit.fast) for cell in CELLS]


def listed(value):
    return list(value) if isinstance(value, tuple) else [value]
