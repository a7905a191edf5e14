"""Performing an exercise's calls, wherever the functions live. This module crosses into the sandbox.

A call is text, `rnn_step(x, h, W_x, W_h, b) -> h_next, cache`: which function, on which values, under which
names the results are kept. A list of calls, and arrays to start from, is all that anybody needs who runs a
student's code: no expected value, no reference and no tolerance travels with it. What comes back is plain too:
arrays, or a problem.
"""

import contextlib
import inspect
import io
import linecache
import os
import re
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
    kept = {name: fresh(value) for name, value in values.items()}
    given = dict(kept)
    answer, errors, printed = Answer(), set(), Printed()
    floats = np.errstate(over="call", divide="call", invalid="call", under="ignore",
                         call=lambda kind, _: errors.add(kind))
    with floats, quiet(printed):
        try:
            for text in calls:
                kept |= _call(Call.parse(text), functions, kept, wanted, answer.odd)
            answer.outputs = {name: kept[name] for name in wanted}
        except _Problem as problem:
            answer.problem, answer.text = problem.args
    answer.changed = tuple(name for name in values if not _same(given[name], values[name]))
    answer.float_errors, answer.printed = frozenset(errors), printed.getvalue()
    return answer


def _call(call, functions, kept, wanted, odd):
    """One call's results by name; the wanted ones as arrays. Fills `odd` as Answer.odd says."""
    function = functions.get(call.name)
    if function is None or function is Ellipsis:
        raise _Problem("blank", f"{call.name} is not written yet.")
    if not callable(function):
        raise _Problem("type", f"{call.name} should be a function; it is {_kind(function)}.")
    try:
        results = _unpack(call, function(*(kept[name] for name in call.arguments)))
        return {name: _array(call, name, value, odd) if name in wanted else _kept(name, value, odd)
                for name, value in results.items()}
    except (_Problem, KeyboardInterrupt):
        raise
    except BaseException as error:
        raise _failure(error, call, function, kept) from None


def _unpack(call, result):
    if result is None or result is Ellipsis:
        forgotten = " Is its return missing?" if result is None else ""
        raise _Problem("blank", f"{call.name} is not written yet: it returns {result}.{forgotten}")
    if len(call.results) == 1:
        return {call.results[0]: result}
    expected = f"{call.name} should return {len(call.results)} values ({', '.join(call.results)})"
    if not isinstance(result, (tuple, list)):
        raise _Problem("count", f"{expected}; it returned one, {_kind(result)}.")
    if len(result) != len(call.results):
        raise _Problem("count", f"{expected}; it returned {len(result)}.")
    return dict(zip(call.results, result, strict=True))


def _array(call, name, value, odd):
    """A wanted result as an array of float64."""
    if value is None or value is Ellipsis:
        raise _Problem("blank", f"{call.name} is not finished yet: {name} is still {value}.")
    try:
        array = np.array(value)
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


def _failure(error, call, function, kept):
    """The problem behind an exception: a placeholder that is still there, or the error, its line and the shapes."""
    frame, number = _stopped_at(error, function)
    where, line = call.name, ""
    if frame:
        where, line = frame.f_code.co_name, linecache.getline(frame.f_code.co_filename, number).strip()
    if isinstance(error, NotImplementedError) and (not frame or line.startswith("raise") or not line):
        caller = "" if where == call.name else f", and {call.name} needs it"
        return _Problem("blank", f"{where} is not written yet{caller}: it still raises NotImplementedError.")
    said = "".join(traceback.format_exception_only(error)).strip()
    if placeholder := _placeholder(error, call, frame, line):
        return _Problem("blank", f"{where} is not finished yet: {placeholder}.\n{said}")
    shapes = ", ".join(f"{name} {kept[name].shape}" for name in call.arguments
                       if isinstance(kept[name], np.ndarray))
    place = f"\nIn {where}, line {number}: {line}" if frame else ""
    return _Problem("raised", said + place + (f"\n{call.name} was given {shapes}." if shapes else ""))


def _stopped_at(error, function):
    """The last frame of the student's own code that the error came through, and its line number.

    The student's code is whatever shares its globals with the function: a notebook, and not what it imports.
    """
    home = getattr(inspect.unwrap(function), "__globals__", None)
    places = [place for place in traceback.walk_tb(error.__traceback__) if place[0].f_globals is home]
    return places[-1] if places else (None, None)


def _placeholder(error, call, frame, line):
    """What is not filled in yet, where that is why the code stopped: a result without a value, a None, a `...`."""
    if isinstance(error, NameError):
        name = re.search(r"'(\w+)'|$", str(error))[1]
        return f"{name} has no value" if name in call.results else ""
    still = {name: value for name, value in (frame.f_locals if frame else {}).items()
             if value is None or value is Ellipsis}
    return next((f"{name} is still {value}" for name, value in still.items()
                 if re.search(rf"\b{re.escape(name)}\b", line)), "")


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
    return np.shape(value) == original.shape and np.allclose(value, original, rtol=1e-9, atol=1e-9, equal_nan=True)


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
