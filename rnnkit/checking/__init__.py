"""`check(f)`: is it right, and if not, which mistake is it? `yours(f)`: f once it is right, ours until then.

Both run in the student's own process, with public seeds, for learning. Marks that nobody may tamper with are the
business of a judge who climbs the same ladder elsewhere.
"""

import inspect
from types import FunctionType

from rnnkit.calls import perform
from rnnkit.checking.card import show
from rnnkit.checking.ladder import Verdict, climb
from rnnkit.exercises import EXERCISES


def check(function, points=1):
    """Check a function that an exercise asks for, show what is right and wrong with it, and return the points earned.

    function: the student's function, under the exercise's name. points: what the exercise is worth.
    Returns a plain float between 0 and points. Writes to stdout only. Raises nothing, whatever it is given.
    """
    verdict = _verdict(function, points)
    show(verdict)
    return verdict.earned


def yours(function):
    """The student's function if it passes its check, else rnnkit's own, which a printed line says."""
    if _verdict(function, 1).passed:
        return function
    name = getattr(function, "__name__", "")
    if name not in EXERCISES:
        raise TypeError(f"yours takes an exercise's function, as in yours(rnn_step); it was given {function!r}.")
    print(f"Your {name} does not pass its check yet, so what follows uses rnnkit's own.")
    return EXERCISES[name].reference


def _verdict(function, points):
    name = getattr(function, "__name__", "")
    if not isinstance(function, FunctionType) or name not in EXERCISES:
        return _refusal(function, name, points)
    exercise = EXERCISES[name]
    functions = {**inspect.unwrap(function).__globals__, **(exercise.given or {}), exercise.name: function}
    verdict = climb(exercise, lambda calls, values, wanted: perform(calls, functions, values, wanted), points)
    strangers = set(function.__code__.co_names) & set(function.__globals__) & set(exercise.case(0))
    if not verdict.passed and strangers:
        verdict.say("hint", f"{name} reads {' and '.join(sorted(strangers))} from the notebook. Take it from the "
                            f"arguments, or from the cache: the check brings values of its own.")
    return verdict


def _refusal(function, name, points):
    """The verdict on something that is no exercise's function."""
    verdict = Verdict(name or "check", points)
    if function is None or function is Ellipsis:
        verdict.say("blank", f"This is still {function}: the function is not written yet.")
    elif not isinstance(function, FunctionType):
        verdict.say("wrong", f"check takes the function itself, as in check(rnn_step). It was given a "
                             f"{type(function).__name__}. Are there brackets after the name?")
    else:
        verdict.say("wrong", f"No exercise asks for a function called {name}. Write it with def, under the name that "
                             f"the exercise gives it: {', '.join(EXERCISES)}.")
    return verdict
