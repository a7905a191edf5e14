"""Importing rnnkit brings numpy and nothing heavy; importing the exercises brings nothing that a student wrote."""

import json
import subprocess
import sys

import pytest

HEAVY = {"torch", "matplotlib", "ipywidgets", "IPython", "keras", "ipykernel", "nbgrader", "jupytext", "autograder"}


def modules_after(statement, folder):
    program = f"{statement}; import sys, json; print(json.dumps(sorted(sys.modules)))"
    run = subprocess.run([sys.executable, "-c", program], cwd=folder, capture_output=True, text=True, check=True)
    assert run.stderr == ""
    return set(json.loads(run.stdout))


@pytest.fixture
def among_students(tmp_path):
    """A folder whose files say so when they are imported."""
    for name in ("rnn_step", "solution", "submission", "numpy_rnn", "lesson_02"):
        (tmp_path / f"{name}.py").write_text(f"raise SystemExit('{name} was imported')")
    return tmp_path


@pytest.mark.parametrize("statement", ["import rnnkit", "from rnnkit import *", "import rnnkit.checking.ladder",
                                       "from rnnkit import figures"])
def test_import_brings_nothing_heavy(statement, tmp_path):
    assert not modules_after(statement, tmp_path) & HEAVY


def test_everything_that_rnnkit_imports_is_its_own_or_numpys_or_pythons(tmp_path):
    new = modules_after("import rnnkit", tmp_path) - modules_after("import numpy", tmp_path)
    assert not {name.split(".")[0] for name in new} - {"rnnkit", "numpy"} - sys.stdlib_module_names


def test_exercises_load_without_anything_that_a_student_wrote(among_students):
    statement = "from rnnkit.exercises import EXERCISES; [e.wrong_versions for e in EXERCISES.values()]"
    assert "rnnkit.exercises.lesson_03" in modules_after(statement, among_students)
