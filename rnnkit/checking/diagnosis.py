"""Which known mistake is this? And if it is none of them: what can be said about the difference?"""

import numpy as np


def agrees(given, expected, tolerance):
    """Whether max|given - expected| <= tolerance (max|given| + max|expected|), and NaN only where NaN is expected."""
    if given.shape != expected.shape or not np.array_equal(np.isnan(given), np.isnan(expected)):
        return False
    with np.errstate(invalid="ignore"):
        distance = np.where(given == expected, 0, np.abs(given - expected))
        size = _largest(given) + _largest(expected)
    return bool(np.nanmax(distance, initial=0) <= tolerance * size)


def _largest(array):
    return np.max(np.abs(array[np.isfinite(array)]), initial=0)


def known_mistakes(exercise, cases, answers):
    """The misconceptions whose numbers are exactly these: every output, in every case.

    answers: one Answer for each of the cases. Returns a list, empty where the mistake is a new one.
    """
    def equal(misconception, wrong_version):
        return all(_equal(exercise, answer, exercise.answer(case, {exercise.name: wrong_version}))
                   for case, answer in zip(cases, answers, strict=True))

    return [misconception for misconception, wrong in exercise.wrong_versions if equal(misconception, wrong)]


def _equal(exercise, answer, mistaken):
    if answer.problem or mistaken.problem:
        return False
    if exercise.stable and answer.float_errors != mistaken.float_errors:
        return False
    return all(agrees(answer.outputs[name], mistaken.outputs[name], exercise.tolerance) for name in exercise.outputs)


def mistakes_by_output(exercise, case, answer, expected, wrong):
    """For each wrong output, the misconception that makes just these numbers of it, where there is exactly one.

    Two mistakes in one function agree with no single misconception, but often each output still does.
    """
    found = {}
    for name in wrong:
        makers = [
            misconception for misconception, version in exercise.wrong_versions
            if not (mistaken := exercise.answer(case, {exercise.name: version})).problem
            and agrees(answer.outputs[name], mistaken.outputs[name], exercise.tolerance)
            and not agrees(mistaken.outputs[name], expected.outputs[name], exercise.tolerance)]
        if len(makers) == 1:
            found[name] = makers[0]
    return found


def difference(name, axes, given, expected, tolerance, blocks=""):
    """One sentence about where `given` differs from `expected`, and by how much."""
    wrong = ~np.isclose(given, expected, rtol=tolerance, atol=tolerance * _largest(expected), equal_nan=True)
    axes, blocks = axes.split(), blocks.split()
    share = "every entry" if wrong.all() else f"{np.count_nonzero(wrong)} of {wrong.size} entries"
    parts = [f"{name}: {share} wrong, by up to {_largest(given - expected):.2g}"]
    if "T" in axes and len(steps := _places(wrong, axes.index("T"))) < len(wrong):
        parts.append(f"the first step that differs is t = {steps[0]}, the last t = {steps[-1]} "
                     f"(of 0 to {wrong.shape[axes.index('T')] - 1})")
    if blocks and len(bad := _places(np.stack(np.split(wrong, len(blocks), axis=-1)), 0)) < len(blocks):
        parts.append(f"only in the block{'s' if len(bad) > 1 else ''} of {', '.join(blocks[k] for k in bad)}")
    if pattern := _pattern(given, expected, tolerance):
        parts.append(pattern)
    return "; ".join(parts) + "."


def _places(wrong, axis):
    """The indices along one axis at which anything is wrong."""
    others = tuple(k for k in range(wrong.ndim) if k != axis)
    return np.flatnonzero(wrong.any(axis=others))


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
