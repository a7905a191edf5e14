"""How long a forward and a backward pass take: rnnkit's plain and fast ones beside PyTorch's, on one core.

    make bench

Single precision, one thread, every gradient. Each figure is PyTorch's processor time divided by ours, so above 1 we
are faster: the median of pairs that ran one right after the other. Before anything is timed, the two have to agree.
"""

import os

os.environ |= {name: "1" for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")}

import statistics
import time

import torch
from cells import CELLS, FAST, leaf
from rich.console import Console
from rich.table import Table

from rnnkit import relative_error

SIZES = ((20, 16, 8, 16), (50, 32, 64, 128), (100, 1, 64, 128), (30, 8, 256, 512), (128, 64, 256, 512))
SECONDS, FEWEST, MOST = 2.0, 5, 51  # for each size, and how many pairs that makes


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
    Console().print(table)


if __name__ == "__main__":
    main()
