"""Validation of the arguments of figures, and numbers as people write them: `count` and `scientific`."""

import operator

import numpy as np


def expect_whole(where, name, value, low, high):
    """Return the value as an int, and raise ValueError unless it is a whole number from low to high."""
    try:
        whole = operator.index(value)
    except TypeError:
        whole = None
    if whole is None or not low <= whole <= high:
        raise ValueError(f"{where}: {name} is {value!r}; a whole number from {low} to {high} was expected.")
    return whole


def expect_one_of(where, name, value, options):
    """Raise ValueError unless the value is one of the options."""
    if value not in options:
        known = ", ".join(map(repr, options))
        raise ValueError(f"{where}: {name} is {value!r}; one of {known} was expected.")


def expect_functions(where, **functions):
    """Raise ValueError unless every argument can be called."""
    for name, function in functions.items():
        if not callable(function):
            raise ValueError(f"{where}: {name} is {function!r}; a function was expected.")


def expect_dict(where, name, value, items):
    """Raise ValueError unless the value is a dict of 1 to 6 items. items: what they are, in words."""
    if not isinstance(value, dict) or not 1 <= len(value) <= 6:
        raise ValueError(f"{where}: {name} should be a dict of 1 to 6 {items}.")


def expect_arrays(where, name, arrays, fits, shape):
    """Raise ValueError unless the value is a dict of 1 to 6 arrays, name -> numbers, each of which fits.

    fits: a function that says whether an array has the right shape. shape: that shape, as the message names it.
    """
    expect_dict(where, name, arrays, "arrays, name -> numbers")
    for key, numbers in arrays.items():
        if not fits(numbers):
            raise ValueError(f"{where}: {key} has shape {np.shape(numbers)}; {shape} was expected.")


def count(number, noun):
    """A number of things in words: '1 step', '2 steps'."""
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def scientific(value, digits=2):
    """A number with so many digits, as people write it: 0.075, 120, and 7.0 × 10⁻²¹ where it is small or large."""
    if not np.isfinite(value) or value == 0 or 0.001 <= abs(value) < 10_000:
        plain = np.format_float_positional(value, digits, fractional=False, trim="-")
        return (plain if np.isfinite(value) else str(value)).replace("-", "\N{MINUS SIGN}")
    mantissa, power = f"{value:.{digits - 1}e}".split("e")
    times = mantissa.removesuffix("1") if mantissa in ("1", "-1") else f"{mantissa} × "
    return times.replace("-", "\N{MINUS SIGN}") + ten_to(int(power))


def ten_to(power):
    """A power of ten, as in 10⁻²¹."""
    return "10" + str(power).translate(str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹"))
