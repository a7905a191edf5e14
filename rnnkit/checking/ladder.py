"""The ladder of a check: written, types, shapes, finite, values, edges. It stops at the first rung that fails.

A rung never looks into a student's function. It looks at what came back from `ask(calls, values, wanted)`: in a
notebook that calls the function itself, and a judge can ask a sandbox instead. The climb is the same.
"""

from dataclasses import replace
from functools import cache, lru_cache

import numpy as np

from rnnkit.calls import Call
from rnnkit.checking.blame import look_at_the_step, second_chance
from rnnkit.checking.diagnosis import Evidence, diagnose, known_at_the_border
from rnnkit.checking.difference import agrees, difference, digits, fitted
from rnnkit.checking.questions import questions
from rnnkit.checking.sentences import named
from rnnkit.checking.verdict import Verdict
from rnnkit.exercises import find

PUBLIC_SEEDS = (1, 2)
COST_OF_CHANGED_INPUT = 0.1


def climb(exercise, ask, points, seeds=PUBLIC_SEEDS, naming=None):
    """Climb with the answers that `ask(calls, values, wanted)` brings, an Answer each, and return the Verdict.

    seeds: of the inputs. naming: of those on which a mistake is named, if they are others: a judge has the same for a
    whole class, so that it computes only once what every known mistake makes of them.

    A backward pass gets a second chance on the reference's cache: a wrong forward pass does not cost its marks, if
    both keep to the cache that the exercise describes. A pass over a sequence says whether its one step is right, and
    so whether the mistake is in the loop; a step that is built on another exercise says whether that is right.
    """
    @cache
    def step():
        return climb(find(exercise.one_step), ask, 1, seeds, naming) if exercise.one_step else None

    def attempt(ask_, named=True):
        return _climb(exercise, _seen(exercise, ask_), points, seeds, naming or seeds, step if named else None)

    with np.errstate(all="ignore"):
        verdict = attempt(ask)
        if exercise.cached and not verdict.passed:
            verdict = second_chance(exercise, ask, verdict, attempt, seed=seeds[0],
                                    check=lambda other: climb(other, ask, 1, seeds, naming))
        if exercise.one_step and not verdict.passed and verdict.written:
            look_at_the_step(verdict, exercise, step())
    return verdict


def _seen(exercise, ask):
    """`ask` for an exercise that is right by what its results do: it brings that. Nothing but arguments is handed over.
    """
    def asked(calls, values, wanted):
        if wanted != exercise.outputs:
            return ask(calls, values, wanted)
        taken = {name for text in calls for name in Call.parse(text).arguments}
        given = {name: value for name, value in values.items() if name in taken}
        return exercise.seen(values, ask(calls, given, exercise.results))

    return asked if exercise.behavior else ask


def _climb(exercise, ask, points, seeds, naming, step):
    """The verdict on one attempt. step(): the verdict on the step, or None where there is none; without it, no mistake
    is named."""
    verdict = Verdict(exercise.name, points)
    cases = [exercise.case(seed) for seed in seeds]
    answers = [ask(exercise.calls, case, exercise.outputs) for case in cases]
    if problem := next((answer for answer in answers if answer.problem), None):
        verdict.say("blank" if problem.problem == "blank" else "wrong", problem.text)
        _show_printed(verdict, problem)
        return verdict
    evidence = Evidence(exercise, cases, answers, [exercise.answer(case) for case in cases])
    rungs = {name: _rung(name, evidence) for name in exercise.outputs}
    right = [name for name, rung in rungs.items() if rung == "ok"]
    verdict.right = len(right) == len(rungs)
    share = len(right) / len(rungs) * (1 - sum(edge.share for edge in exercise.edges))
    _report(verdict, rungs, evidence)
    if verdict.right:
        verdict.digits = 0 if exercise.behavior else digits(evidence)
        share += _edges(verdict, evidence, ask, seeds[0])
    elif step:
        _diagnose(verdict, evidence, ask, step, naming)
    share -= _changes(verdict, exercise, answers)
    _remarks(verdict, right, evidence, ask)
    share = min(max(round(share, 9), 0.0), 1.0)
    verdict.share = 0.0 if exercise.whole and share < 1 else share
    return verdict


