"""Performing an exercise's calls, wherever the functions live. This module crosses into the sandbox.

A call is text, `rnn_step(x, h, W_x, W_h, b) -> h_next, cache`: which function, on which values, under which
names the results are kept. A list of calls, and arrays to start from, is all that anybody needs who runs a
student's code: no expected value, no reference and no tolerance travels with it. What comes back is plain too:
arrays, or a problem.
"""

import contextlib
import io
import itertools
import os
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import lru_cache

import numpy as np

from rnnkit.failures import failure


@dataclass(frozen=True)
class Call:
    """`name(arguments) -> results`, taken apart."""

    name: str
    arguments: tuple
    results: tuple

    @classmethod
    @lru_cache(1000)
    def parse(cls, text):
        call, results = text.split("->")
        name, arguments = call.strip().rstrip(")").split("(")
        return cls(name, *(tuple(filter(None, map(str.strip, words.split(",")))) for words in (arguments, results)))


PROBLEMS = ("blank", "raised", "count", "type")
FLOAT_ERRORS = {"overflow", "divide by zero", "invalid value"}  # in NumPy's words


@dataclass
class Answer:
    """What came back: the arrays by name, or the kind of a problem and its text."""

    outputs: dict = field(default_factory=dict)
    problem: str = ""            # one of PROBLEMS, "" where there is none
    text: str = ""               # what is to be said about the problem
    odd: dict = field(default_factory=dict)  # the results that came as something else than an array: name -> what
    changed: tuple = ()          # the inputs that are no longer what they were
    float_errors: frozenset = frozenset()    # some of FLOAT_ERRORS
    printed: str = ""


class _Problem(Exception):
    """Ends the calls: (kind, text)."""


def perform(calls, functions, values, wanted):
    """Make the calls in order, on fresh copies of the values, and return the wanted results as an Answer.

    calls: texts. functions: name -> function. values: name -> array, or nested tuples and lists of arrays; an
    array without axes arrives as a number. wanted: the names of the results to bring back.
    Nothing that the functions print, warn about or raise escapes, except for a KeyboardInterrupt.
    """
    kept, printed = {name: fresh(value) for name, value in values.items()}, Printed()
    with quiet(printed):
        answer = performed(calls, functions, kept, wanted)
    answer.printed = printed.getvalue()
    answer.changed = tuple(name for name in values if not _same(kept[name], values[name]))
    return answer


def performed(calls, functions, values, wanted):
    """The same for functions that one knows: on the values themselves, and whatever they print is printed."""
    kept, answer, errors = dict(values), Answer(), set()
    with np.errstate(over="call", divide="call", invalid="call", under="ignore",
                     call=lambda kind, _: errors.add(kind)):
        try:
            for text in calls:
                kept |= _call(Call.parse(text), functions, kept, wanted, answer.odd)
            answer.outputs = {name: kept[name] for name in wanted}
        except _Problem as problem:
            answer.problem, answer.text = problem.args
    answer.float_errors = frozenset(errors)
    return answer


def _call(call, functions, kept, wanted, odd):
    """One call's results by name; the wanted ones as arrays. Fills `odd` as Answer.odd says."""
    function = functions.get(call.name)
    if function is None or function is Ellipsis:
        raise _Problem("blank", f"{call.name} is not written yet.")
    if not callable(function):
        raise _Problem("type", f"{call.name} should be a function; it is {_kind(function)}.")
    try:
        results = _unpack(call, function(*(kept[name] for name in call.arguments)), wanted, odd)
        return {name: _array(call, name, value, odd) if name in wanted else _kept(name, value, odd)
                for name, value in results.items()}
    except (_Problem, KeyboardInterrupt):
        raise
    except BaseException as error:
        arguments = {name: kept[name] for name in call.arguments}
        raise _Problem(*failure(error, call.name, arguments, call.results, function)) from None


