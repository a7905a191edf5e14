"""How long a forward and a backward pass take, and an epoch of training: rnnkit's beside PyTorch's, on one core.

    make bench

Single precision, one thread, every gradient. Each figure is PyTorch's processor time divided by ours, so above 1 we
are faster: the median of pairs that ran one right after the other. Before anything is timed, the two have to agree.
"""

import os

os.environ |= {name: "1" for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")}

import statistics
import time

import numpy as np
import torch
from cells import CELLS, FAST, leaf
from rich.console import Console
from rich.table import Table

from rnnkit import SequenceModel, relative_error, tasks
from rnnkit.optim import Adam
from rnnkit.training import descend

SIZES = ((20, 16, 8, 16), (50, 32, 64, 128), (100, 1, 64, 128), (30, 8, 256, 512), (128, 64, 256, 512))
SECONDS, FEWEST, MOST = 2.0, 5, 51  # for each size, and how many pairs that makes
H, N, T, RATE = 128, 32, 64, 3e-3   # lesson 05's model: one recurrent layer over one-hot characters, trained with Adam


def passes(cell, x, states, parameters, upstream):
    """A function that goes forward and back once, and returns the states and dx."""
    def run():
        h, *_, cache = cell.function("forward")(x, *states, *parameters)
        return h, cell.function("backward")(*upstream, cache)[0]

    return run


def torchs(cell, x, states, upstream):
    """PyTorch's layer as a function that goes forward and back once, and its parameters. It has no gradient for c."""
    module = getattr(torch.nn, cell.name)(x.shape[-1], states[0].shape[-1])
    x, states = leaf(x), [leaf(state[None]) for state in states]

    def run():
        h, _ = module(x, tuple(states) if len(states) > 1 else states[0])
        x.grad = None
        h.backward(torch.from_numpy(upstream[0]))
        return h.detach().numpy(), x.grad.numpy()

    return run, list(module.parameters())


def ratio(ours, theirs):
    """PyTorch's time divided by ours: the median over pairs of runs."""
    ratios, started = [], time.monotonic()
    while len(ratios) < FEWEST or (len(ratios) < MOST and time.monotonic() - started < SECONDS):
        begin = time.process_time()
        theirs()
        between = time.process_time()
        ours()
        ratios.append((between - begin) / (time.process_time() - between))
    return statistics.median(ratios)


def compare(plain, fast, sizes):
    x, states, _, upstream = plain.draw(*sizes)
    x, *states, dh = (array.astype("float32") for array in (x, *states, upstream[0]))
    upstream = [dh, *(0 * dh[-1] for _ in upstream[1:])]
    theirs, weights = torchs(plain, x, states, upstream)
    W_x, W_h, b, b_h = (weight.detach().numpy().T.copy() for weight in weights)
    parameters = [W_x, W_h, b, b_h] if len(plain.biases) == 2 else [W_x, W_h, b + b_h]
    both = [passes(cell, x, states, parameters, upstream) for cell in (plain, fast)]
    for ours in both:
        assert all(relative_error(*pair) < 1e-3 for pair in zip(ours(), theirs(), strict=True)), "they disagree"
    return [ratio(ours, theirs) for ours in both]


class Theirs(torch.nn.Module):
    """The model of lesson 05 in PyTorch, begun with the weights of ours, and its loop as a generator of losses."""

    def __init__(self, model):
        super().__init__()
        arrays = {name: torch.tensor(array.T) for name, array in model.parameters().items()}
        V, (cell,) = model.sizes["inputs"], model.sizes["cells"]
        self.recurrent, self.readout = getattr(torch.nn, cell)(V, H), torch.nn.Linear(H, V)
        b, *b_h = (array for name, array in arrays.items() if name.startswith("layer_1.b"))
        W_x, W_h, W_y, b_y = (arrays[name] for name in ("layer_1.W_x", "layer_1.W_h", "readout.W_y", "readout.b_y"))
        ours = [W_x, W_h, b, *(b_h or [0 * b]), W_y, b_y]
        with torch.no_grad():
            for parameter, array in zip(self.parameters(), ours, strict=True):
                parameter.copy_(array)

    def descend(self, batches):
        optimizer, state, V = torch.optim.Adam(self.parameters(), RATE), None, self.readout.out_features
        for x, y in batches:
            h, state = self.recurrent(torch.nn.functional.one_hot(torch.from_numpy(x), V).float(), state)
            state = tuple(each.detach() for each in state) if isinstance(state, tuple) else state.detach()
            loss = torch.nn.functional.cross_entropy(self.readout(h).reshape(-1, V), torch.from_numpy(y).reshape(-1))
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            yield loss.item()


def epoch(cell, batches, V):
    """The seconds of one epoch, ours and PyTorch's, update by update in turn. The first losses have to agree."""
    model = SequenceModel(V, H, V, np.random.default_rng(0), cells=cell)
    loops = descend(model, batches, Adam(RATE), carry=True), Theirs(model).descend(batches)
    seconds, losses = [0.0, 0.0], [[], []]
    for _ in batches:
        for k, loop in enumerate(loops):
            begin = time.process_time()
            losses[k].append(next(loop))
            seconds[k] += time.process_time() - begin
    first, *_ = zip(*losses, strict=True)       # PyTorch's RNN and LSTM have a second bias, and it moves as well
    assert np.allclose(*first, rtol=1e-5), "they disagree"
    return seconds


def training():
    text = tasks.text()
    V = len(text.vocabulary)
    batches = list(zip(*tasks.make_batches(tasks.encode(text.train, text.vocabulary), N, T), strict=True))
    table = Table("cell", "rnnkit, s", "PyTorch, s", "PyTorch's time / ours",
                  title=f"an epoch of training: {len(batches)} updates, H = {H}, N = {N}, T = {T}")
    for cell in CELLS:
        ours, theirs = epoch(cell.name, batches, V)
        table.add_row(cell.name, f"{ours:.1f}", f"{theirs:.1f}", f"{theirs / ours:.2f}")
    return table


def main():
    torch.set_num_threads(1)
    table = Table("cell", "T, N, D, H", "rnnkit", "rnnkit.fast", title="forward and backward: PyTorch's time / ours")
    for plain, fast in zip(CELLS, FAST, strict=True):
        found = []
        for sizes in SIZES:
            found.append(compare(plain, fast, sizes))
            table.add_row(plain.name, ", ".join(map(str, sizes)), *(f"{each:.2f}" for each in found[-1]))
        means = [statistics.geometric_mean(column) for column in zip(*found, strict=True)]
        table.add_row(plain.name, "geometric mean", *(f"{each:.2f}" for each in means), end_section=True)
    console = Console()
    console.print(table)
    console.print(training())


if __name__ == "__main__":
    main()
