"""A source with a mistake is refused, by file and line."""

from pathlib import Path

import pytest
from click.testing import CliRunner

from autograder.__main__ import main
from autograder.building.editions import Refused, read_sources

LESSON = Path(__file__).with_name("doubling.txt").read_text(encoding="utf-8")
EXTRA = '\n# %% answer="other"\ndef other():\n    ### BEGIN SOLUTION\n    return 1\n    ### END SOLUTION\n'
LONG = "x = [\n" + "    1,\n" * 44 + "]"
# What is edited, into what; the text of the line that is named, or a line's number; part of the message.
MISTAKES = {
    "answer_without_check": ("", EXTRA, 'answer="other"', "answer 'other' has no check"),
    "check_without_answer": ('answer="double"', 'locked="double-it"', "check=", "no answer before it"),
    "check_before_its_answer": (
        LESSON,
        '# %% check="other" points=1\ncheck(other, points=1)\n' + EXTRA,
        "check=",
        "no answer before it",
    ),
    "check_without_points": ('check="double" points=4', 'check="double"', "check=", "points above zero"),
    "check_for_zero_points": ('check="double" points=4', 'check="double" points=0', "check=", "given 0"),
    "check_for_negative_points": (
        'check="double" points=4',
        'check="double" points=-1',
        "check=",
        "given -1",
    ),
    "check_for_points_in_words": ('double" points=4', 'double" points="4"', "check=", "given '4'"),
    "essay_without_points": ('essay="why" points=3', 'essay="why"', "essay=", "points above zero"),
    "points_on_an_answer": ('answer="double"', 'answer="double" points=4', "answer=", "points belong to"),
    "points_of_mark_and_call_differ": (
        "(double, points=4)",
        "(double, points=5)",
        "check(double",
        "check says 5",
    ),
    "call_without_points": ("(double, points=4)", "(double)", "check(double", "check says nothing"),
    "call_of_another_check": ("check(double,", "check(triple,", "check(triple", "expected check(double"),
    "call_not_last": (
        "check(double, points=4)",
        "check(double, points=4)\nx = 1",
        "x = 1",
        "as the last line",
    ),
    "call_hidden": (
        "### END HIDDEN TESTS\ncheck(double, points=4)",
        "check(double, points=4)\n### END HIDDEN TESTS",
        "### BEGIN HIDDEN TESTS",
        "and not hidden",
    ),
    "call_silenced": ("check(double, points=4)", "check(double, points=4) ;", "check(double", "semicolon"),
    "two_answers_of_one_name": ("", EXTRA.replace("other", "double"), 37, "taken by answer in line 7"),
    "two_cells_of_one_grade_id": (
        'locked="title"',
        'locked="check-double"',
        "check=",
        "taken by locked in line 1",
    ),
    "essay_called_like_an_answer": ('"why"', '"double"', "essay=", "taken by answer in line 7"),
    "solution_left_open": ("    ### END SOLUTION\n", "", "### BEGIN SOLUTION", "not closed"),
    "solution_never_opened": ("    ### BEGIN SOLUTION\n", "", "### END SOLUTION", "closes nothing"),
    "solution_inside_a_solution": ("    return twice", "    ### BEGIN SOLUTION", 13, "that line 11 opened"),
    "hidden_tests_left_open": ("### END HIDDEN TESTS\n", "", "### BEGIN HIDDEN", "not closed"),
    "hidden_tests_never_opened": ("### BEGIN HIDDEN TESTS\n", "", "### END HIDDEN", "closes nothing"),
    "tests_close_a_solution": (
        "    ### END SOLUTION",
        "    ### END HIDDEN TESTS",
        14,
        "BEGIN SOLUTION of line 11",
    ),
    "essay_left_open": ("# ### END SOLUTION\n", "", "# ### BEGIN SOLUTION", "not closed"),
    "solution_in_a_check": ("HIDDEN TESTS", "SOLUTION", 18, "BEGIN SOLUTION does not belong in check"),
    "tests_in_an_answer": (
        "    return twice",
        "    ### BEGIN HIDDEN TESTS\n    ### END HIDDEN TESTS",
        13,
        "does not belong in answer",
    ),
    "solution_in_a_cell_without_a_mark": (
        "from rnnkit import check",
        "### BEGIN SOLUTION\nx = 1\n### END SOLUTION",
        5,
        "does not belong in a cell without a mark",
    ),
    "solution_in_locked_text": (
        "# # Doubling",
        "# ### BEGIN SOLUTION\n# x\n# ### END SOLUTION",
        2,
        "does not belong in locked",
    ),
    "misspelled_edge_in_code": (
        "    ### BEGIN SOLUTION",
        "    ### BEGIN SOLUTON",
        "SOLUTON",
        "expected ### BEGIN",
    ),
    "misspelled_edge_in_an_essay": (
        "# ### END SOLUTION",
        "# ### END SOLUTON",
        "SOLUTON",
        "expected ### BEGIN",
    ),
    "edge_with_words_beside_it": (
        "    ### BEGIN SOLUTION",
        "    x = 1  # BEGIN SOLUTION",
        11,
        "expected ### BEGIN",
    ),
    "nothing_hidden_in_an_answer": (
        "    twice = x + x\n    return twice\n",
        "",
        "answer=",
        "answer 'double' hides nothing",
    ),
    "nothing_hidden_in_an_essay": (
        "# Twice is once, and once more.\n",
        "",
        "essay=",
        "essay 'why' hides nothing",
    ),
    "hidden_outside_the_function": (
        "    ### BEGIN SOLUTION",
        "### BEGIN SOLUTION",
        "### BEGIN SOL",
        "indent it",
    ),
    "answer_defines_another_name": ("def double(x)", "def duoble(x)", "answer=", "does not define double"),
    "answer_hides_its_name": (
        "def double(x):",
        "def helper():\n    ### BEGIN SOLUTION\n    pass\n    ### END SOLUTION\nif 0:\n  def double(x):",
        "answer=",
        "does not define double",
    ),
    "essay_without_rubric": ('rubric="why"', 'locked="why-not"', "essay=", "no rubric before it"),
    "rubric_without_essay": ('rubric="why"', 'rubric="wy"', "rubric=", "rubric 'wy' has no essay"),
    "rubric_that_does_not_add_up": ("- 2 points", "- 1 point", "rubric=", "adds up to 2 points"),
    "rubric_without_points": ("point", "mark", "rubric=", "adds up to 0 points"),
    "unknown_mark": ("answer=", "anwser=", "anwser=", "unknown mark 'anwser'"),
    "mark_without_a_name": ('answer="double"', "answer", "# %% answer", "unknown mark 'answer'"),
    "mark_without_quotes": ('answer="double"', "answer=double", "answer=", "unknown mark 'answer=double'"),
    "mark_with_an_odd_name": ('locked="title"', 'locked="the title"', "locked=", "a name has"),
    "two_marks_on_a_cell": ('answer="double"', 'answer="double" locked="it"', "answer=", "several marks"),
    "check_in_text": ('%% check="double"', '%% [markdown] check="double"', "check=", "marks a code cell"),
    "essay_in_code": ('[markdown] essay="why"', 'essay="why"', "essay=", "marks a markdown cell"),
    "code_that_does_not_parse": ("twice = x + x", "twice = x +", "twice =", "does not parse"),
    "code_that_students_cannot_parse": (
        "    twice = x + x",
        "    return (\n    ### END SOLUTION\n    x + x)\n    ### BEGIN SOLUTION",
        "x + x)",
        "does not parse",
    ),
    "cell_longer_than_a_screen": ("from rnnkit import check", LONG, 4, "46 lines, and a screen holds 45"),
    "text_before_the_first_cell": (
        "# %% [markdown] locked=",
        "# Hello.\n\n# %% locked=",
        1,
        "cannot be told apart",
    ),
    "string_that_begins_like_a_cell": ('"""Twice x."""', '"""Twice\n# %%\n"""', 1, "cannot be told apart"),
    "check_without_an_exercise": ('"double"', '"doubel"', "check=", "did you mean 'double'?"),
    "check_like_no_exercise": ('"double"', '"xyz"', "check=", "there are: double, triple"),
    "card_with_other_points": (
        "# # Doubling",
        "# # Doubling\n#\n# 5 points · 2 minutes · needs nothing",
        4,
        "the card says 5 points, and check 'double' points=4",
    ),
    "essays_card_with_other_points": (
        "# - 1 point:",
        "# 4 points · 2 minutes · graded by hand\n# - 1 point:",
        "graded by hand",
        "the card says 4 points, and essay 'why' points=3",
    ),
    "other_points_in_all": (
        "# # Doubling",
        "# # Doubling\n#\n# One exercise. Twenty-four\n# points, about\n# an hour.",
        4,
        "says 'Twenty-four' points, and the marks of the lesson add up to 7",
    ),
    "header_that_nobody_can_read": (
        "# %% [markdown] locked=",
        "# ---\n# jupyter:\n#   kernelspec:\n#     name: python3\n# ---\n# %% locked=",
        1,
        "cannot read this file",
    ),
}