def _rung(name, evidence):
    """The first rung on which one output fails for any seed: "shape", "finite" or "value"; else "ok"."""
    pairs = [(fitted(answer.outputs[name], right.outputs[name]), right.outputs[name])
             for answer, right in zip(evidence.answers, evidence.expected, strict=True)]
    if any(given.shape != right.shape for given, right in pairs):
        return "shape"
    if any(not np.isfinite(given).all() for given, _ in pairs):
        return "finite"
    return "ok" if all(agrees(given, right, evidence.exercise.tolerance) for given, right in pairs) else "value"


def _report(verdict, rungs, evidence):
    exercise, answers, expected = evidence.exercise, evidence.answers, evidence.expected
    many, shapes = len(rungs) > 1, any(exercise.outputs.values())
    count = f"{len(rungs) if many else 'one'} {'array' if shapes else 'number'}{'s' * many}"
    on = {rung: [name for name in rungs if rungs[name] == rung] for rung in ("ok", "shape", "finite", "value")}
    if not on["shape"]:
        verdict.say("ok", f"written, {count}" + f", right shape{'s' * many}" * shapes)
    if on["ok"]:
        verdict.say("ok", f"{', '.join(on['ok'])}: right for {len(answers)} random inputs")
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
    for name in on["value"]:
        k = next(k for k, (a, e) in enumerate(zip(answers, expected, strict=True)) if not agrees(
            fitted(a.outputs[name], e.outputs[name]), e.outputs[name], exercise.tolerance))
        verdict.say("wrong", _difference(exercise, name, evidence.cases[k], answers[k], expected[k]))
    for case, answer, right in zip(evidence.cases, answers, expected, strict=True):
        if on["value"] and (sentence := _done(exercise, case, answer, right)):
            verdict.say("hint", sentence)
            break


def _done(exercise, case, answer, expected):
    """What an exercise with a behavior says of the first thing that went wrong."""
    says = exercise.behavior and exercise.behavior.says
    return says(case, answer.outputs, expected.outputs) if says else ""


def _diagnose(verdict, evidence, ask, step, naming):
    """The mistake's name; where it has none, what the answers to further questions say about its place."""
    base = step()
    wrong_step = base is not None and base.written and not base.right
    exercise = evidence.exercise
    cases, more = _kept_cases(exercise, naming)
    if cases[0] is not evidence.cases[0]:
        answers = [ask(exercise.calls, case, exercise.outputs) for case in cases]
        if not any(answer.problem for answer in answers):
            evidence = Evidence(exercise, cases, answers, [exercise.answer(case) for case in cases])
    more = tuple((case, ask(exercise.calls, case, exercise.outputs)) for case in more)
    if mistakes := diagnose(replace(evidence, more=more), not wrong_step, bool(base and not base.written)):
        ids, hints, by = named(exercise, mistakes)
        verdict.mistakes += ids
        for hint in hints:
            verdict.say("hint", hint)
        verdict.say("known", by)
    elif not wrong_step and not exercise.behavior:
        for sentence in questions(evidence, ask):
            verdict.say("hint", sentence)


@lru_cache(64)
def _kept_cases(exercise, seeds):
    """The cases of these seeds, and further ones, at the border too."""
    more = [exercise.case(seeds[0] + 2), *(exercise.case(seeds[0], **edge.sizes) for edge in exercise.edges)]
    return [exercise.case(seed) for seed in seeds], more


