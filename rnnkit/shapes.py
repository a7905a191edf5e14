"""Shapes as annotations: `x: "T N D"` tells the reader the axes of x, and every call checks them.

An annotation is one of three things:

    x: "T N D"                      an array, and its axes in order
    cache: "x: N D, h: N H"         a tuple of arrays, as a step's cache is: the name and the axes of each
    cache: "T [x: N D, h: N H]"     a list of T such tuples, one for each step

    annotation = axes | fields | letter " [" fields "]"
    fields     = name ": " axes { ", " name ": " axes }
    axes       = axis { " " axis }
    axis       = [number] letter

A letter stands for one size, 1 or more, throughout a call. "4H" is an axis of four blocks of that size, side by side.

jaxtyping is the usual way to annotate shapes. These strings are kept instead for three reasons: the code that a
submission imports needs nothing but NumPy, a signature reads like the derivation beside it, and a message names the
argument that another one disagrees with.

This module crosses into the sandbox, as every module does that is on the list in autograder/judging/student_rnnkit.py.
"""

import functools
import inspect

import numpy as np


def shaped(function):
    """Check the shapes that a function's annotations promise, before the function computes anything.

    Shapes that have passed once are remembered, so that a step in a loop costs one look at its shapes.
    The call raises ValueError, naming both shapes, where two arguments disagree, and where an argument is not the tuple
    or the list that was promised.
    """
    where, signature = function.__name__, inspect.signature(function)
    promised = [(k, name, parameter.annotation) for k, (name, parameter) in enumerate(signature.parameters.items())
                if isinstance(parameter.annotation, str)]

    @functools.lru_cache
    def agreed(*shapes):
        _agree(where, [array for (_, name, axes), shape in zip(promised, shapes, strict=False)
                       for array in _arrays(name, axes, shape)])

    @functools.wraps(function)
    def checked(*args, **kwargs):
        given = signature.bind(*args, **kwargs).args if kwargs else args
        agreed(*[_shapes(where, name, axes, given[k]) for k, name, axes in promised if k < len(given)])
        return function(*args, **kwargs)

    return checked


def agree(where, *arrays):
    """Raise ValueError unless the arrays, given as (name, array, axes), agree on the size of each axis."""
    _agree(where, [(name, np.shape(array), axes) for name, array, axes in arrays])


def blocks(axis):
    """How many blocks lie side by side in an axis: 4 in "4H", 1 in "H"."""
    return int(axis[:-1] or 1)


def _shapes(where, name, axes, value):
    """The shapes in an argument: of an array; of a tuple's arrays; of a list, its length and the tuples that differ.

    A list's tuples are told apart by their shapes, and each comes with the first step that has them.
    """
    if "[" in axes:
        if not isinstance(value, list):
            raise ValueError(f"{where}: {name} should be a list with the cache of every step, not a value of type "
                             f"{type(value).__name__}.")
        _, contents = axes.rstrip("]").split("[")
        first = {}
        for t, step in enumerate(value):
            first.setdefault(_shapes(where, f"{name}[{t}]", contents, step), t)
        return len(value), tuple(first.items())
    if ":" not in axes:
        return np.shape(value)
    arrays = axes.count(":")
    if not isinstance(value, tuple) or len(value) != arrays:
        given = f"a tuple of {len(value)}" if isinstance(value, tuple) else f"a value of type {type(value).__name__}"
        raise ValueError(f"{where}: {name} should be a tuple of {arrays} arrays ({axes}), not {given}.")
    return tuple(map(np.shape, value))


def _arrays(name, axes, shapes):
    """The arrays of an argument as (name, shape, axes), from what `_shapes` found."""
    if "[" in axes:
        letter, contents = axes.rstrip("]").split("[")
        length, steps = shapes
        return [(f"the list {name}", (length,), letter),
                *(array for step, t in steps for array in _arrays(f"{name}[{t}]", contents, step))]
    if ":" not in axes:
        return [(name, shapes, axes)]
    fields = [field.split(":") for field in axes.split(",")]
    return [(f"{name}'s {field.strip()}", shape, axes) for (field, axes), shape in zip(fields, shapes, strict=True)]


def _agree(where, arrays):
    """Raise ValueError for the first array, (name, shape, axes), that is not what the others make of its axes."""
    arrays = [(name, shape, axes.split()) for name, shape, axes in arrays]
    told = _told(arrays)
    for name, shape, axes in arrays:
        if 0 in shape:
            raise ValueError(f"{where}: {name} has shape {shape}; every axis should have at least one entry.")
        known = [(axis, *told[axis[-1]]) for axis in axes if axis[-1] in told]
        sizes = {axis: blocks(axis) * size for axis, size, *_ in known}
        expected = tuple(sizes.get(axis, axis) for axis in axes)
        if shape != expected:
            others = sorted({f"{other} has shape {theirs}" for _, _, other, theirs in known if other != name})
            because = f", because {' and '.join(others)}" if others else ""
            raise ValueError(f"{where}: {name} has shape {shape}, but ({', '.join(axes)}) should be "
                             f"({', '.join(map(str, expected))}){because}.")


def _told(arrays):
    """The size of every letter, and the first array that tells it: letter -> (size, name, shape)."""
    told = {}
    for name, shape, axes in arrays:
        if len(shape) == len(axes):
            for axis, size in zip(axes, shape, strict=True):
                if size % blocks(axis) == 0:
                    told.setdefault(axis[-1], (size // blocks(axis), name, shape))
    return told
