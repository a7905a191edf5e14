"""Which mistake is this? The wrong versions of the reference are run on the check's own inputs, and one whose numbers
are the answer's, everywhere, is named. First the known mistakes, then slips of the pen, then two of either at once.

Nothing is named that any output, step or block refutes.
"""

from dataclasses import dataclass, replace
from functools import lru_cache

import numpy as np

from rnnkit.checking.difference import agrees, fitted, largest
from rnnkit.checking.versions import Change, built_on, known_changes, slip_changes, version

MOST_PAIRS = 300     # that are tried together, for one answer
MOST_KNOWN = 800     # of known mistakes, where there is one output, which rules out little and takes little time
MOST_TOGETHER = 4    # mistakes that are named in one answer, each by outputs of its own


@dataclass(frozen=True)
class Named:
    """A change that was recognized, and the outputs that have its numbers; all of them where it is alone.

    besides: the outputs that are wrong in another way, which nobody knows.
    """

    change: Change
    outputs: tuple = ()
    besides: tuple = ()


@dataclass(frozen=True)
class Evidence:
    """What an answer was asked, what came back, and what is right: one of each for every seed.

    more: pairs of a further case, such as one at the border, and the answer to it. A mistake that agrees everywhere
    else and not there is another one; an answer that fails there says nothing about the mistake.
    """

    exercise: object
    cases: list
    answers: list
    expected: list
    more: tuple = ()

    def fits(self, *changes):
        """Whether the reference with these changes answers the same, in every output, for every seed."""
        function = version(self.exercise, *changes)
        seen = [*zip(self.cases, self.answers, strict=True),
                *((case, answer) for case, answer in self.more if not answer.problem)]
        return function is not None and all(
            equal(self.exercise, answer, self.exercise.answer(case, function)) for case, answer in seen)


def equal(exercise, answer, other):
    """Whether two answers are the same in every output; with `stable`, also in how they overflowed."""
    if answer.problem or other.problem:
        return False
    if exercise.stable and answer.float_errors != other.float_errors:
        return False
    return all(_same_output(exercise, name, answer, other) for name in exercise.outputs)


def _same_output(exercise, name, answer, other):
    given, right = answer.outputs[name], other.outputs[name]
    return agrees(fitted(given, right), right, exercise.tolerance)


def diagnose(evidence, lent=True, inline=False):
    """The mistakes behind a wrong answer, a list of Named; empty where it is none that can be named.

    lent: whether the known mistakes of what the exercise is built on may be made here as well. inline: whether its
    slips may, because there is no such function, and its work is done here.
    """
    found = _search(evidence, lent, inline)
    if not found and evidence.exercise.stable:      # it may overflow at the border besides
        found = _search(replace(evidence, more=()), lent, inline)
    return found


def _search(evidence, lent, inline):
    exercise, case = evidence.exercise, evidence.cases[0]
    own, of_the_step = known_changes(exercise)
    if exercise.behavior:       # many answers do the same, so it says nothing of a slip in one of them
        found = [change for change in own if evidence.fits(change)]
        return [Named(found[0])] if len(found) == 1 else []
    below = [change for step in built_on(exercise)[:1] for change in slip_changes(step)]
    tables = [_table(exercise, case, tuple(own))]
    for more in filter(None, (lent and of_the_step, slip_changes(exercise), inline and below)):
        if found := _alike(evidence, tables[-1]):
            return found
        tables.append(_table(exercise, case, tuple(more)))
    return _alike(evidence, tables[-1]) or _several(evidence, tables)


def _alike(evidence, table):
    """One change of a table whose numbers are the answer's."""
    return next(([Named(change)] for change in table.same_as(evidence.answers[0]) if evidence.fits(change)), [])


def known_at_the_border(evidence, case, answer):
    """The exercise's own mistakes that are right on the usual inputs, as the answer is, and have its numbers here."""
    exercise = evidence.exercise
    return [change.edit for change in known_changes(exercise)[0]
            if equal(exercise, answer, exercise.answer(case, version(exercise, change))) and evidence.fits(change)]


def _several(evidence, tables):
    """Two mistakes whose changes of the text, made together, give the answer; else some that share its outputs."""
    answer, right = evidence.answers[0], evidence.expected[0]
    tables = [table for table in tables if table.changes[0].known or table.changes[0].where is evidence.exercise]
    changes = [change for table in tables for change in table.changes]
    harmed, alike, wrong = zip(*(table.compared(answer, right) for table in tables), strict=True)
    harmed, alike, wrong = np.vstack(harmed), np.vstack(alike), wrong[0]
    known, single = sum(change.known for change in changes), len(evidence.exercise.outputs) == 1
    for first, second in _candidates(harmed, alike, wrong, known, single):
        pair = changes[first], changes[second]
        if evidence.fits(*pair):
            return [Named(change, _alone(evidence, change)) for change in pair]
    return _by_output(evidence, changes, harmed, alike, wrong) or _in_part(
        evidence, changes, harmed, alike, wrong, tables[0].weights)


