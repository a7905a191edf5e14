"""Wrong versions of a reference: it with one change in its text, or two, there or in the function it is built on."""

import ast
import inspect
from dataclasses import dataclass
from functools import lru_cache
from types import FunctionType

import numpy as np

from rnnkit.calls import Call
from rnnkit.checking.slips import plain, slips
from rnnkit.exercises import EXERCISES
from rnnkit.exercises.exercise import Exercise, Misconception


@dataclass(frozen=True)
class Change:
    """One change of an exercise's reference: a known mistake, or what a slip is said to be."""

    where: Exercise
    edit: Misconception | str

    @property
    def known(self):
        return isinstance(self.edit, Misconception)

    def name(self, exercise):
        """What a verdict on this exercise calls it."""
        name = self.edit.id if self.known else self.edit
        return name if self.where is exercise else f"{self.where.name}/{name}"


def built_on(exercise):
    """The exercises whose work this one's function does as well: its step's, and so on down."""
    below = EXERCISES.get(exercise.one_step)
    return [] if below is None else [below, *built_on(below)]


@lru_cache(100)
def known_changes(exercise):
    """The exercise's own known mistakes, and, apart, those that what it is built on lends it."""
    own = [Change(exercise, edit) for edit in exercise.misconceptions]
    return own, [Change(below, edit) for below in built_on(exercise) for edit in below.misconceptions]


@lru_cache(100)
def slip_changes(exercise):
    """Every slip in the reference's own text."""
    return [Change(exercise, what) for what in slips(exercise.text, *_words(exercise))]


@lru_cache(10_000)
def version(exercise, *changes):
    """The reference with these changes, a function; None where they cannot be made together."""
    here = [change for change in changes if change.where is exercise]
    below = [change for change in changes if change.where is not exercise]
    text = exercise.text
    for change in here:
        if change.known:
            if text.count(change.edit.right) != 1:
                return None
            text = text.replace(change.edit.right, change.edit.wrong)
    functions = _plain_functions(exercise)
    if below:
        step = version(built_on(exercise)[0], *below)
        if step is None:
            return None
        functions = {**functions, exercise.one_step: step}
    return _compiled(exercise, text, [change.edit for change in here if not change.known], functions)


def _compiled(exercise, text, wanted, functions):
    known = slips(text, *_words(exercise)) if wanted else {}
    if any(what not in known for what in wanted):
        return None
    restores = [known[what].put() for what in wanted]
    try:
        namespace = dict(functions)
        exec(compile(plain(text), f"<{exercise.name}>", "exec"), namespace)
    except (SyntaxError, ValueError, TypeError):
        return None
    finally:
        for restore in reversed(restores):
            restore()
    return namespace[exercise.name]


@lru_cache(100)
def _plain_functions(exercise):
    """What the reference calls, without the check of the shapes around it."""
    return {name: inspect.unwrap(value) if isinstance(value, FunctionType) else value
            for name, value in {"np": np, **exercise._namespace}.items()}


@lru_cache(100)
def _words(exercise):
    """For `slips`: pairs of a local variable of the reference and a word for its kind, and the results' names."""
    tree = ast.parse(exercise.text)
    function = plain(ast.unparse(tree)).body[0]
    kept, function.body[-1] = function.body[-1], ast.parse("return locals()").body[0]
    namespace = dict(_plain_functions(exercise))
    try:
        exec(compile(ast.fix_missing_locations(ast.Module([function], [])), f"<{exercise.name}>", "exec"), namespace)
    finally:
        function.body[-1] = kept
    kinds = {}
    case = exercise.with_cache(exercise.case(1))
    for name, value in namespace[exercise.name](*(case[n] for n in Call.parse(exercise.signature).arguments)).items():
        if isinstance(value, np.ndarray | int | float | list):
            kinds[name] = _kind(value)
        if isinstance(value, np.ndarray) and value.ndim == 3:
            kinds |= {f"{name}[{step}]": _kind(value[0]) for step in (0, -1)}
    return tuple(kinds.items()), Call.parse(exercise.signature).results


def _kind(value):
    return f"{type(value).__name__} {np.shape(value) if isinstance(value, np.ndarray) else ''}"