@pytest.mark.parametrize("mistake", MISTAKES)
def test_refused(write, mistake):
    old, new, where, message = MISTAKES[mistake]
    text = LESSON + new if old == "" else LESSON.replace(old, new)
    assert text != LESSON
    if isinstance(where, str):
        where = next(number for number, line in enumerate(text.split("\n"), start=1) if where in line)
    with pytest.raises(Refused) as refused:
        read_sources(write(text))
    prefix = f"solutions/02_doubling/02_doubling.py:{where}: "
    assert any(line.startswith(prefix) and message in line for line in refused.value.mistakes), refused.value


def test_lesson_without_a_mistake_is_not_refused(write):
    assert list(read_sources(write())) == ["02_doubling"]


def test_points_in_prose_that_are_right_are_not_refused(write):
    text = LESSON.replace("# # Doubling", "# # Doubling\n#\n# Seven points, about an hour.\n#\n# 4 points · 1 minute")
    assert list(read_sources(write(text.replace("# Why is", "# 3 points · 1 minute\n#\n# Why is")))) == ["02_doubling"]
    assert list(read_sources(write(text.replace("Seven", "7")))) == ["02_doubling"]


def test_refused_without_a_number(write):
    with pytest.raises(Refused, match="begins with its number"):
        read_sources(write(name="doubling", folder="doubling"))


