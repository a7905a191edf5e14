"""One more case for a right backward pass, which the judge alone asks for: arrays too large to measure gradients of.

Whoever has a forward pass can measure every gradient, and differentiate nothing. That takes a forward pass or two for
each entry, while a backward pass takes about as long as one forward pass. At this size a slow loop over single numbers
comes back in time, and differences do not: autograder/README.md has the numbers.
"""

from collections.abc import Callable
from typing import TYPE_CHECKING

from rnnkit.calls import Answer
from rnnkit.checking import Verdict
from rnnkit.checking.diagnosis import agrees, fitted

if TYPE_CHECKING:
    from rnnkit.exercises.exercise import Exercise

WHY = "A backward pass takes about as long as its forward pass. To measure every entry instead takes two for each."


def look(verdict: Verdict, exercise: "Exercise", ask: Callable[..., Answer], seed: int) -> None:
    """Ask for large arrays, and let only those outputs count that are right there too.

    ask: as `climb` has it. A forward pass that is too slow, or wrong, costs nothing: then the cache is that of ours.
    """
    case = exercise.large_case(seed)
    expected = exercise.answer(case)
    answer = ask(exercise.calls, case, exercise.outputs)
    right = _right(exercise, answer, expected)
    if len(right) < len(exercise.outputs) and exercise.cached:
        second = ask(exercise.calls[-1:], exercise.with_cache(case), exercise.outputs)
        if len(again := _right(exercise, second, expected)) > len(right):
            answer, right = second, again
    share = len(right) / len(exercise.outputs)
    axes = " ".join(exercise.outputs.values()).split()
    sizes = ", ".join(f"{axis} = {size}" for axis, size in exercise.large_sizes.items() if axis in axes)
    if share >= verdict.share:
        verdict.say("ok", f"also for large arrays, which the judge alone asks for ({sizes})")
        return
    verdict.share = 0.0 if exercise.whole else share
    wrong = [name for name in exercise.outputs if name not in right]
    found = answer.text if answer.problem else f"{' and '.join(wrong)} came out wrong."
    verdict.say("wrong", f"right so far, but not for large arrays, which the judge alone asks for ({sizes}): {found} "
                         f"{WHY}")


def _right(exercise: "Exercise", answer: Answer, expected: Answer) -> list[str]:
    """The outputs that are right."""
    return [name for name, right in expected.outputs.items()
            if name in answer.outputs and agrees(fitted(answer.outputs[name], right), right, exercise.tolerance)]