def _edges(verdict, evidence, ask, seed):
    """The shares of the border cases that hold, added up."""
    exercise, held = evidence.exercise, []
    for edge in exercise.edges:
        case = exercise.case(seed, **edge.sizes)
        answer, expected = ask(exercise.calls, case, exercise.outputs), exercise.answer(case)
        if trouble := _trouble(exercise, case, answer, expected):
            mistakes = known_at_the_border(evidence, case, answer)
            verdict.mistakes += [mistake.id for mistake in mistakes if mistake.id not in verdict.mistakes]
            verdict.say("wrong", f"right so far, but not for {edge.what}: {trouble}")
            for hint in [mistake.hint for mistake in mistakes] or [edge.hint] * bool(edge.hint):
                verdict.say("hint", hint)
        else:
            held.append(edge)
    if held:
        *first, last = [edge.what for edge in held]
        verdict.say("ok", f"also for {', '.join(first)}{' and ' * bool(first)}{last}")
    return sum(edge.share for edge in held)


def _trouble(exercise, case, answer, expected):
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
            return _done(exercise, case, answer, expected) or _difference(exercise, name, case, answer, expected)
    return ""


def _difference(exercise, name, case, answer, expected):
    """What is to be said about one wrong output, which may be an input, or another output's numbers."""
    right = expected.outputs[name]
    others = [*((f"the {other} that came in", array) for other, array in case.items()),
              *((f"what belongs to {other}", array) for other, array in expected.outputs.items())]
    return difference(exercise, name, fitted(answer.outputs[name], right), right, others)


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
        verdict.say("remark", f"It changes {' and '.join(upstream)} in place. That costs nothing here, because an "
                              f"upstream gradient is seldom needed again; but whoever does use the array again, a "
                              f"gradient check for one, gets other numbers. A copy is safer; lesson 08 shows why.")
    if others := sorted(changed - set(exercise.upstream)):
        verdict.say("wrong", f"It changes its input {' and '.join(others)} in place. The caller still needs that "
                             f"array, unlike an upstream gradient, so this costs a tenth: work on a copy, or write "
                             f"a = a + b for a += b.")
        return COST_OF_CHANGED_INPUT
    return 0


def _remarks(verdict, right, evidence, ask):
    exercise, answers, expected = evidence.exercise, evidence.answers, evidence.expected
    odd = answers[0].odd
    for name in right:
        given, shape = answers[0].outputs[name].shape, expected[0].outputs[name].shape
        if given != shape:
            verdict.misshapen.append(name)
            verdict.say("remark", f"{name} has shape {given}, with an axis of length 1 too many; {shape} was expected. "
                                  f"It costs nothing here, but adding it to an array of shape {shape} gives another "
                                  f"shape.")
        elif name in odd:
            _say_it_is_no_array(verdict, name, odd[name])
    for name in sorted(odd.keys() & exercise.results.keys() - exercise.outputs.keys()) if verdict.right else ():
        _say_it_is_no_array(verdict, name, odd[name])
    if "returned" in odd:
        verdict.say("remark", f"It returned a value of type {odd['returned']}, which gives its results only once. It "
                              f"costs nothing here, but a tuple, as in return a, b, can be read again.")
    own = set(Call.parse(exercise.signature).results) - exercise.results.keys()
    for name in sorted(own & odd.keys()):
        verdict.say("remark", f"{name} is still {odd[name]}. It costs nothing here, but the way back will need it.")
    if exercise.look and verdict.right and not own & odd.keys():
        looked = ask((*exercise.calls, exercise.look.call), evidence.cases[0], ("found",))
        if not looked.problem and looked.outputs["found"] == 1:
            verdict.say("remark", exercise.look.remark)
    if not exercise.stable and (errors := set().union(*(answer.float_errors for answer in answers))):
        verdict.say("remark", f"NumPy met {' and '.join(sorted(errors))} on the way.")
    _show_printed(verdict, answers[0])


def _say_it_is_no_array(verdict, name, kind):
    verdict.misshapen.append(name)
    made = f"{name}.detach().numpy()" if kind == "Tensor" else f"np.array({name})"
    verdict.say("remark", f"{name} came as a value of type {kind}. It costs nothing here, but whoever computes with it "
                          f"expects an array: {made} makes one.")


def _show_printed(verdict, answer):
    if answer.printed.strip():
        verdict.say("printed", answer.printed.strip("\n"))
