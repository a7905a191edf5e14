"""Exercises that are right by what their results do: weights that make a cell remember, draws from a distribution.

Of such results many are right. So they are not compared themselves, but what becomes of them: the states of a cell that
runs on random strings with these weights, the frequencies of what was drawn. That is computed where an answer is
checked, from plain arrays, and never where a student's code runs.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np

from rnnkit.shapes import blocks

MOST_UNITS = 200    # that a student may choose


@dataclass(frozen=True)
class Behavior:
    """What results do, which is compared in their place: the outputs of an Exercise that has a Behavior.

    results: what the function returns, name -> axes, as in {"W_x": "1 K", "W_h": "K K"}. A number is a size; a letter
    that the exercise has no size for is the student's to choose, the same in all of them, at most MOST_UNITS.
    of: (case, results) -> name -> array, what they do.
    right: (case) -> name -> array, what they should do; None for what the reference's results do. An exercise whose
    answer is random says it: probabilities, say. Then its tolerance leaves room for chance, see `false_alarm`.
    says: (case, done, right) -> one sentence about the first thing that went wrong, "After 0 1 it shows 0, not 1."
    """

    results: dict
    of: Callable
    right: Callable = None
    says: Callable = None

    def seen(self, case, answer, sizes):
        """The Answer with what its results do; with a problem where their shapes, or their entries, are no results.

        sizes: the size of every letter that is not the student's to choose.
        """
        if answer.problem:
            return answer
        sizes = dict(sizes)
        problem = next(filter(None, (_trouble(name, answer.outputs[name], axes.split(), sizes)
                                     for name, axes in self.results.items())), "")
        if problem:
            return replace(answer, outputs={}, problem="type", text=problem)
        return replace(answer, outputs=self.of(case, answer.outputs))


def _trouble(name, array, axes, sizes):
    """What is wrong with the form of one result, a sentence or "". Notes in sizes what a student has chosen."""
    if array.ndim == len(axes):
        for axis, size in zip(axes, array.shape, strict=True):
            if not axis.isdigit() and size % blocks(axis) == 0 and 0 < size <= MOST_UNITS * blocks(axis):
                sizes.setdefault(axis[-1], size // blocks(axis))
    expected = tuple(int(axis) if axis.isdigit() else blocks(axis) * sizes[axis[-1]] if axis[-1] in sizes else axis
                     for axis in axes)
    if array.shape != expected:
        chosen = f", with 1 to {MOST_UNITS} units" if any(isinstance(size, str) for size in expected) else ""
        return f"{name} has shape {array.shape}; expected {str(expected).replace(chr(39), '')}{chosen}."
    if bad := np.count_nonzero(~np.isfinite(array)):
        return f"{name} is not finite: {bad} of {array.size} entries are NaN or infinite."
    return ""


def false_alarm(draws, off, compared=1):
    """At most how likely it is that, of some frequencies, one lies further than `off` from its probability by chance.

    Hoeffding's bound, 2 exp(-2 n off^2) for each. draws: n, behind each frequency. compared: how many there are, over
    all seeds and border cases of a check.
    """
    return 2 * compared * np.exp(-2 * draws * off ** 2)
