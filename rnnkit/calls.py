"""Performing an exercise's calls, wherever the functions live.

A call is text, `rnn_step(x, h, W_x, W_h, b) -> h_next, cache`: which function, on which values, under which names
the results are kept. A list of calls, and arrays to start from, is all that anybody needs who runs a student's code: 
no expected value, no reference and no tolerance travels with it. What comes back is plain too: arrays, or a problem.
"""

import contextlib
import io
import linecache
import os
import sys
import traceback
from dataclasses import dataclass, field

import numpy as np


@dataclass(frozen=True)
class Call:
    """`name(arguments) -> results`, taken apart."""

    name: str
    arguments: tuple
    results: tuple

    @classmethod
    def parse(cls, text):
        call, results = text.split("->")
        name, arguments = call.strip().rstrip(")").split("(")
        return cls(name, *(tuple(word.strip() for word in words.split(",")) for words in (arguments, results)))


@dataclass
class Answer:
    """What came back: the arrays by name, or the kind of a problem and its text."""

    outputs: dict = field(default_factory=dict)
    problem: str = ""            # "", "blank", "raised", "count" or "type"
    text: str = ""               # what is to be said about the problem
    changed: tuple = ()          # the inputs that are no longer what they were
    float_errors: frozenset = frozenset()    # "overflow", "divide by zero", "invalid value"
    printed: str = ""


class _Problem(Exception):
    """Ends the calls: (kind, text)."""


def perform(calls, functions, values, wanted):
    """Make the calls in order, on fresh copies of the values, and return the wanted results as an Answer.

    calls: texts. functions: name -> function. values: name -> array, or nested tuples and lists of arrays.
    wanted: the names of the results to bring back. Nothing that the functions print or warn about escapes.
    """
    kept = {name: fresh(value) for name, value in values.items()}
    given = dict(kept)
    answer, errors, printed = Answer(), set(), io.StringIO()
    with np.errstate(over="call", divide="call", invalid="call", call=lambda kind, _: errors.add(kind)):
        with quiet(printed):
            try:
                for text in calls:
                    kept.update(_call(Call.parse(text), functions, kept, wanted))
                answer.outputs = {name: kept[name] for name in wanted}
            except _Problem as problem:
                answer.problem, answer.text = problem.args
    answer.changed = tuple(name for name in values if not _same(given[name], values[name]))
    answer.float_errors, answer.printed = frozenset(errors), printed.getvalue()
    return answer


def _call(call, functions, kept, wanted):
    """One call's results by name; the wanted ones as arrays."""
    function = functions.get(call.name)
    if function is None or function is Ellipsis:
        raise _Problem("blank", f"{call.name} is not written yet.")
    if not callable(function):
        raise _Problem("type", f"{call.name} should be a function; it is {_kind(function)}.")
    try:
        result = function(*(kept[name] for name in call.arguments))
    except NotImplementedError:
        raise _Problem("blank", f"{call.name} is not written yet.") from None
    except (Exception, SystemExit) as error:
        raise _Problem("raised", _where(error, call, kept)) from None
    if result is None or result is Ellipsis:
        raise _Problem("blank", f"{call.name} is not written yet: it returns {result}.")
    results = _unpack(call, result)
    return {name: _array(call, name, value) if name in wanted else value for name, value in results.items()}


def _unpack(call, result):
    if len(call.results) == 1:
        return {call.results[0]: result}
    expected = f"{call.name} should return {len(call.results)} values ({', '.join(call.results)})"
    if not isinstance(result, (tuple, list)):
        raise _Problem("count", f"{expected}; it returned one, {_kind(result)}.")
    if len(result) != len(call.results):
        raise _Problem("count", f"{expected}; it returned {len(result)}.")
    results = dict(zip(call.results, result, strict=True))
    for name, value in results.items():
        if value is None or value is Ellipsis:
            raise _Problem("blank", f"{call.name} is not finished yet: {name} is still {value}.")
    return results


def _array(call, name, value):
    try:
        array = np.array(value)
    except Exception:
        array = np.array(None)
    if array.dtype.kind not in "biuf":
        raise _Problem("type", f"{name} should be an array of numbers; {call.name} returned {_kind(value)}.")
    return array.astype(np.float64)


def _kind(value):
    if isinstance(value, np.ndarray):
        return f"an array of shape {value.shape} and dtype {value.dtype}"
    return f"a {type(value).__name__}"


def _where(error, call, kept):
    """The error, the line that raised it, and the shapes that the function was given."""
    frames = [frame for frame in traceback.extract_tb(error.__traceback__)[1:]
              if linecache.getline(frame.filename, frame.lineno) and "site-packages" not in frame.filename]
    line = f"\nIn {frames[-1].name}: {frames[-1].line}" if frames else ""
    shapes = ", ".join(f"{name} {value.shape}" for name in call.arguments
                       if isinstance(value := kept[name], np.ndarray))
    return f"{type(error).__name__}: {error}{line}\n{call.name} was given {shapes}."


def fresh(value):
    """A deep copy of arrays, or of nested tuples and lists of them; anything else is returned as it is."""
    if isinstance(value, (tuple, list)):
        return type(value)(fresh(item) for item in value)
    return value.copy() if isinstance(value, np.ndarray) else value


def _same(value, original):
    if isinstance(original, (tuple, list)):
        return len(value) == len(original) and all(map(_same, value, original))
    if not isinstance(original, np.ndarray):
        return True
    return value.shape == original.shape and np.allclose(value, original, rtol=1e-9, atol=1e-9, equal_nan=True)


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
        del stream.write
        os.dup2(saved, 2)
        os.close(saved)
        os.close(nowhere)
