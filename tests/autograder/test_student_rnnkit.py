"""The rnnkit that a submission finds: without the answers to its lesson, and with everything before it."""

import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from autograder.judging import student_rnnkit
from rnnkit.exercises import LESSONS

CORE = ("rnn_step", "rnn_forward", "rnn_step_backward", "rnn_backward", "sigmoid", "softmax", "readout", "RNN",
        "activation_slopes", "numerical_gradient", "relu", "relative_error", "softmax_backward")
THERE = {
    "00_start_here": {"relu", "relative_error", "softmax_backward"},
    "01_sequences_and_squashing": {"relu", "relative_error", "softmax_backward"},
    "02_the_recurrent_cell": {"relu", "relative_error", "softmax_backward", "sigmoid", "softmax", "activation_slopes"},
    "03_backpropagation_through_time": {"relu", "relative_error", "softmax_backward", "sigmoid", "softmax",
                                        "activation_slopes", "rnn_step", "rnn_forward", "readout"},
}


@pytest.fixture(params=THERE)
def lesson(request):
    return request.param


@pytest.fixture
def folder(lesson, tmp_path):
    student_rnnkit.write(tmp_path, lesson)
    return tmp_path


def run(folder, code):
    paths = f"import sys; sys.path[:0] = [{str(folder)!r}, {str(Path(np.__file__).parents[1])!r}]\n"
    command = [sys.executable, "-I", "-S", "-c", paths + code]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout


def test_what_a_lesson_asks_for_and_what_is_built_on_it_is_withheld_and_the_rest_is_there(lesson, folder):
    printed = run(folder, f"import rnnkit\nfor name in {CORE}: print(name, getattr(rnnkit, name).__module__)")
    there = {line.split()[0] for line in printed.splitlines() if "withheld" not in line}
    assert there == THERE[lesson]


def test_using_what_is_withheld_says_what_it_is(folder, lesson):
    if lesson.startswith("03"):
        printed = run(folder, "import rnnkit\ntry: rnnkit.rnn_backward(1, 2)\nexcept Exception as error: print(error)")
        assert "rnnkit.rnn_backward solves what this lesson asks for" in printed


@pytest.mark.parametrize(("lesson", "away", "there"), [
    ("06_the_lstm", "lstm_step lstm_step_peephole lstm_forward_peephole LSTM", "rnn_backward gru_step_reset_before"),
    ("07_backpropagation_through_the_lstm", "lstm_backward LSTM forget_bias", "lstm_step lstm_step_peephole"),
    ("08_the_bug_museum", "rnn_backward lstm_backward RNN LSTM", "rnn_step_backward lstm_step_backward lstm_forward"),
    ("09_the_gru_and_its_cousins", "gru_step gru_forward GRU parameter_count", "gru_step_reset_before rnn_backward"),
])
def test_another_function_that_would_do_the_work_is_withheld_too(away, there, folder):
    names = [*away.split(), *there.split()]
    printed = run(folder, f"import rnnkit\nfor name in {names}: print(name, getattr(rnnkit, name).__module__)")
    assert [line.split()[0] for line in printed.splitlines() if "withheld" in line] == away.split()


def test_no_file_holds_the_text_of_an_answer_or_an_exercise(lesson, folder):
    text = "\n".join(path.read_text() for path in folder.rglob("*.py"))
    assert not re.search(r"\bExercise\(|\bMisconception\(", text)
    number = int(lesson[:2])
    for module in (module for n, module in LESSONS.items() if n >= number):
        for exercise in module.EXERCISES:
            assert exercise.text not in text
            assert f"def {exercise.name}(" not in text


def test_what_lessons_import_can_be_imported(folder):
    run(folder, "from rnnkit import available, check, figures, yours\n"
                "figures.losses([1]); figures.impulse_explorer(yours(len)); available('torch'); check(len, points=3)\n"
                "import rnnkit.calls")
