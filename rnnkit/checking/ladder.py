"""The ladder of a check: written, types, shapes, finite, values, edges. It stops at the first rung that fails.

A rung never looks into a student's function. It looks at what came back from `ask(calls, values, wanted)`: in a
notebook that calls the function itself, and a judge can ask a sandbox instead. The climb is the same.
"""

from dataclasses import dataclass, field

import numpy as np

from rnnkit.calls import Call
from rnnkit.checking.diagnosis import agrees, difference, fitted, known_mistakes, mistakes_by_output
from rnnkit.exercises import EXERCISES, find

PUBLIC_SEEDS = (1, 2)
COST_OF_CHANGED_INPUT = 0.1


@dataclass
class Verdict:
    """How far an answer came.

    share: of the points. lines: (mark, text), with the marks "ok", "wrong", "blank", "hint", "remark", "printed".
    mistakes: the ids of the misconceptions that were recognized. misshapen: the outputs whose numbers are right
    but that are not arrays of the expected shape.
    """

    name: str
    points: float
    share: float = 0.0
    lines: list = field(default_factory=list)
    mistakes: list = field(default_factory=list)
    misshapen: list = field(default_factory=list)

    def __post_init__(self):
        self.points = float(self.points)

    @property
    def passed(self):
        return self.share == 1

    @property
    def earned(self):
        """The points as a plain float: nbgrader takes any other number for full marks."""
        return self.points if self.passed else round(self.points * self.share, 2)

    @property
    def written(self):
        return all(mark != "blank" for mark, _ in self.lines)

    @property
    def trouble(self):
        """The first thing that is wrong, and what is known about it."""
        first = [next((text for mark, text in self.lines if mark == kind), "") for kind in ("blank", "wrong", "hint")]
        return " ".join(filter(None, first))

    def say(self, mark, text):
        if (mark, text) not in self.lines:
            self.lines.append((mark, text))


def climb(exercise, ask, points, seeds=PUBLIC_SEEDS):
    """Climb with the answers that `ask(calls, values, wanted)` brings, an Answer each, and return the Verdict.

    A backward pass gets a second chance on the reference's cache: a wrong forward pass does not cost its marks.
    A pass over a sequence says whether its one step is right, and so whether the mistake is in the loop; a step that
    is built on another exercise says whether that is right.
    """
    with np.errstate(all="ignore"):
        verdict = _climb(exercise, ask, points, seeds)
        if exercise.cached and not verdict.passed:
            verdict = _second_chance(exercise, ask, points, seeds, verdict)
        if exercise.one_step and not verdict.passed and verdict.written:
            _look_at_the_step(verdict, exercise, climb(find(exercise.one_step), ask, 1, seeds))
    return verdict


def _second_chance(exercise, ask, points, seeds, first):
    second = _climb(exercise, lambda calls, case, wanted: ask(calls[-1:], exercise.with_cache(case), wanted),
                    points, seeds)
    forward = climb(_forward(exercise), ask, 1, seeds)
    wrong_forward = forward.written and not forward.passed
    if not forward.written and not second.written:
        return second
    if forward.written and second.share <= first.share and not (second.mistakes and not first.mistakes):
        if wrong_forward and first.written:
            first.say("hint", f"Your {forward.name} does not pass its own check. Start there: {forward.trouble}")
        return first
    if not forward.written:
        why = f"You have no {forward.name} here, so this was judged on what rnnkit's own keeps in its cache."
    elif wrong_forward:
        why = (f"Your {forward.name} does not pass its own check, so this was judged on the cache of rnnkit's own. "
               f"What is wrong there: {forward.trouble}")
    else:
        why = (f"Your {forward.name} is right, but its cache does not hold what your {exercise.name} expects there, "
               f"so this was judged on the cache of rnnkit's own. With yours: {first.trouble}")
    second.say("remark", why)
    return second


def _forward(exercise):
    """The exercise whose cache this one goes back over; its step's, where the lesson gives the sequence pass away."""
    name = Call.parse(exercise.after[-1]).name
    return find(name) if name in EXERCISES else _forward(find(exercise.one_step))