def _alone(evidence, change):
    """The outputs that have the numbers of this change, and would not have them without it."""
    mistaken = evidence.exercise.answer(evidence.cases[0], version(evidence.exercise, change))
    if mistaken.problem:
        return ()
    return tuple(name for name in evidence.exercise.outputs
                 if _same_output(evidence.exercise, name, evidence.answers[0], mistaken)
                 and not _same_output(evidence.exercise, name, evidence.expected[0], mistaken))


def _candidates(harmed, alike, wrong, known, single):
    """Pairs worth trying together, the likelier first: no region of the outputs speaks against them.

    Where only one of the two does harm, the answer has its numbers; where none does, the answer is right; where both
    do, it is wrong. harmed, alike: versions x regions. The first `known` versions are known mistakes. single: whether
    there is one output.
    """
    harm, fair = harmed.astype(np.float32), (~harmed).astype(np.float32)
    alone = (harmed & ~alike).astype(np.float32) @ fair.T
    against = alone + alone.T + (fair * wrong) @ fair.T + (harm * ~wrong) @ harm.T
    useful = harmed.any(axis=1)
    first, second = np.nonzero(np.triu(against == 0, 1) & useful[:, None] & useful)
    explained = (harmed & alike).sum(axis=1)
    unknown = (first >= known).astype(int) + (second >= known)
    order = np.lexsort((-(explained[first] + explained[second]), unknown))
    most = max(MOST_PAIRS, min(MOST_KNOWN, np.count_nonzero(unknown == 0))) if single else MOST_PAIRS
    return list(zip(first[order], second[order], strict=True))[:most]


def _by_output(evidence, changes, harmed, alike, wrong):
    """Known mistakes in different outputs, which together explain all that is wrong.

    Each has to be found in every region that it would harm, and each explains one that no other does. Changes that can
    be made together were tried together before, and so are ruled out; these stand in each other's place in the text.
    """
    whole = [k for k in np.flatnonzero(harmed.any(axis=1)) if changes[k].known and not (harmed[k] & ~alike[k]).any()]
    left, chosen = wrong.copy(), []
    while left.any() and len(chosen) < MOST_TOGETHER:
        best = max(whole, key=lambda k: (harmed[k] & left).sum(), default=None)
        if best is None or not (harmed[best] & left).any():
            return []
        chosen.append(changes[best])
        left &= ~harmed[best]
    named = [Named(change, _alone(evidence, change)) for change in chosen]
    together = version(evidence.exercise, *chosen)
    if not evidence.fits(*chosen) if together else len(chosen) > 2:
        return []
    return [] if left.any() or not all(each.outputs for each in named) else named


def _in_part(evidence, changes, harmed, alike, wrong, weights):
    """One known mistake, beside another that nobody knows.

    Whatever it would harm is wrong, and it explains the greater part of that. It is named where no other mistake
    explains as much, in every case, and what it explains is not zero like the rest. Of two outputs, one tells too
    little.
    """
    if len(evidence.exercise.outputs) < 3:
        return []
    explained, left_open = (harmed & alike) @ weights, (harmed & ~alike) @ weights
    fair = np.flatnonzero(~(harmed & ~wrong).any(axis=1) & (explained > left_open))
    best = min(fair, key=lambda k: (-explained[k], left_open[k], not changes[k].known), default=None)
    if best is None or not changes[best].known:
        return []
    rivals = ~(harmed & ~wrong | harmed[best] & alike[best] & ~(harmed & alike)).any(axis=1)
    if sum(change.known for change, rival in zip(changes, rivals, strict=True) if rival) > 1:
        return []
    seen = [*zip(evidence.cases, evidence.answers, strict=True), *evidence.more]
    parts = [_Table(evidence.exercise, case, (changes[best],)).part(answer, evidence.exercise.answer(case))
             for case, answer in seen if not answer.problem]
    outputs, besides = parts[0]
    if not outputs or not besides or any(part[0] not in ((), outputs) or part[1] is None for part in parts):
        return []
    values = evidence.answers[0].outputs
    if not any(values[name].any() for name in outputs) and not all(values[name].any() for name in besides):
        return []
    return [Named(changes[best], outputs, besides)]


@lru_cache(64)
def _table(exercise, case, changes):
    return _Table(exercise, case, changes)


