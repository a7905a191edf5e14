"""Which known mistake is this? And if it is none of them: what can be said about the difference?"""

import numpy as np


def agrees(given, expected, tolerance):
    """Whether max|given - expected| <= tolerance (max|given| + max|expected|), and NaN only where NaN is expected."""
    return given.shape == expected.shape and not _differs(given, expected, tolerance).any()


def _differs(given, expected, tolerance):
    """Which entries are further apart than the tolerance allows, measured against the largest entries."""
    same = (given == expected) | (np.isnan(given) & np.isnan(expected))
    return ~same & ~(np.abs(given - expected) <= tolerance * (_largest(given) + _largest(expected)))


def _largest(array):
    return np.max(np.abs(array[np.isfinite(array)]), initial=0)


def fitted(given, expected):
    """`given` without the axes of length 1 that `expected` does not have; as it is where that does not help."""
    extra = given.ndim > expected.ndim and given.squeeze().shape == expected.squeeze().shape
    return given.reshape(expected.shape) if extra else given


def known_mistakes(exercise, cases, answers):
    """The misconceptions whose numbers are exactly these: every output, in every case.

    answers: one Answer for each of the cases. Returns a list, empty where the mistake is a new one.
    """
    def equal(wrong_version):
        return all(_equal(exercise, answer, exercise.answer(case, wrong_version))
                   for case, answer in zip(cases, answers, strict=True))

    return [misconception for misconception, wrong in exercise.wrong_versions if equal(wrong)]


def _equal(exercise, answer, mistaken):
    if answer.problem or mistaken.problem:
        return False
    if exercise.stable and answer.float_errors != mistaken.float_errors:
        return False
    return all(_same_output(exercise, name, answer, mistaken) for name in exercise.outputs)


def _same_output(exercise, name, answer, other):
    given, right = answer.outputs[name], other.outputs[name]
    return agrees(fitted(given, right), right, exercise.tolerance)


def mistakes_by_output(exercise, case, answer, expected, wrong):
    """Pairs (misconception, the wrong outputs that have just its numbers), for an answer that makes several mistakes.

    Two mistakes in one function agree with no single misconception, but often each output still does. Where several
    misconceptions make the same numbers of an output, the one counts that explains most outputs and, among equals,
    harms the fewest others; where two are equal even so, neither is named.
    """
    makers = {name: [] for name in wrong}
    for misconception, version in exercise.wrong_versions:
        mistaken = exercise.answer(case, version)
        if mistaken.problem:
            continue
        harmed = [name for name in exercise.outputs if not _same_output(exercise, name, mistaken, expected)]
        explained = [name for name in wrong if name in harmed and _same_output(exercise, name, answer, mistaken)]
        for name in explained:
            makers[name].append(((len(explained), -len(harmed)), misconception))
    found = {}
    for name, candidates in makers.items():
        best = max((rank for rank, _ in candidates), default=None)
        if len(first := [misconception for rank, misconception in candidates if rank == best]) == 1:
            found.setdefault(first[0], []).append(name)
    return list(found.items())


def difference(exercise, name, given, expected):
    """One sentence about where one output differs from what was expected, and by how much."""
    tolerance, axes = exercise.tolerance, exercise.outputs[name].split()
    wrong = _differs(given, expected, tolerance)
    share = "every entry" if wrong.all() else f"{np.count_nonzero(wrong)} of {wrong.size} entries"
    size = f"{_largest(given - expected):.2g}"
    parts = [f"{name}: {share} wrong, by up to {size}" if axes else f"{name}: wrong by {size}"]
    if "T" in axes and len(steps := _places(wrong, axes.index("T"))) < wrong.shape[axes.index("T")]:
        parts.append(f"the first step that differs is t = {steps[0]}, the last t = {steps[-1]} "
                     f"(of 0 to {wrong.shape[axes.index('T')] - 1})")
    gates = (exercise.blocks or {}).get(name, "").split()
    pattern = _pattern(given, expected, tolerance)
    if gates and not pattern:
        pattern = _by_gate(gates, given, expected, wrong, tolerance)
    if pattern:
        parts.append(pattern)
    return "; ".join(parts) + "."


def _places(wrong, axis):
    """The indices along one axis at which anything is wrong."""
    others = tuple(k for k in range(wrong.ndim) if k != axis)
    return np.flatnonzero(wrong.any(axis=others))


def _by_gate(gates, given, expected, wrong, tolerance):
    """Which gates' blocks are wrong, each with the simple rule behind it, where there is one."""
    given, right, wrong = (dict(zip(gates, np.split(array, len(gates), axis=-1), strict=True))
                           for array in (given, expected, wrong))
    bad = {gate: _pattern(given[gate], right[gate], tolerance) or _exchanged(given[gate], right, tolerance)
           for gate in gates if wrong[gate].any()}
    if len(bad) == len(gates) and not any(bad.values()):
        return ""
    only, plural = "only " * (len(bad) < len(gates)), "s" * (len(bad) > 1)
    said = ", ".join(f"{gate} ({rule})" if rule else gate for gate, rule in bad.items())
    return f"{only}in the block{plural} of {said}"


def _exchanged(given, right, tolerance):
    """Whether this is the block of another gate."""
    return next((f"it holds what belongs to {gate}" for gate in right if agrees(given, right[gate], tolerance)), "")


def _pattern(given, expected, tolerance):
    """How the wrong numbers follow from the right ones, where a simple rule says it."""
    if not given.any():
        return "all of them are zero"
    if given.ndim == 2 and given.shape[0] == given.shape[1] and agrees(given, expected.T, tolerance):
        return "it is the transpose of what was expected"
    factor = np.vdot(expected, given) / np.vdot(expected, expected) if expected.any() else 0
    if given.size > 1 and abs(factor) > tolerance and agrees(given, factor * expected, tolerance):
        return "the sign is wrong" if abs(factor + 1) < tolerance else f"it is {factor:.4g} times what was expected"
    return ""