def _look_at_the_step(verdict, exercise, step):
    if step.passed:
        loops = any("T" in axes.split() for axes in exercise.outputs.values())
        where = "the loop around it" if loops else "what becomes of its results"
        verdict.say("hint", f"Your {step.name} passes its own check, so look at {where}.")
    elif step.written:
        verdict.say("hint", f"Your {step.name} does not pass its own check. Start there: {step.trouble}")


def _climb(exercise, ask, points, seeds):
    verdict = Verdict(exercise.name, points)
    cases = [exercise.case(seed) for seed in seeds]
    answers = [ask(exercise.calls, case, exercise.outputs) for case in cases]
    if problem := next((answer for answer in answers if answer.problem), None):
        verdict.say("blank" if problem.problem == "blank" else "wrong", problem.text)
        _show_printed(verdict, problem)
        return verdict
    expected = [exercise.answer(case) for case in cases]
    rungs = {name: _rung(name, answers, expected, exercise.tolerance) for name in exercise.outputs}
    right = [name for name, rung in rungs.items() if rung == "ok"]
    share = len(right) / len(rungs) * (1 - sum(edge.share for edge in exercise.edges))
    _report(verdict, exercise, rungs, cases, answers, expected)
    if len(right) == len(rungs):
        share += _edges(verdict, exercise, ask, seeds[0])
    share -= _changes(verdict, exercise, answers)
    _remarks(verdict, exercise, right, answers, expected)
    share = min(max(round(share, 9), 0.0), 1.0)
    verdict.share = 0.0 if exercise.whole and share < 1 else share
    return verdict


def _rung(name, answers, expected, tolerance):
    """The first rung on which one output fails for any seed: "shape", "finite" or "value"; else "ok"."""
    pairs = [(fitted(answer.outputs[name], right.outputs[name]), right.outputs[name])
             for answer, right in zip(answers, expected, strict=True)]
    if any(given.shape != right.shape for given, right in pairs):
        return "shape"
    if any(not np.isfinite(given).all() for given, _ in pairs):
        return "finite"
    return "ok" if all(agrees(given, right, tolerance) for given, right in pairs) else "value"


def _report(verdict, exercise, rungs, cases, answers, expected):
    many, shapes = len(rungs) > 1, any(exercise.outputs.values())
    count = f"{len(rungs) if many else 'one'} {'array' if shapes else 'number'}{'s' * many}"
    on = {rung: [name for name in rungs if rungs[name] == rung] for rung in ("ok", "shape", "finite", "value")}
    if not on["shape"]:
        verdict.say("ok", f"written, {count}" + f", right shape{'s' * many}" * shapes)
    if on["ok"]:
        verdict.say("ok", f"{', '.join(on['ok'])}: right for {len(cases)} random inputs")
    for name in on["shape"]:
        given, right = next((a.outputs[name].shape, e.outputs[name].shape)
                            for a, e in zip(answers, expected, strict=True)
                            if fitted(a.outputs[name], e.outputs[name]).shape != e.outputs[name].shape)
        axes = exercise.outputs[name].replace(" ", ", ")
        verdict.say("wrong", f"{name} has shape {given}; expected "
                             + (f"{right}, which is ({axes})." if axes else "one number."))
    for name in on["finite"]:
        bad = next(a.outputs[name] for a in answers if not np.isfinite(a.outputs[name]).all())
        verdict.say("wrong", _not_finite(name, bad))
    if wrong := [name for name in rungs if rungs[name] != "ok"]:
        _diagnose(verdict, exercise, cases, answers, expected, wrong, on["value"])


def _diagnose(verdict, exercise, cases, answers, expected, wrong, values):
    for name in values:
        given, right = next((given, right) for a, e in zip(answers, expected, strict=True)
                            for right in [e.outputs[name]] for given in [fitted(a.outputs[name], right)]
                            if not agrees(given, right, exercise.tolerance))
        verdict.say("wrong", difference(exercise, name, given, right))
    if mistakes := known_mistakes(exercise, cases, answers):
        verdict.mistakes += [mistake.id for mistake in mistakes]
        for mistake in mistakes:
            verdict.say("hint", f"These are exactly the numbers of a known mistake. {mistake.hint}")
        return
    for mistake, names in mistakes_by_output(exercise, cases[0], answers[0], expected[0], wrong):
        verdict.mistakes.append(mistake.id)
        verdict.say("hint", f"{', '.join(names)}: exactly the numbers of a known mistake. {mistake.hint}")


