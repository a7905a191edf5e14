"""Right answers, in ways of their own: whole notebooks' code of seventeen students in `solutions/`, and beside them,
for an exercise that they did not write, `right/NAME.py`, one answer in each of its cells.
"""

import ast
import re
from pathlib import Path

import numpy as np
import pytest

import rnnkit
from autograder.building.source import defined
from rnnkit import check
from rnnkit.calls import perform
from rnnkit.checking.ladder import climb
from rnnkit.exercises import EXERCISES

pytestmark = pytest.mark.filterwarnings("ignore::PendingDeprecationWarning", "ignore:is this right")


def named(text):
    """The names that a module gives to functions and values."""
    return {name for node in ast.parse(text).body for name in defined(node)}


HERE = Path(__file__).parent
STUDENTS = {path.stem: path for path in sorted((HERE / "solutions").glob("*.py"))}
RIGHT = {f"{path.stem}, {cell.splitlines()[0]}": cell for path in sorted((HERE / "right").glob("*.py"))
         for cell in re.split(r"^# %% ", path.read_text(), flags=re.MULTILINE)[1:]}
PAIRS = [*((student, name) for student, path in STUDENTS.items() for name in EXERCISES
           if name in named(path.read_text())),
         *((answer, answer.split(",")[0]) for answer in RIGHT)]

LIBRARY = {name: getattr(rnnkit, name) for name in rnnkit.__all__ if name not in ("check", "yours", "figures")}

# What is said, at no cost, to those who are right in a way that can bite them.
UPSTREAM = "It changes {} in place. That costs nothing here"
EXTRA_AXIS = "with an axis of length 1 too many"
NO_ARRAY = "{} came as a value of type {}. It costs nothing here"
ONCE = "It returned a value of type {}, which gives its results only once. It costs nothing here"
OTHER_CACHE = "its cache does not hold what your {} expects there"
REMARKS = {
    ("in_place", "rnn_step_backward"): [UPSTREAM.format("dh_next")],
    ("in_place", "rnn_backward"): [UPSTREAM.format("dh")],
    ("concatenated", "rnn_step_backward"): [f"db has shape (1, 6), {EXTRA_AXIS}"],
    ("concatenated", "rnn_backward"): [f"db has shape (1, 6), {EXTRA_AXIS}"],
    ("tired", "affine"): [NO_ARRAY.format("a", "matrix")],
    ("tired", "sigmoid"): [NO_ARRAY.format("s", "list")],
    ("tired", "softmax"): [NO_ARRAY.format("p", "list")],
    ("tired", "activation_slopes"): [NO_ARRAY.format("ds", "MaskedArray"), f"dt has shape (1, 3, 5), {EXTRA_AXIS}",
                                     NO_ARRAY.format("dr", "list")],
    ("tired", "rnn_forward"): [NO_ARRAY.format("h", "list"), "cache is still None. It costs nothing here"],
    ("tired", "readout"): [NO_ARRAY.format("y", "list")],
    ("tired", "numerical_gradient"): [NO_ARRAY.format("gradient", "list")],
    ("tired", "rnn_step_backward"): [f"dx has shape (1, 3, 4), {EXTRA_AXIS}", f"db has shape (1, 6), {EXTRA_AXIS}",
                                     OTHER_CACHE.format("rnn_step_backward")],
    ("tired", "rnn_backward"): [NO_ARRAY.format("dx", "list"), f"db has shape (1, 6), {EXTRA_AXIS}"],
    ("tired", "lstm_gates"): [f"i has shape (1, 3, 6), {EXTRA_AXIS}", NO_ARRAY.format("f", "list"),
                              NO_ARRAY.format("g", "list")],
    ("tired", "lstm_step"): ["cache is still None. It costs nothing here"],
    ("tired", "lstm_forward"): [NO_ARRAY.format("h", "list"), f"c has shape (5, 1, 3, 6), {EXTRA_AXIS}"],
    ("in_place", "lstm_step_backward"): [UPSTREAM.format("dc_next and dh_next")],
    ("in_place", "lstm_backward"): [UPSTREAM.format("dc_T and dh")],
    ("concatenated", "lstm_step_backward"): [f"db has shape (1, 24), {EXTRA_AXIS}"],
    ("concatenated", "lstm_backward"): [f"db has shape (1, 24), {EXTRA_AXIS}"],
    ("tired", "lstm_step_backward"): [f"dx has shape (1, 3, 4), {EXTRA_AXIS}", NO_ARRAY.format("dc", "list"),
                                      f"db has shape (1, 24), {EXTRA_AXIS}", OTHER_CACHE.format("lstm_step_backward")],
    ("tired", "lstm_backward"): [NO_ARRAY.format("dx", "list"), NO_ARRAY.format("dc0", "list"),
                                 f"db has shape (1, 24), {EXTRA_AXIS}"],
    ("tired", "forget_bias"): [NO_ARRAY.format("b_new", "list")],
    ("in_place", "gru_step_backward"): [UPSTREAM.format("dh_next")],
    ("in_place", "gru_backward"): [UPSTREAM.format("dh")],
    ("concatenated", "gru_step_backward"): [f"db_x has shape (1, 18), {EXTRA_AXIS}",
                                            f"db_h has shape (1, 18), {EXTRA_AXIS}"],
    ("concatenated", "gru_backward"): [f"db_x has shape (1, 18), {EXTRA_AXIS}",
                                       f"db_h has shape (1, 18), {EXTRA_AXIS}"],
    ("tired", "gru_step"): [f"h_next has shape (1, 3, 6), {EXTRA_AXIS}", "cache is still None. It costs nothing here"],
    ("tired", "gru_step_backward"): [NO_ARRAY.format("dx", "list"), f"db_x has shape (1, 18), {EXTRA_AXIS}",
                                     OTHER_CACHE.format("gru_step_backward")],
    ("tired", "gru_backward"): [NO_ARRAY.format("dx", "list"), f"db_x has shape (1, 18), {EXTRA_AXIS}"],
    ("tired", "parameter_count"): [f"gru has shape (1,), {EXTRA_AXIS}", f"gru_before has shape (1, 1), {EXTRA_AXIS}"],
    ("in_place", "exhibit_sum"): [UPSTREAM.format("dh")],
    ("in_place", "exhibit_carry"): [UPSTREAM.format("dc_T and dh")],
    ("in_place", "exhibit_gates"): [UPSTREAM.format("dc_next and dh_next")],
    **{("concatenated", f"exhibit_{name}"): [f"db has shape (1, {size}), {EXTRA_AXIS}"] for name, size in [
        ("sum", 6), ("carry", 24), ("states", 6), ("slope", 24), ("gates", 24), ("upstream", 6)]},
    **{("tired", f"exhibit_{name}"): [NO_ARRAY.format("dx", "list"), f"db has shape (1, 6), {EXTRA_AXIS}"]
       for name in ("sum", "states", "upstream")},
    ("tired", "exhibit_carry"): [NO_ARRAY.format("dx", "list"), NO_ARRAY.format("dc0", "list"),
                                 f"db has shape (1, 24), {EXTRA_AXIS}"],
    ("tired", "exhibit_slope"): [f"dx has shape (1, 3, 4), {EXTRA_AXIS}", NO_ARRAY.format("dc", "list"),
                                 f"db has shape (1, 24), {EXTRA_AXIS}", OTHER_CACHE.format("exhibit_slope")],
    **{("odd_forms", name): [NO_ARRAY.format(result, "Tensor") for result in results] for name, results in {
        "affine": "a", "sigmoid": "s", "softmax": "p", "rnn_step": ["h_next"], "rnn_forward": "h", "readout": "y",
        "numerical_gradient": ["gradient"], "lstm_step": ["h_next", "c_next"], "lstm_forward": "hc",
        "forget_bias": ["b_new"], "gru_step": ["h_next"]}.items()},
    **{("odd_forms", name): [ONCE.format(kind)] for name, kind in {
        "rnn_step_backward": "generator", "rnn_backward": "list_iterator", "lstm_gates": "map",
        "lstm_step_backward": "generator", "lstm_backward": "filter", "exhibit_sum": "list_iterator",
        "exhibit_states": "list_iterator", "exhibit_upstream": "list_iterator", "exhibit_carry": "filter",
        "exhibit_slope": "generator", "exhibit_gates": "generator", "gru_step_backward": "generator",
        "gru_backward": "tuple_iterator"}.items()},
    ("gradient_norms, in place", "gradient_norms"): [UPSTREAM.format("dh_T")],
    ("growth_rate, with an axis too many", "growth_rate"): [f"rate has shape (3, 1), {EXTRA_AXIS}"],
    ("tired", "exhibit_gates"): [NO_ARRAY.format("dW_x", "list"), OTHER_CACHE.format("exhibit_gates")],
}


