"""Every guess that a lesson asks for meets its answer, and the score stands at the lesson's end."""

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
LESSONS = {path.stem: path.read_text(encoding="utf-8") for path in sorted(ROOT.glob("solutions/*/*.py"))}


def calls(text):
    """The calls of functions of `guess` in a lesson, in order: (function's name, the first argument)."""
    found = [node for node in ast.walk(ast.parse(text)) if isinstance(node, ast.Call)
             and isinstance(node.func, ast.Attribute) and getattr(node.func.value, "id", "") == "guess"]
    found.sort(key=lambda call: call.lineno)
    return [(call.func.attr, call.args[0] if call.args else None) for call in found]


@pytest.mark.parametrize("lesson", LESSONS)
def test_each_question_has_a_name_of_its_own_and_its_answer_comes_after_it(lesson):
    asked, open_questions = [], []
    for function, first in calls(LESSONS[lesson]):
        if function in ("choose", "place"):
            assert isinstance(first, ast.Constant) and first.value not in asked, first
            asked.append(first.value)
            open_questions.append(first.value)
        elif function == "reveal":
            names = [first.value] if isinstance(first, ast.Constant) else list(open_questions)
            assert {*names} <= {*open_questions}, names
            open_questions = [name for name in open_questions if name not in names]
    assert asked and not open_questions


@pytest.mark.parametrize("lesson", [lesson for lesson in LESSONS if not lesson.startswith("00")])
def test_the_score_comes_last_and_nobody_is_told_to_guess_without_a_place_to_do_it(lesson):
    assert [function for function, _ in calls(LESSONS[lesson])][-1] == "score"
    prose = [line for line in LESSONS[lesson].splitlines() if line.startswith("#")]
    assert not [line for line in prose if "Guess first" in line or "Guess again" in line]


@pytest.mark.parametrize("lesson", [lesson for lesson in LESSONS if not lesson.startswith("00")])
def test_one_number_is_worked_by_hand(lesson):
    assert "**By hand.**" in LESSONS[lesson] and "\nmine = None\n" in LESSONS[lesson]