class _Table:
    """What many versions of an exercise answer in one case, output by output, to be compared all at once."""

    def __init__(self, exercise, case, changes):
        self.exercise, self.changes = exercise, changes
        right = exercise.answer(case)
        self.shapes = {name: array.shape for name, array in right.outputs.items()}
        self.answers = [exercise.answer(case, function) if (function := version(exercise, change)) else None
                        for change in changes]
        self.rows = {name: np.array([self._row(answer, name) for answer in self.answers]).reshape(len(changes), -1)
                     for name in exercise.outputs}
        self.odd = {name: [(k, None if not answer or answer.problem else answer.outputs[name])
                           for k, answer in enumerate(self.answers) if self._misshapen(answer, name)]
                    for name in exercise.outputs}
        self.regions = {name: self._regions(name) for name in exercise.outputs}
        self.where = [name for name, regions in self.regions.items() for _ in range(regions.shape[1])]
        self.weights = np.array([1 / self.where.count(name) for name in self.where])    # an output has the weight 1

    def _row(self, answer, name):
        """One output as a row of numbers; NaN where there is none of the right shape."""
        shape = self.shapes[name]
        if answer and not answer.problem and answer.outputs[name].shape == shape:
            return answer.outputs[name].ravel()
        return np.full(int(np.prod(shape)), np.nan) if self._misshapen(answer, name) else answer.outputs[name].ravel()

    def _misshapen(self, answer, name):
        shape = self.shapes[name]
        return not answer or answer.problem or fitted(answer.outputs[name], np.empty(shape)).shape != shape

    def _regions(self, name):
        """Entries x regions: the steps, and the gates' blocks, that an output consists of."""
        axes, shape = self.exercise.outputs[name].split(), self.shapes[name]
        index = np.zeros(shape, int)
        if "T" in axes:
            index += np.arange(shape[axes.index("T")]).reshape([-1 if axis == "T" else 1 for axis in axes])
        if gates := (self.exercise.blocks or {}).get(name, "").split():
            index = index * len(gates) + np.arange(shape[-1]) // (shape[-1] // len(gates))
        return np.eye(index.max() + 1, dtype=np.float32)[index.ravel()]

    def same_as(self, answer):
        """The changes whose numbers are those of the answer."""
        alike = np.ones(len(self.changes), bool)
        for name in self.rows:
            alike &= ~self._unlike(name, answer.outputs[name]).any(axis=1)
        return [self.changes[k] for k in np.flatnonzero(alike)]

    def compared(self, answer, right):
        """harmed and alike, versions x regions: where each differs from what is right, and is as the answer is; and
        wrong: the regions where the answer is."""
        harmed, alike, wrong = [], [], []
        for name, regions in self.regions.items():
            harmed.append(self._unlike(name, right.outputs[name]) @ regions > 0)
            alike.append(self._unlike(name, answer.outputs[name]) @ regions == 0)
            given = fitted(answer.outputs[name], right.outputs[name])
            off = (_unlike(given.reshape(1, -1), right.outputs[name].ravel(), self.exercise.tolerance)
                   if given.shape == right.outputs[name].shape else np.ones((1, len(regions)), bool))
            wrong.append((off.astype(np.float32) @ regions > 0)[0])
        harmed, alike = np.hstack(harmed), np.hstack(alike)
        crashed = [answer is None or bool(answer.problem) for answer in self.answers]
        harmed[crashed], alike[crashed] = False, False
        return harmed, alike, np.hstack(wrong)

    def part(self, answer, right):
        """Of a single change: the outputs that hold its numbers, and those that are wrong in another way; None for
        these where what it would harm is right, or where it does not explain the greater part of that."""
        (harmed,), (alike,), wrong = self.compared(answer, right)
        explained = harmed & alike
        holds = (harmed <= wrong).all() and (not harmed.any() or explained @ self.weights > harmed @ self.weights / 2)
        return self._outputs(explained), self._outputs(wrong & ~explained) if holds else None

    def _outputs(self, regions):
        return tuple(dict.fromkeys(name for name, there in zip(self.where, regions, strict=True) if there))

    def _unlike(self, name, given):
        """Versions x entries: where each differs from an array. One of another shape is alike as a whole, or not."""
        shape = self.shapes[name]
        off = _unlike(self.rows[name], fitted(given, np.empty(shape)).ravel(), self.exercise.tolerance) if (
            fitted(given, np.empty(shape)).shape == shape) else np.ones(self.rows[name].shape, bool)
        for k, other in self.odd[name]:
            off[k] = other is None or not agrees(fitted(given, other), other, self.exercise.tolerance)
        return off.astype(np.float32)


def _unlike(rows, numbers, tolerance):
    """Which entries of each row are further from the numbers than the tolerance allows."""
    size = np.max(np.where(np.isfinite(rows), np.abs(rows), 0), axis=1, initial=0, keepdims=True) + largest(numbers)
    same = (rows == numbers) | (np.isnan(rows) & np.isnan(numbers))
    return ~same & ~(np.abs(rows - numbers) <= tolerance * size)
