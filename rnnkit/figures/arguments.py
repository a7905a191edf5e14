"""What a figure was asked for: is there such a thing? And numbers in words."""

import operator


def expect_whole(where, name, value, low, high):
    """The value as an int from low to high. Raises ValueError for anything else."""
    try:
        whole = operator.index(value)
    except TypeError:
        whole = None
    if whole is None or not low <= whole <= high:
        raise ValueError(f"{where}: {name} is {value!r}; a whole number from {low} to {high} was expected.")
    return whole


def expect_one_of(where, name, value, options):
    """Raises ValueError unless the value is one of the options."""
    if value not in options:
        known = ", ".join(map(repr, options))
        raise ValueError(f"{where}: {name} is {value!r}; one of {known} was expected.")


def expect_functions(where, **functions):
    """Raises ValueError unless every argument can be called."""
    for name, function in functions.items():
        if not callable(function):
            raise ValueError(f"{where}: {name} is {function!r}; a function was expected.")


def count(number, noun):
    """'1 step', '2 steps'."""
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"
