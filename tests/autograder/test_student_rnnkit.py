"""The rnnkit that a submission finds: without the answers to its lesson, and with everything before it."""

import ast
import inspect
import os
import re
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np
import pytest

import rnnkit
from autograder.judging import student_rnnkit
from autograder.judging.host import Sandbox
from rnnkit.calls import Call, perform
from rnnkit.checking.ladder import climb
from rnnkit.exercises import LESSONS

CORE = ("rnn_step", "rnn_forward", "rnn_step_backward", "rnn_backward", "sigmoid", "softmax", "readout", "RNN",
        "activation_slopes", "numerical_gradient", "relu", "relative_error", "softmax_backward")
FOR_TRAINING = ("Embedding", "GRU", "LSTM", "RNN", "Readout", "SequenceModel")
FOR_TRAINING_IN = {"losses": ("cross_entropy",), "optim": ("Adam", "clip_by_global_norm"),
                   "layers": ("embed_backward",)}
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
    ("08_the_bug_museum", "rnn_backward lstm_step_backward lstm_backward RNN LSTM", "rnn_step_backward lstm_forward"),
    ("09_the_gru_and_its_cousins", "gru_step gru_forward GRU parameter_count", "gru_step_reset_before rnn_backward"),
])
def test_another_function_that_would_do_the_work_is_withheld_too(away, there, folder):
    names = [*away.split(), *there.split()]
    printed = run(folder, f"import rnnkit\nfor name in {names}: print(name, getattr(rnnkit, name).__module__)")
    assert [line.split()[0] for line in printed.splitlines() if "withheld" in line] == away.split()


@pytest.mark.parametrize("lesson", ["02_the_recurrent_cell", "13_what_came_after"])
def test_what_is_for_training_says_so_in_every_lesson_and_holds_nothing(folder):
    printed = run(folder, f"""
import rnnkit
from rnnkit import layers, losses, optim
for name in {FOR_TRAINING}:
    assert getattr(layers, name) or getattr(rnnkit, name)
calls = [getattr(rnnkit, name) for name in {FOR_TRAINING}]
calls += [getattr(getattr(rnnkit, module), name) for module, names in {FOR_TRAINING_IN}.items() for name in names]
for call in calls:
    try:
        call(4, 6)
    except Exception as error:
        print(error)
""")
    names = [*FOR_TRAINING, *(name for names in FOR_TRAINING_IN.values() for name in names)]
    assert printed.splitlines() == [f"rnnkit.{name} is for training, and is not there while an answer is judged. Write "
                                    f"the answer with NumPy and with the functions of the cells." for name in names]
    for name in ("layers", "losses", "model", "optim", "tasks", "training"):
        assert "np." not in (folder / "rnnkit" / f"{name}.py").read_text()
    assert not (folder / "rnnkit" / "fast").exists()


def test_no_file_holds_the_text_of_an_answer_or_an_exercise(lesson, folder):
    text = "\n".join(path.read_text() for path in folder.rglob("*.py"))
    assert not re.search(r"\bExercise\(|\bMisconception\(", text)
    number = int(lesson[:2])
    for module in (module for n, module in LESSONS.items() if n >= number):
        for exercise in module.EXERCISES:
            assert exercise.text not in text
            assert f"def {exercise.name}(" not in text


def test_what_lessons_import_can_be_imported(folder):
    run(folder, "from rnnkit import available, check, figures, guess, libraries, passes, pencil, yours\n"
                "from rnnkit.training import SGD, echo, train\n"
                "guess.choose('a', 'b?', 'c', 'd', mine='c'); guess.reveal('a', 'c')\n"
                "pencil(None, 1); train(1, SGD(2)); passes.on_arrays(len); libraries.torch_gru(1, dh=2)\n"
                "figures.losses([1]); figures.impulse_explorer(yours(len)); available('torch'); check(len, points=3)\n"
                "import rnnkit.calls")


def test_every_module_of_rnnkit_crosses_or_is_kept_back_by_decision():
    inside = {path.name for path in Path(rnnkit.__file__).parent.iterdir()
              if path.suffix == ".py" or (path.is_dir() and any(path.glob("*.py")))}
    assert inside == {*student_rnnkit.CROSSES, *student_rnnkit.KEPT_BACK}
    assert len(inside) == len(student_rnnkit.CROSSES) + len(student_rnnkit.KEPT_BACK)


