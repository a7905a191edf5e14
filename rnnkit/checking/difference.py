"""Whether two arrays agree, and where and how they differ, in words."""

import numpy as np

FUNCTIONS = {"tanh": np.tanh, "the sigmoid": lambda a: 1 / (1 + np.exp(-a)), "the square": np.square, "exp": np.exp,
             "one minus": lambda a: 1 - a, "the absolute value": np.abs, "the whole part": np.trunc,
             "the reciprocal": lambda a: 1 / a, "the logarithm": np.log,
             "a sigmoid's slope, s (1 - s),": lambda a: a * (1 - a),
             "a tanh's slope, 1 - t^2,": lambda a: 1 - a ** 2}


def agrees(given, expected, tolerance):
    """Whether max|given - expected| <= tolerance (max|given| + max|expected|), and NaN only where NaN is expected."""
    return given.shape == expected.shape and not _differs(given, expected, tolerance).any()


def _differs(given, expected, tolerance):
    """Which entries are further apart than the tolerance allows, measured against the largest entries."""
    same = (given == expected) | (np.isnan(given) & np.isnan(expected))
    return ~same & ~(np.abs(given - expected) <= tolerance * (largest(given) + largest(expected)))


def largest(array):
    return np.max(np.abs(array[np.isfinite(array)]), initial=0)


def digits(evidence):
    """To how many digits every output agrees with what was expected, for every seed, measured as `agrees` does."""
    error = max((largest(given - right) / (largest(given) + largest(right) or 1)
                 for answer, expected in zip(evidence.answers, evidence.expected, strict=True)
                 for name, right in expected.outputs.items() for given in [fitted(answer.outputs[name], right)]),
                default=0)
    return int(-np.log10(max(error, np.finfo(float).eps)))


def fitted(given, expected):
    """`given` without the axes of length 1 that `expected` does not have; as it is where that does not help."""
    extra = given.ndim > expected.ndim and given.squeeze().shape == expected.squeeze().shape
    return given.reshape(expected.shape) if extra else given


def difference(exercise, name, given, expected, others=()):
    """One sentence about where one output differs from what was expected, and by how much.

    others: pairs of a name and an array that this output could have been taken for.
    """
    tolerance, axes = exercise.tolerance, exercise.outputs[name].split()
    wrong = _differs(given, expected, tolerance)
    share = "every entry" if wrong.all() else f"{np.count_nonzero(wrong)} of {wrong.size} entries"
    size = f"{largest(given - expected):.2g}"
    parts = [f"{name}: {share} wrong, by up to {size}" if axes else f"{name}: wrong by {size}"]
    if "T" in axes and len(steps := _places(wrong, axes.index("T"))) < wrong.shape[axes.index("T")]:
        parts.append(f"the first step that differs is t = {steps[0]}, the last t = {steps[-1]} "
                     f"(of 0 to {wrong.shape[axes.index('T')] - 1})")
    if "N" in axes and len(rows := _places(wrong, axes.index("N"))) < wrong.shape[axes.index("N")]:
        parts.append(f"only in sequence {', '.join(map(str, rows))} of the batch")
    gates = (exercise.blocks or {}).get(name, "").split()
    pattern = _pattern(given, expected, tolerance)
    if gates and not pattern:
        pattern = _by_gate(gates, given, expected, wrong, tolerance)
    if pattern := pattern or _rule(given, expected, tolerance, axes, others):
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
    if given.size > 1 and np.ptp(given) == np.ptp(expected) == 0:
        return f"it is {given.flat[0]:.4g} everywhere"
    factor = np.vdot(expected, given) / np.vdot(expected, expected) if expected.any() else 0
    if given.size > 1 and abs(factor) > tolerance and agrees(given, factor * expected, tolerance):
        return "the sign is wrong" if abs(factor + 1) < tolerance else f"it is {factor:.4g} times what was expected"
    return ""


def _rule(given, expected, tolerance, axes, others):
    """How a whole output follows from what was expected, or what else it is."""
    if given.size < 8:
        return ""
    for name, other in others:
        if agrees(given, np.asarray(other), tolerance):
            return f"it is {name}"
    for name, function in FUNCTIONS.items():
        if agrees(given, function(expected), tolerance):
            return f"it is {name} of what was expected"
    if axes[0] == "T":
        for step, what in ((1, "before"), (-1, "after")):
            kept, place = (given[1:], expected[:-1]) if step == 1 else (given[:-1], expected[1:])
            if agrees(kept, place, tolerance):
                return f"each step holds what belongs to the step {what} it"
        if agrees(given, expected[::-1], tolerance):
            return "its steps lie in reverse order"
    for axis, what in ((-1, "row"), (0, "column")) if given.ndim == 2 else ():
        if np.ptp(given - expected, axis=axis).max() < tolerance * largest(expected):
            return f"every {what} is off by a number of its own"
        if np.ptp(given / expected, axis=axis).max() < tolerance * largest(given / expected):
            return f"every {what} is off by a factor of its own"
    different = np.ptp(given - expected) > 0.01 * largest(expected) and len(np.unique(expected)) == expected.size
    if different and np.array_equal(np.argsort(given, None), np.argsort(expected, None)):
        return "what should be larger is larger, so look at the last function that was applied"
    return ""