def _edges(verdict, exercise, ask, seed):
    """The shares of the border cases that hold, added up."""
    held = []
    for edge in exercise.edges:
        case = exercise.case(seed, **edge.sizes)
        answer, expected = ask(exercise.calls, case, exercise.outputs), exercise.answer(case)
        if trouble := _trouble(exercise, answer, expected):
            mistakes = known_mistakes(exercise, [case], [answer])
            verdict.mistakes += [mistake.id for mistake in mistakes]
            verdict.say("wrong", f"right so far, but not for {edge.what}: {trouble}")
            for hint in [mistake.hint for mistake in mistakes] or [edge.hint] * bool(edge.hint):
                verdict.say("hint", hint)
        else:
            held.append(edge)
    if held:
        verdict.say("ok", f"also for {' and '.join(edge.what for edge in held)}")
    return sum(edge.share for edge in held)


def _trouble(exercise, answer, expected):
    if answer.problem:
        return answer.text
    if exercise.stable and answer.float_errors:
        return f"NumPy met {' and '.join(sorted(answer.float_errors))} on the way."
    for name, right in expected.outputs.items():
        given = fitted(answer.outputs[name], right)
        if given.shape != right.shape:
            return f"{name} has shape {given.shape}; expected {right.shape}."
        if not np.isfinite(given).all():
            return _not_finite(name, given)
        if not agrees(given, right, exercise.tolerance):
            return difference(exercise, name, given, right)
    return ""


def _not_finite(name, array):
    bad = np.count_nonzero(~np.isfinite(array))
    return f"{name} is not finite: {bad} of {array.size} entries are NaN or infinite."


def _changes(verdict, exercise, answers):
    """What it costs to have changed the caller's arrays. The upstream gradient is free, with a remark.

    Only the exercise's inputs count. A cache that rnnkit made for a second chance may be eaten like one's own.
    """
    inputs = {name for text in exercise.calls for name in Call.parse(text).arguments} - {
        name for text in exercise.after for name in Call.parse(text).results}
    changed = {name for answer in answers for name in answer.changed} & inputs
    if upstream := sorted(changed & set(exercise.upstream)):
        verdict.say("remark", f"It changes {' and '.join(upstream)} in place. That costs nothing here, but whoever "
                              f"uses the array again, a gradient check for one, gets other numbers. A copy is safer.")
    if others := sorted(changed - set(exercise.upstream)):
        verdict.say("wrong", f"It changes its input {' and '.join(others)} in place. The caller still needs that "
                             f"array: work on a copy, or write a = a + b for a += b.")
        return COST_OF_CHANGED_INPUT
    return 0


def _remarks(verdict, exercise, right, answers, expected):
    for name in right:
        given, shape = answers[0].outputs[name].shape, expected[0].outputs[name].shape
        if given != shape:
            verdict.misshapen.append(name)
            verdict.say("remark", f"{name} has shape {given}, with an axis of length 1 too many; {shape} was expected. "
                                  f"It costs nothing here, but adding it to an array of shape {shape} gives another "
                                  f"shape.")
        elif name in answers[0].odd:
            verdict.misshapen.append(name)
            verdict.say("remark", f"{name} came as a value of type {answers[0].odd[name]}. It costs nothing here, but "
                                  f"whoever computes with it expects an array: np.array({name}) makes one.")
    own = set(Call.parse(exercise.signature).results) - exercise.outputs.keys()
    for name in sorted(own & answers[0].odd.keys()):
        verdict.say("remark", f"{name} is still {answers[0].odd[name]}. It costs nothing here, but the way back will "
                              f"need it.")
    if not exercise.stable and (errors := set().union(*(answer.float_errors for answer in answers))):
        verdict.say("remark", f"NumPy met {' and '.join(sorted(errors))} on the way.")
    _show_printed(verdict, answers[0])


def _show_printed(verdict, answer):
    if answer.printed.strip():
        verdict.say("printed", answer.printed.strip("\n"))