@pytest.mark.parametrize("built_on_it", [
    "def fast(x): return lstm_forward(x)",
    "def fast(x): return fast_lstm.lstm_forward(x)",
    "def fast(x): return rnnkit.lstm.lstm_forward(x)",
    "class fast:\n    run = staticmethod(lstm.lstm_forward)",
    "fast = lstm_forward",
    "fast, other = lstm.lstm_forward, 3",
    "fast: object = {'lstm': lstm_forward}",
    "try:\n    fast = lstm_forward\nexcept NameError:\n    pass",
    "if True:\n    def fast(x):\n        return lstm.lstm_forward(x)",
    "from rnnkit.lstm import lstm_forward as forward\n\ndef fast(x): return forward(x)",
    "def between(x): return lstm_forward(x)\n\nfast = between",
    "async def fast(x): return lstm_forward(x)",
    "fast = lambda x: lstm.lstm_forward(x)",
    "@wraps(lstm_forward)\ndef fast(x):\n    secret = 1",
])
def test_what_is_built_on_an_answer_is_withheld_however_it_is_reached(built_on_it):
    module = f"import rnnkit\nfrom rnnkit import lstm\n\n{built_on_it}\n\n\ndef harmless(x): return x\n"
    names = student_rnnkit.withheld("06_the_lstm", [module])
    assert "fast" in names and "harmless" not in names
    text = student_rnnkit.without(module, names)
    assert 'fast = __import__("rnnkit.withheld")' in text and "def harmless(x): return x" in text
    assert "lstm_forward" not in {part.id for part in ast.walk(ast.parse(text)) if isinstance(part, ast.Name)}


@pytest.mark.parametrize("lesson", ["05_not_registered", "13_what_came_after", "no_number", "00"])
def test_a_lesson_without_exercises_has_a_library(lesson, folder):
    printed = run(folder, f"import rnnkit\nfor name in {CORE}: print(name, getattr(rnnkit, name).__module__)")
    there = {line.split()[0] for line in printed.splitlines() if "withheld" not in line}
    if lesson.startswith("13"):
        assert there == {*CORE} - {"RNN"}
    elif lesson.startswith("05"):
        printed = run(folder, "import rnnkit\nprint(rnnkit.lstm_step)")
        assert {"rnn_backward", "sigmoid"} <= there and "withheld" in printed
    else:
        assert there == THERE["00_start_here"]


def test_a_sandbox_that_cannot_begin_leaves_no_folder_behind(tmp_path, monkeypatch):
    def broken(*_):
        raise OSError("No space left on device")

    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    monkeypatch.setattr(student_rnnkit, "write", broken)
    with pytest.raises(OSError, match="No space"), Sandbox("02_the_recurrent_cell"):
        pass
    assert os.listdir(tmp_path) == []


def test_what_is_lent_to_one_exercise_is_there_for_it_alone(tmp_path):
    lending = [exercise for module in LESSONS.values() for exercise in module.EXERCISES if exercise.lent]
    assert [(exercise.name, exercise.lent) for exercise in lending] == [("exhibit_carry", ("lstm_step_backward",))]
    student_rnnkit.write(tmp_path, "08_the_bug_museum", lending[0].lent)
    printed = run(tmp_path, "import rnnkit\nprint(rnnkit.lstm_step_backward, rnnkit.lstm_backward)")
    assert "withheld" not in printed.split("> <")[0] and "withheld" in printed.split("> <")[1]
    printed = run(tmp_path, "from rnnkit import lstm_step_backward, passes\n"
                            "print(passes.backward_through_time(lstm_step_backward))")
    assert printed == "None\n"     # a loop around the step that is lent would be the answer


@pytest.mark.parametrize(("lesson", "exercise"), [
    (number, exercise) for number, module in LESSONS.items() for exercise in module.EXERCISES
], ids=lambda value: getattr(value, "name", value))
def test_no_function_of_its_library_answers_an_exercise(lesson, exercise):
    sources = [(Path(rnnkit.__file__).parent / name).read_text() for name in student_rnnkit.CROSSES]
    away = student_rnnkit.withheld(f"{lesson:02}", sources, exercise.lent)
    call, notebook = Call.parse(exercise.signature), {**vars(rnnkit), **(exercise.given or {})}
    for name in {*rnnkit.__all__} - away:
        theirs = getattr(rnnkit, name)
        if not inspect.isfunction(theirs) or len(inspect.signature(theirs).parameters) > len(call.arguments):
            continue
        for answer in fitted_to(call, theirs):
            functions = {**notebook, exercise.name: answer}
            verdict = climb(exercise, lambda calls, values, wanted, known=functions: perform(
                calls, known, values, wanted), 1)
            assert verdict.share == 0, name


def fitted_to(call, theirs):
    """The function as an answer to a call, in some ways: with the first or last arguments, and whatever it returns."""
    taken, results = len(inspect.signature(theirs).parameters), len(call.results)

    def returned(value):
        values = value if isinstance(value, tuple) else (value,)
        values = (*values, *[0] * results)[:results]
        return values if results > 1 else values[0]

    return [lambda *given: returned(theirs(*given[:taken])), lambda *given: returned(theirs(*given[-taken:]))]
