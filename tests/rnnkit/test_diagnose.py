"""`make diagnose` takes every answer through the checks; here, how it judges what a check says, and a small sample."""

import re
import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parents[1]))

import diagnose

from rnnkit.calls import perform
from rnnkit.checking.ladder import climb
from rnnkit.checking.verdict import Verdict
from rnnkit.exercises import EXERCISES

SMALL = ["affine", "rnn_step", "readout", "forget_bias", "parameter_count", "rnn_step_backward"]


@pytest.mark.parametrize("name", SMALL)
def test_nothing_false_is_said_and_every_known_mistake_is_named(name):
    found = {kind: [diagnose.outcome(EXERCISES[name], made, function)[0]
                    for _, made, function in diagnose.answers(name, kind)[::9]] for kind in diagnose.KINDS}
    assert set(found["single"]) == {"named"}
    assert "false" not in found["pair"] + found["mutant"]


def judged(name, text, *mistakes, lines=()):
    """The outcome for a function with this text, if a check had named these mistakes."""
    exercise = EXERCISES[name]
    namespace = dict(exercise._namespace)
    exec(text, namespace)
    said = Verdict(name, 1, lines=list(lines), mistakes=list(mistakes))
    return diagnose.judged(exercise, said, made=(), function=namespace[name])


def test_name_whose_numbers_are_others_is_false_and_one_whose_numbers_are_the_same_is_not():
    text = EXERCISES["rnn_step"].text.replace("h @ W_h + b", "h @ W_h + b + b")
    assert judged("rnn_step", text, "two-biases") == "named"
    assert judged("rnn_step", text, "bias-left-out") == "false"


@pytest.mark.parametrize(("line", "expected"), [
    (("wrong", "h_next: every entry wrong, by up to 0.22."), "nothing"),
    (("wrong", "h_next: every entry wrong, by up to 0.22; the sign is wrong."), "placed"),
    (("hint", "With b = 0 you are right: look at where b enters."), "placed"),
    (("hint", "Your rnn_step passes its own check, so look at the loop around it."), "nothing"),
    (("ok", "dx, dh: right for 2 random inputs"), "placed"),
    (("wrong", "ValueError: these shapes do not go together"), "stopped"),
])
def test_size_of_an_error_alone_is_nothing_and_a_place_is_something(line, expected):
    assert judged("rnn_step", EXERCISES["rnn_step"].text, lines=[line]) == expected


def test_two_edits_that_take_each_others_place_are_no_pair():
    exercise = EXERCISES["rnn_step"]
    known = {m.id: m for m in exercise.misconceptions}
    assert diagnose.composed(exercise, (known["no-tanh"], known["sigmoid-for-tanh"])) is None
    assert diagnose.composed(exercise, (known["bias-left-out"], known["old-state-returned"]))


def test_report_has_a_row_for_each_exercise_and_kind_and_the_totals():
    found = [("affine", "single", "a", "named", "", 0.1), ("affine", "pair", "b", "placed", "", 0.2),
             ("affine", "mutant", "c", "right", "", 0.2)]
    columns = [list(column.cells) for column in diagnose.table(found).columns]
    assert columns[0] == ["affine, singles", "affine, pairs", "all, singles", "all, pairs", "all"]
    assert re.sub(r"\s", "", columns[2][-1]) == "1(50%)"


def test_wrong_answer_is_asked_a_bounded_number_of_times():
    for name, exercise in EXERCISES.items():
        asked = []

        def ask(calls, values, wanted, exercise=exercise, name=name, asked=asked):
            asked.append(calls)
            answer = perform(calls, {**exercise._namespace}, values, wanted)
            if name in calls[-1]:
                answer.outputs = {key: array ** 3 + 0.3 for key, array in answer.outputs.items()}
            return answer

        climb(exercise, ask, 1)
        assert len(asked) < 150, name
