"""The gate: every known mistake fails its check and is called by its own name, whoever made it."""

import re
from pathlib import Path

import numpy as np
import pytest

import rnnkit
from rnnkit import check
from rnnkit.calls import Call, perform
from rnnkit.checking.ladder import climb
from rnnkit.exercises import EXERCISES, LESSONS

MISTAKES = [(name, misconception) for name, exercise in EXERCISES.items() for misconception in exercise.misconceptions]
mistakes = pytest.mark.parametrize(("name", "mistake"), MISTAKES, ids=[f"{n}-{m.id}" for n, m in MISTAKES])
exercises = pytest.mark.parametrize("name", EXERCISES)

ROOT = Path(__file__).resolve().parents[2]

# A notebook in which the whole lesson is solved, and one function is then wrong.
LIBRARY = {name: getattr(rnnkit, name) for name in rnnkit.__all__ if name not in ("check", "yours", "figures")}


def as_a_student(name, text):
    """The function that a student's notebook holds after running a cell with this text."""
    notebook = {**EXERCISES[name]._namespace, "__name__": "__main__", "np": np, **LIBRARY}
    text = "\n".join(line for line in text.splitlines() if not line.startswith("@shaped"))
    exec(text, notebook)
    return notebook[name]


def slipped(name, *edits):
    """The reference's text with the edits of these misconceptions."""
    exercise = EXERCISES[name]
    text = exercise.text
    for edit in (m for m in exercise.misconceptions if m.id in edits):
        assert text.count(edit.right) == 1
        text = text.replace(edit.right, edit.wrong)
    return text


@exercises
def test_exercise_knows_at_least_five_mistakes_each_with_its_own_name_and_hint(name):
    known = EXERCISES[name].misconceptions
    assert len(known) >= 5, f"give {name} more misconceptions in its Exercise, best from real answers"
    assert len({m.id for m in known}) == len({m.hint for m in known}) == len(known)
    for m in known:
        assert 1 <= m.hint.count(". ") + m.hint.count("? ") + 1 <= 3 and m.hint[-1] in ".?)", m.hint


@mistakes
def test_edit_applies_exactly_once_and_changes_the_reference(name, mistake):
    assert EXERCISES[name].text.count(mistake.right) == 1
    assert mistake.right != mistake.wrong


@exercises
def test_sizes_differ_and_are_large_enough_to_tell_the_axes_apart(name):
    sizes = {axis: size for axis, size in EXERCISES[name].sizes.items() if len(axis) == 1}
    assert len(set(sizes.values())) == len(sizes) and min(sizes.values()) >= 3
    assert sizes.get("T", 4) >= 4


@exercises
def test_inputs_are_reproducible_and_no_argument_is_zero_anywhere(name):
    exercise = EXERCISES[name]
    case, other = (exercise.case(seed) for seed in (7, 8))
    rnnkit.exercises.exercise._case.cache_clear()
    same = exercise.case(7)
    assert same is not case
    taken = {argument for call in exercise.calls for argument in Call.parse(call).arguments}
    for key, value in case.items():
        assert isinstance(value, np.ndarray), f"np.array({key}): a case is made of arrays, which reach the sandbox"
        assert value.dtype in (np.int64, np.float64) and np.array_equal(value, same[key])
        assert value.any() and (key not in taken or key in "reps" or not (value == 0).any())
        assert key in ("eps", "temperature") or not np.array_equal(value, other[key])


@exercises
@pytest.mark.parametrize("seeds", [(1, 2), (3, 4), (10, 2 ** 40)], ids=str)
def test_reference_passes(name, seeds):
    verdict = climb_with(name, EXERCISES[name].reference, seeds)
    assert verdict.earned == 4 and {mark for mark, _ in verdict.lines} == {"ok"}


def climb_with(name, function, seeds):
    exercise = EXERCISES[name]
    functions = {**LIBRARY, **(exercise.given or {}), name: function}
    return climb(exercise, lambda calls, values, wanted: perform(calls, functions, values, wanted), 4, seeds)


@mistakes
@pytest.mark.parametrize("seeds", [(1, 2), (3, 4), (5, 6), (10, 2 ** 40)], ids=str)
def test_mistake_fails_and_is_diagnosed_as_itself_and_no_other(name, mistake, seeds):
    exercise = EXERCISES[name]
    verdict = climb_with(name, exercise.wrong_version(mistake), seeds)
    assert not verdict.passed and verdict.earned < 4
    assert verdict.mistakes == [mistake.id]
    assert [m.id for m in exercise.misconceptions if any(m.hint in text for _, text in verdict.lines)] == [mistake.id]