@pytest.fixture(scope="module")
def notebook():
    """A student's name -> everything that the student's notebook defines, run once."""
    ran = {}

    def run(student):
        if student not in ran:
            ran[student] = {"__name__": "__main__", "np": np, **LIBRARY}
            text = RIGHT[student] if student in RIGHT else STUDENTS[student].read_text()
            exec(compile("# " * (student in RIGHT) + text, student, "exec"), ran[student])
        return ran[student]

    return run


@pytest.mark.parametrize("name", EXERCISES)
def test_there_are_at_least_ten_right_solutions_of_every_exercise(name):
    ways = sum(name == solved for _, solved in PAIRS)
    assert ways >= 10, f"write more right answers, with the habits of real students, into tests/rnnkit/right/{name}.py"


@pytest.mark.parametrize("seeds", [10, pytest.param(200, marks=pytest.mark.thorough)])
@pytest.mark.parametrize(("student", "name"), PAIRS)
def test_right_solution_passes_all_seeds(student, name, seeds, notebook):
    exercise, code = EXERCISES[name], notebook(student)
    functions = {**code, **(exercise.given or {})}
    verdict = climb(exercise, lambda calls, values, wanted: perform(calls, functions, values, wanted), 4,
                    range(seeds))
    assert verdict.passed and verdict.earned == 4, verdict.lines


@pytest.mark.parametrize(("student", "name"), PAIRS)
def test_right_solution_gets_full_points_and_just_the_remarks_it_should(student, name, notebook, capfd):
    assert check(notebook(student)[name], points=4) == 4
    said = capfd.readouterr()
    notes = [" ".join(note.split()) for note in said.out.split("\n  note ")[1:]]
    expected = REMARKS.get((student, name), [])
    assert len(notes) == len(expected), said.out
    for note, part in zip(notes, expected, strict=True):
        assert part in note
    assert "wrong" not in said.out and said.err == ""
