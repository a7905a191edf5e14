"""Lesson 08: each case holds the mistake that its exercise knows, and only a whole repair earns points."""

import ast
from pathlib import Path

import numpy as np
import pytest

import rnnkit
from autograder.building.editions import read_sources
from rnnkit import check, rnn_forward
from rnnkit.exercises.lesson_08 import EXERCISES, EXHIBIT_SUM, EXHIBIT_UPSTREAM

ROOT = Path(__file__).parents[2]
LESSON = "08_the_bug_museum"
exhibits = pytest.mark.parametrize("exercise", EXERCISES, ids=lambda exercise: exercise.name)


@pytest.fixture(scope="module")
def cells():
    """The code cells of lesson 08 that have a name."""
    return {cell.name: cell.node.source for cell in read_sources(ROOT, [LESSON])[LESSON] if cell.kind in
            ("answer", "locked") and cell.node.cell_type == "code"}


def body(text):
    """The statements of a text's first function, without its docstring."""
    function = ast.parse(text).body[0]
    return [ast.unparse(node) for node in function.body[ast.get_docstring(function) is not None:]]


def as_a_student(name, text):
    notebook = {"np": np, **{name: getattr(rnnkit, name) for name in rnnkit.__all__}}
    exec(text, notebook)
    return notebook[name]


def test_no_code_that_is_given_is_longer_than_twenty_lines():
    given = [cell.node.source for cell in read_sources(ROOT, [LESSON])[LESSON]
             if cell.node.cell_type == "code" and cell.kind not in ("answer", "check")]
    assert len(given) > 40
    imports, *others = given
    assert imports.startswith("import") and [each for each in others if sum(map(bool, each.split("\n"))) > 20] == []


@exhibits
def test_case_and_solution_are_the_exercise_as_it_was_found_and_repaired(exercise, cells):
    found = exercise.misconceptions[0]
    assert found.id == "as-found"
    case = cells[exercise.name.replace("exhibit_", "case-")]
    assert body(case) == body(exercise.text.replace(found.right, found.wrong))
    assert body(cells[exercise.name]) == body(exercise.text)


@exhibits
def test_copy_of_the_case_earns_nothing_and_is_sent_to_the_judge(exercise, cells, capfd):
    copy = cells[exercise.name.replace("exhibit_", "case-")].replace("def broken_", "def exhibit_")
    assert check(as_a_student(exercise.name, copy), points=2) == 0
    said = " ".join(capfd.readouterr().out.split())
    assert "Here the exhibit is still as it was found. " in said or "dh is still changed, " in said
    assert "Measure it with the judge" in said or "hands one dh to it twice" in said


@exhibits
def test_a_mistake_in_one_array_alone_earns_nothing_either(exercise):
    def nearly(*given):
        first, *others = exercise.reference(*given)
        return 2 * first, *others

    nearly.__name__ = exercise.name
    assert check(nearly, points=2) == 0


def test_the_upstream_exhibit_is_right_once():
    broken = EXHIBIT_UPSTREAM.wrong_version(EXHIBIT_UPSTREAM.misconceptions[0])
    case = EXHIBIT_SUM.case(1)
    dh, cache = case["dh"].copy(), rnn_forward(*(case[name] for name in ("x", "h0", "W_x", "W_h", "b")))[1]
    dh_T = np.ones_like(dh[0])
    right = EXHIBIT_UPSTREAM.reference(case["dh"], dh_T, cache)
    assert all(np.array_equal(a, b) for a, b in zip(broken(dh, dh_T, cache), right, strict=True))
    assert not any(np.allclose(a, b) for a, b in zip(broken(dh, dh_T, cache), right, strict=True))


@exhibits
def test_one_repair_under_another_name_earns_nothing(exercise, capfd):
    for other in EXERCISES:
        if other is not exercise:
            def alias(*given, repair=other.reference):
                return repair(*given)

            alias.__name__ = exercise.name
            assert check(alias, points=2) == 0, other.name


@pytest.mark.parametrize(("repair", "points"), [
    ("dh_t = dh[t] + dh_next", 2), ("dh_t = dh[t].copy()\n        dh_t += dh_next", 2),
    ("dh_t = dh[t]\n        dh_t += dh_next", 0), ("dh_t = np.add(dh[t], dh_next, out=dh[t])", 0),
])
def test_a_view_is_no_repair_of_the_upstream_exhibit_and_a_copy_is(repair, points):
    text = EXHIBIT_UPSTREAM.text.replace("dh_t = dh[t] + dh_next", repair)
    assert check(as_a_student("exhibit_upstream", text), points=2) == points
