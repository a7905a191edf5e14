"""Tasks that are generated: echo, with numbers and with symbols. T steps, N sequences in a batch, V symbols."""

import numpy as np


def echo(rng, delay=1, T=8, N=32, updates=600):
    """Batches of the echo task: say at each step what was heard `delay` steps before, and zero until then.

    The mean squared error is 0 for a perfect model. One that always says 0 has 1/3, the variance of U(-1, 1), at every
    step that has something to say: (T - delay) / (3 T) over all of them. Without memory there is nothing better.

    rng: a numpy.random.Generator. Yields x and target, each (T, N, 1), x from U(-1, 1).
    """
    for _ in range(updates):
        x = rng.uniform(-1, 1, (T, N, 1))
        yield x, np.concatenate([np.zeros((delay, N, 1)), x])[:T]


def echo_symbols(rng, delay, T, N, V):
    """A batch of the echo task with symbols: at step t, name the symbol of step t - delay.

    The cross-entropy is 0 for a perfect model, and log V, log2 V in bits, for one without memory of `delay` steps,
    because every symbol is as likely as any other.

    rng: a numpy.random.Generator. delay: from 1 to T - 1. V: how many symbols.
    Returns ids, targets and the mask, each (T, N). The mask is False for the first `delay` steps, which have nothing to
    name. Raises ValueError where a delay leaves nothing to name.
    """
    if not 1 <= delay < T:
        raise ValueError(f"echo_symbols: the delay is {delay}; for T = {T} it should be from 1 to {T - 1}.")
    ids = rng.integers(0, V, (T, N))
    mask = np.arange(T)[:, None].repeat(N, axis=1) >= delay
    return ids, np.roll(ids, delay, axis=0) * mask, mask


def windows(T, *arrays):
    """A long batch in consecutive windows of T steps, for a model that carries its state from each to the next.

    T: the length of a window; the last one may be shorter. arrays: each (steps, ...), such as ids, targets and a mask.
    Returns a list of tuples of arrays. Raises ValueError where the arrays have different lengths or T is not positive.
    """
    if T < 1 or len({len(array) for array in arrays}) != 1:
        raise ValueError(f"windows: arrays of one length, and windows of at least one step, were expected; T is {T}, "
                         f"the lengths are {', '.join(str(len(array)) for array in arrays)}.")
    return [tuple(array[t:t + T] for array in arrays) for t in range(0, len(arrays[0]), T)]