def test_refused_when_file_and_folder_differ(write):
    with pytest.raises(Refused, match=r"solutions/02_doubling/02_dubbing.py:1: .*expected 02_doubling.py"):
        read_sources(write(name="02_dubbing"))


def test_all_mistakes_of_all_lessons_are_told_and_nothing_is_written(write, monkeypatch):
    write(name="01_right", folder="01_right")
    write(LESSON.replace("answer=", "anwser="), name="03_wrong", folder="03_wrong")
    root = write(LESSON.replace("- 2 points", "- 1 point").replace("points=4)", "points=5)"))
    monkeypatch.chdir(root)
    result = CliRunner().invoke(main, ["build"])
    assert result.exit_code == 1
    told = [line.split(": ")[0] for line in result.stderr.splitlines()]
    assert told[:2] == [f"solutions/02_doubling/02_doubling.py:{line}" for line in (21, 26)]
    assert "solutions/03_wrong/03_wrong.py:7" in told
    assert told[-1] == "Nothing was written"
    assert not (root / "lessons").exists() and not (root / "course").exists()


def test_a_lesson_that_does_not_exist_is_refused(write, monkeypatch):
    monkeypatch.chdir(write())
    result = CliRunner().invoke(main, ["build", "02_dubling"])
    assert (result.exit_code, "no such lesson" in result.stderr) == (1, True)
