"""`check(f)`: is it right, and if not, which mistake is it? `yours(f)`: f once it is right, ours until then.

Both run in the student's own process, with public seeds, for learning. Marks that nobody may tamper with are the
business of a judge who climbs the same ladder elsewhere.
"""

import difflib
import dis
import inspect

import numpy as np

from rnnkit.calls import Call, perform
from rnnkit.checking.card import show
from rnnkit.checking.kernel import failed_edit, shown_once
from rnnkit.checking.ladder import climb
from rnnkit.checking.verdict import Verdict
from rnnkit.exercises import EXERCISES

results = {}   # the name of an exercise -> the points that its check gave last, in this kernel


def check(function, points=1):
    """Check a function that an exercise asks for, show what is right and wrong with it, and return the points earned.

    function: the student's function, under the exercise's name. points: what the exercise is worth.
    Returns a plain float between 0 and points. Raises nothing, whatever it is given. Writes to stdout only, except when
    nbgrader validates a notebook: then its Validate button shows what stands there.
    """
    verdict = _verdict(function, points)
    if verdict.passed and not verdict.misshapen:
        verdict.say("built", "Whatever follows in this lesson uses yours.")
    if error := failed_edit(function, verdict.name):
        verdict.say("stale", f"Your last edit of {verdict.name} did not run ({error}). This is the version before it.")
    show(verdict)
    results[verdict.name] = verdict.earned
    return shown_once(verdict.earned)       # the card says them, and nbgrader reads them


def yours(function):
    """The student's function if it passes its check, else rnnkit's own, which a printed line says.

    What follows in a lesson computes with the results, so here they have to be arrays of the right shape as well.
    Raises TypeError for anything but an exercise's function.
    """
    name = _name(function)
    if name not in EXERCISES:
        raise TypeError(f"yours takes an exercise's function, as in yours(rnn_step); it was given {function!r}.")
    if function is EXERCISES[name].reference:
        return function
    verdict = _verdict(function, 1)
    if verdict.passed and not verdict.misshapen:
        return function
    why = (f"The numbers of your {name} are right, but not the form of {' and '.join(verdict.misshapen)}"
           if verdict.passed else f"Your {name} does not pass its check yet")
    print(f"{why}, so what follows uses rnnkit's own.")
    return EXERCISES[name].reference


def _verdict(function, points):
    name = _name(function)
    if name not in EXERCISES or function is EXERCISES[name].reference:
        return _refusal(function, name, points)
    exercise, notebook = EXERCISES[name], getattr(inspect.unwrap(function), "__globals__", {})
    functions = {**notebook, **(exercise.given or {}), name: function}
    verdict = climb(exercise, lambda calls, values, wanted: perform(calls, functions, values, wanted), points)
    brought = {name for text in exercise.calls for name in Call.parse(text).arguments}
    brought |= set(exercise.sizes) if brought else set()
    taken = sorted(_read_from_outside(function) & set(notebook) & brought)
    if taken and not verdict.passed:
        verdict.say("hint", f"{name} reads {' and '.join(taken)} from the notebook. Take what it needs from the "
                            f"arguments, or from the cache: the check brings values of its own.")
    return verdict


def _refusal(function, name, points):
    """The verdict on something that is no exercise's function."""
    verdict = Verdict(name or "check", points)
    if function is None or function is Ellipsis:
        verdict.say("blank", f"This is still {function}: the function is not written yet.")
    elif name in EXERCISES:
        verdict.say("blank", f"This is rnnkit's own {name}. The exercise asks for yours: write it with def.")
    elif name:
        alike = " or ".join(difflib.get_close_matches(name, EXERCISES, cutoff=0.5))
        verdict.say("wrong", f"No exercise asks for a function called {name}. Write it with def, under the name that "
                             f"the exercise gives it{alike and f', perhaps {alike}'}.")
    else:
        verdict.say("wrong", f"check takes the function itself, as in check(rnn_step). It was given a value of type "
                             f"{type(function).__name__}. Are there brackets or quotes around the name?")
    return verdict


def _name(function):
    """The name of a function; "" for anything else, whatever it does when it is asked."""
    try:
        return function.__name__ if inspect.isroutine(function) or isinstance(function, np.vectorize) else ""
    except Exception:
        return ""


def _read_from_outside(function):
    """The names that a function, and the functions written inside it, look up among the globals."""
    todo, names = [getattr(inspect.unwrap(function), "__code__", None)], set()
    while todo:
        if code := todo.pop():
            names |= {step.argval for step in dis.get_instructions(code) if step.opname == "LOAD_GLOBAL"}
            todo += [constant for constant in code.co_consts if inspect.iscode(constant)]
    return names