@mistakes
def test_mistake_of_a_student_is_named_in_the_notebook(name, mistake, capfd):
    earned = check(as_a_student(name, slipped(name, mistake.id)), points=4)
    said = capfd.readouterr()
    assert earned < 4 and said.err == ""
    hints = [m.id for m in EXERCISES[name].misconceptions if squeezed(m.hint) in squeezed(said.out)]
    assert hints == [mistake.id], said.out


def squeezed(text):
    return "".join(text.split())


@exercises
def test_reference_retyped_by_a_student_gets_full_points(name, capfd):
    assert check(as_a_student(name, EXERCISES[name].text), points=4) == 4
    assert capfd.readouterr().err == ""


@pytest.mark.parametrize(("name", "first", "second"), [
    ("activation_slopes", "sigmoid-twice", "no-square"),
    ("activation_slopes", "one-minus-s", "relu-value"),
    ("rnn_step_backward", "dh-transpose-forgotten", "db-mean"),
    ("rnn_step_backward", "dW_h-from-the-new-state", "db-one-number"),
    ("rnn_backward", "input-weights-from-the-last-step", "dh0-zero"),
    ("rnn_backward", "added-to-itself", "dh0-zero"),
    ("rnn_backward", "dx-without-the-carry", "h0-taken-as-zeros"),
    ("lstm_step_backward", "forget-slope-missing", "dc-is-not-multiplied-by-f"),
    ("lstm_backward", "input-weights-from-the-last-step", "dc0-without-f"),
])
def test_two_slips_in_different_outputs_get_both_hints(name, first, second, capfd):
    check(as_a_student(name, slipped(name, first, second)), points=4)
    said = squeezed(capfd.readouterr().out)
    hints = {m.id for m in EXERCISES[name].misconceptions if squeezed(m.hint) in said}
    assert hints == {first, second}


def test_slip_that_spoils_most_outputs_and_another_in_one_are_told_apart(capfd):
    check(as_a_student("rnn_step_backward", slipped("rnn_step_backward", "no-slope", "dh-transpose-forgotten")))
    said = squeezed(capfd.readouterr().out)
    assert squeezed("dx, dW_x, dW_h, db: The gradient went past") in said


def test_slip_with_a_harmless_axis_too_many_is_still_named(capfd):
    text = slipped("rnn_step_backward", "slope-of-the-upstream").replace("sum(axis=0)", "sum(axis=0, keepdims=True)")
    check(as_a_student("rnn_step_backward", text))
    said = squeezed(capfd.readouterr().out)
    assert "Theslopewastakenoftheupstream" in said and "exactlythenumbersofaknownmistake" in said


def test_accumulating_with_equals_is_named_also_for_one_weight_alone_and_blames_no_other(capfd):
    text = EXERCISES["rnn_backward"].text.replace("dW_x += dW_x_t", "dW_x = dW_x_t")
    check(as_a_student("rnn_backward", text), points=5)
    said = squeezed(capfd.readouterr().out)
    assert squeezed("dW_x is overwritten in every round: = where += belongs.") in said
    assert squeezed("The weight gradients hold one step only") not in said


def test_every_exercise_is_asked_for_by_the_lesson_it_is_listed_in():
    for number, lesson in LESSONS.items():
        source, = (ROOT / "solutions").glob(f"{number:02}_*/*.py")
        asked = re.findall(r'^# %% check="(\w+)"', source.read_text(), re.MULTILINE)
        assert sorted(asked) == sorted(exercise.name for exercise in lesson.EXERCISES), (
            f"{source.name} and EXERCISES in rnnkit/exercises/lesson_{number:02}.py should name the same")
    assert all(exercise.text.count(f"def {exercise.name}(") == 1 for exercise in EXERCISES.values())


def test_unknown_exercise_is_refused_with_the_names_of_those_there_are():
    with pytest.raises(ValueError, match=r"no exercise called 'lstm'.*rnn_step"):
        rnnkit.exercises.find("lstm")


def test_edit_that_does_not_apply_once_is_refused():
    exercise = EXERCISES["rnn_step"]
    with pytest.raises(ValueError, match="should occur exactly once"):
        exercise.wrong_version(rnnkit.exercises.exercise.Misconception("new", "W_x", "W", "A hint."))
