"""Shapes as annotations: `x: "T N D"` tells the reader the axes of `x`, and is checked at every call."""

import functools
import inspect

import numpy as np


def shaped(function):
    """Check the shapes that a function's annotations promise, before the function computes anything.

    An annotation is a string of axes, as in `x: "T N D"`. One letter stands for one size throughout a call, and 4H
    for four times the size of H: four blocks side by side.
    A tuple of arrays (a step's cache) is annotated with its contents: `cache: "x: N D, h: N H"`; and a list of such
    tuples, one for each step, with its length in front of brackets: `cache: "T [x: N D, h: N H]"`.

    Raises ValueError, naming both shapes, where two arguments disagree.
    """
    signature = inspect.signature(function)
    promised = {p.name: p.annotation for p in signature.parameters.values() if isinstance(p.annotation, str)}

    @functools.wraps(function)
    def checked(*args, **kwargs):
        given = signature.bind(*args, **kwargs).arguments
        agree(function.__name__, *(
            array for name in promised if name in given
            for array in _arrays(function.__name__, name, promised[name], given[name])))
        return function(*args, **kwargs)

    return checked


def agree(where, *arrays):
    """Raise ValueError unless the arrays, given as (name, array, axes), agree on the size of each axis."""
    sizes = {}
    for _, array, axes in arrays:
        shape, axes = np.shape(array), axes.split()
        if len(shape) != len(axes) or 0 in shape or any(
                size % blocks(axis) or sizes.setdefault(axis[-1], size // blocks(axis)) != size // blocks(axis)
                for axis, size in zip(axes, shape, strict=True)):
            raise ValueError(f"{where}: {_disagreement(arrays)}")


def blocks(axis):
    """How many blocks lie side by side in an axis: 4 in "4H", 1 in "H"."""
    return int(axis[:-1] or 1)


def _disagreement(arrays):
    """What is wrong, in words: the first array that is not what the others make of its axes."""
    arrays = [(name, np.shape(array), axes.split()) for name, array, axes in arrays]
    sizes = {}
    for name, shape, axes in arrays:
        if len(shape) == len(axes):
            for axis, size in zip(axes, shape, strict=True):
                if size % blocks(axis) == 0:
                    sizes.setdefault(axis[-1], (size // blocks(axis), name, shape))
    for name, shape, axes in arrays:
        if 0 in shape:
            return f"{name} has shape {shape}; every axis should have at least one entry."
        expected = tuple(blocks(axis) * sizes[axis[-1]][0] if axis[-1] in sizes else axis for axis in axes)
        if shape != expected:
            reasons = sorted({f"{other} has shape {theirs}" for axis in axes if axis[-1] in sizes
                              for _, other, theirs in [sizes[axis[-1]]] if other != name})
            because = f", because {' and '.join(reasons)}" if reasons else ""
            return (f"{name} has shape {shape}, but ({', '.join(axes)}) should be "
                    f"({', '.join(map(str, expected))}){because}.")


def _arrays(where, name, axes, value):
    """One array under its own name, or the arrays of a cache, or of every step's cache, under theirs."""
    if "[" in axes:
        if not isinstance(value, list):
            raise ValueError(f"{where}: {name} should be a list with the cache of every step, not a value of type "
                             f"{type(value).__name__}.")
        length, contents = axes.rstrip("]").split("[")
        return [(f"the list {name}", range(len(value)), length),
                *(array for t, step in enumerate(value) for array in _arrays(where, f"{name}[{t}]", contents, step))]
    if ":" not in axes:
        return [(name, value, axes)]
    fields = [field.split(":") for field in axes.split(",")]
    if not isinstance(value, tuple) or len(value) != len(fields):
        given = f"a tuple of {len(value)}" if isinstance(value, tuple) else f"a value of type {type(value).__name__}"
        raise ValueError(f"{where}: {name} should be a tuple of {len(fields)} arrays ({axes}), not {given}.")
    return [(f"{name}'s {field.strip()}", array, axes) for (field, axes), array in zip(fields, value, strict=True)]