def _unpack(call, result, wanted, odd):
    """The results by name. Several may come from an iterator, and arrays in one array where all of them are wanted."""
    if result is None or result is Ellipsis:
        forgotten = " Is its return missing?" if result is None else ""
        raise _Problem("blank", f"{call.name} is not written yet: it returns {result}.{forgotten}")
    if len(call.results) == 1:
        return {call.results[0]: result}
    expected = f"{call.name} should return {len(call.results)} values ({', '.join(call.results)})"
    if not isinstance(result, tuple | list):
        if not _unpacks(result, all_wanted=set(call.results) <= set(wanted)):
            raise _Problem("count", f"{expected}; it returned one, {_kind(result)}.")
        if not isinstance(result, np.ndarray):
            odd["returned"] = type(result).__name__
        result = tuple(itertools.islice(result, len(call.results) + 1))
    if len(result) != len(call.results):
        raise _Problem("count", f"{expected}; it returned {len(result)}.")
    return dict(zip(call.results, result, strict=True))


def _unpacks(result, all_wanted):
    """Whether it is several results in one: an iterator, or arrays stacked along an axis of their own."""
    return isinstance(result, Iterator) or (all_wanted and isinstance(result, np.ndarray) and result.ndim in (1, 3, 4))


def _array(call, name, value, odd):
    """A wanted result as an array of float64."""
    if value is None or value is Ellipsis:
        raise _Problem("blank", f"{call.name} is not finished yet: {name} is still {value}.")
    try:
        array = np.array(value.detach().numpy() if hasattr(value, "requires_grad") else value)
    except Exception:
        array = np.array(None)
    if array.dtype.kind not in "biuf":
        raise _Problem("type", f"{name} should be an array of numbers; {call.name} returned {_kind(value)}.")
    if array.ndim and type(value) is not np.ndarray:
        odd[name] = type(value).__name__
    return array.astype(np.float64)


def _kept(name, value, odd):
    """A result that stays with the student, as a cache does, whatever it is."""
    if value is None or value is Ellipsis:
        odd[name] = str(value)
    return value


def _kind(value):
    if isinstance(value, np.ndarray):
        return f"an array of shape {value.shape} and dtype {value.dtype}"
    return f"a value of type {type(value).__name__}"


def fresh(value):
    """A deep copy of arrays, or of nested tuples and lists of them; anything else is returned as it is.

    An array without axes becomes a number, so that a caller may write `eps *= 2` and change nobody's array.
    """
    if isinstance(value, (tuple, list)):
        return type(value)(fresh(item) for item in value)
    if isinstance(value, np.ndarray):
        return value.copy() if value.ndim else value.item()
    return value


def _same(value, original):
    if isinstance(original, (tuple, list)):
        return len(value) == len(original) and all(map(_same, value, original))
    if not isinstance(original, np.ndarray):
        return True
    return np.array_equal(value, original) or (
        np.shape(value) == original.shape and np.allclose(value, original, rtol=1e-9, atol=1e-9, equal_nan=True))


class Printed(io.StringIO):
    """Keeps the beginning of what was printed, even where the student's code closes it."""

    def __init__(self, most=100_000):
        super().__init__()
        self.most = most

    def write(self, text):
        super().write(text[: max(0, self.most - self.tell())])
        return len(text)

    def close(self):
        pass


@contextlib.contextmanager
def quiet(printed):
    """Send what is written to stdout and stderr into `printed`, also by those who hold on to the old stderr.

    nbgrader gives no points to a cell that wrote anything to stderr, right or wrong. A logging handler keeps the
    stream it was made with, and C code and child processes write to file descriptor 2.
    """
    stream = sys.stderr
    stream.flush()
    saved, nowhere = os.dup(2), os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, 2)
    stream.write = printed.write
    try:
        with contextlib.redirect_stdout(printed), contextlib.redirect_stderr(printed):
            yield
    finally:
        stream.__dict__.pop("write", None)
        stream.flush()
        os.dup2(saved, 2)
        os.close(saved)
        os.close(nowhere)
