"""The demo goes from nothing to marks, and everybody in its class gets exactly what they deserve."""

import dataclasses
import hashlib
import io
import json
import re
import shutil
import sqlite3
from collections import Counter
from pathlib import Path

import pytest
from bs4 import BeautifulSoup
from click.testing import CliRunner
from rich.console import Console

from autograder.__main__ import main
from autograder.collecting.collect import collect
from autograder.course import Course
from autograder.demo.demo import Row, demo, tables, waiting
from autograder.demo.the_class import LESSONS, STUDENTS, the_class
from autograder.init import Occupied, init
from autograder.judging.host import NotSafe, insist, probe
from autograder.judging.judgement import Judgement
from autograder.reporting.report import graded
from rnnkit.checking import Verdict

ROOT = Path(__file__).resolve().parents[2]
pytestmark = pytest.mark.filterwarnings("ignore::sqlalchemy.exc.SAWarning")  # nbgrader's own queries


def contents(folder):
    return {path: hashlib.sha256(path.read_bytes()).hexdigest() for path in sorted(folder.rglob("*")) if path.is_file()}


@pytest.fixture(scope="module")
def shown(tmp_path_factory):
    """What the command printed, in a folder of its own, at the root of a repository that holds nothing else.

    The instructor there gives other points than we do.
    """
    try:
        insist(*probe())
    except NotSafe as why:
        pytest.skip(str(why))
    root = tmp_path_factory.mktemp("repository")
    shutil.copy(ROOT / "nbgrader_config.py", root)
    shutil.copytree(ROOT / "solutions", root / "solutions")
    for lesson in LESSONS:
        path = root / "solutions" / lesson / f"{lesson}.py"
        text = re.sub(r"\w+ points, about", "Points enough, about", path.read_text())
        path.write_text(re.sub(r"points=5\b", "points=7.5", text).replace("# 5 points ·", "# 7.5 points ·"))
    before = contents(root)
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(root)
        patch.delenv("RNNKIT_COURSE", raising=False)
        result = CliRunner().invoke(main, ["demo", str(root / "demo"), "--json"])
    assert result.exit_code == 0, result.output + repr(result.exception)
    after = {path: text for path, text in contents(root).items() if root / "demo" not in path.parents}
    assert after == before, "the demo changed something outside its folder"
    return root / "demo", json.loads(result.stdout)


@pytest.fixture(scope="module")
def course(shown):
    return Course(shown[0] / "course" / "nbgrader_config.py")


@pytest.fixture(scope="module")
def judgements(course):
    return {(judgement.lesson, judgement.student): judgement for judgement in graded(course)}


def test_the_points_are_this_instructors(course):
    assert [course.lesson(lesson).exercises[name] for lesson, name in zip(LESSONS, ("rnn_forward", "rnn_backward"),
                                                                          strict=True)] == [7.5, 7.5]


def test_each_submission_gets_exactly_what_it_deserves(course, judgements):
    expected = the_class(course)
    for lesson in LESSONS:
        for student, each in zip(STUDENTS, expected[lesson], strict=False):
            judgement = judgements[lesson, str(student)]
            given = {name: verdict.earned for name, verdict in judgement.verdicts.items()}
            deserved = dict(zip(course.lesson(lesson).exercises, each.points, strict=True))
            assert (each.what, judgement.status, given) == (each.what, each.status, deserved)
            assert bool(judgement.flags) == bool(each.flag), (each.what, judgement.flags)
            assert all(each.flag in flag for flag in judgement.flags), (each.what, judgement.flags)


def test_wrong_answers_are_recognized_as_the_mistakes_that_were_put_in(course, judgements):
    mistakes = {each.what: [mistake for verdict in judgements[lesson, str(student)].verdicts.values()
                            for mistake in verdict.mistakes]
                for lesson, handed_in in the_class(course).items()
                for student, each in zip(STUDENTS, handed_in, strict=False)}
    assert mistakes["no tanh"] == ["no-tanh"]
    assert mistakes["W_h transposed"] == ["transposed"]
    assert mistakes["every step from h0, last state read"] == ["h0-at-every-step", "last-step-only"]
    assert mistakes["the carry lost"] == ["carry-lost"]
    assert mistakes["= for +=, one-sided"] == ["one-sided", "only-the-first-step"]
    assert mistakes["dW_h transposed"] == ["dW_h-transposed"]


def test_who_handed_in_nothing_is_missing_in_every_lesson(course, judgements):
    absent = [str(student) for student in STUDENTS][len(the_class(course)[LESSONS[0]]):]
    assert len(absent) == 2
    assert {key for key, judgement in judgements.items() if judgement.status == "missing"} == {
        (lesson, student) for lesson in LESSONS for student in absent}


def test_the_printed_rows_are_what_the_gradebook_holds(shown, judgements):
    rows = shown[1]
    assert Counter(row["lesson"] for row in rows) == dict.fromkeys(LESSONS, len(STUDENTS))
    for row in rows:
        judgement = judgements[row["lesson"], row["student"]]
        assert row["points"] == [verdict.earned for verdict in judgement.verdicts.values()]
        assert (row["status"], row["flags"], row["as_expected"]) == (judgement.status, judgement.flags, True)


def test_one_essay_waits_for_a_person(shown, course):
    [(student, lesson)] = waiting(course)
    assert lesson == LESSONS[1]
    assert [(row["student"], row["handed_in"]) for row in shown[1] if row["essay_waits"]] == [
        (student, "the model answers, and the essay")]


def test_the_submissions_came_in_the_layout_of_canvas(shown, course):
    layout, outcomes = collect(course, shown[0] / f"{LESSONS[0]}-submissions.zip", LESSONS[0])
    assert layout == "Canvas's download of submissions"
    assert Counter(outcome.status for outcome in outcomes) == {"unchanged": 18}


def test_the_report_shows_the_class(shown, judgements):
    text = BeautifulSoup((shown[0] / "course" / "report.html").read_text(), "html.parser").get_text(" ", strip=True)
    for judgement in judgements.values():
        assert judgement.lesson in text
        mistakes = [mistake for verdict in judgement.verdicts.values() for mistake in verdict.mistakes]
        for said in (*judgement.flags, *mistakes):
            assert said in text


def test_the_report_command_prints_the_same_numbers_as_json(shown):
    result = CliRunner().invoke(main, ["--course", str(shown[0] / "course"), "report", LESSONS[1], "--json"])
    [lesson] = json.loads(result.stdout)
    assert (lesson["lesson"], lesson["enrolled"], lesson["counted"]) == (LESSONS[1], 20, 18)
    assert sum(bar["submissions"] for bar in lesson["marks"]["bars"]) == 18
    assert lesson["misconceptions"][0]["id"] == "carry-lost"
    assert len(lesson["flagged"]) == 4


def test_a_report_on_a_lesson_that_was_not_graded_is_refused(shown):
    result = CliRunner().invoke(main, ["--course", str(shown[0] / "course"), "report", "07_something"])
    assert result.exit_code == 2
    assert "07_something" in result.output


def test_a_course_with_a_report_in_it_is_still_a_course(course):
    assert init(course.folder, ROOT / "nbgrader_config.py") == []


def test_the_gradebook_is_sound(course):
    with sqlite3.connect(course.folder / "gradebook.db") as gradebook:
        assert gradebook.execute("PRAGMA integrity_check").fetchall() == [("ok",)]


def test_an_occupied_folder_is_left_alone(tmp_path):
    (tmp_path / "thesis.tex").write_text("chapter one")
    with pytest.raises(Occupied, match="not empty"):
        demo(tmp_path)
    assert contents(tmp_path).keys() == {tmp_path / "thesis.tex"}


def test_outside_the_repository_the_command_says_where_to_run_it(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    result = CliRunner().invoke(main, ["demo", str(tmp_path / "demo")])
    assert result.exit_code == 2
    assert "run this at the root of the repository" in result.output.replace("\n", " ")
    assert not (tmp_path / "demo").exists()


@pytest.mark.parametrize("change", [
    {"points": (4, 3, 5, 2)}, {"status": "unreadable"}, {"flag": "network"}, {"essay": True}])
def test_a_row_that_deserves_something_else_is_noticed(course, judgements, change):
    model, judgement = the_class(course)[LESSONS[0]][0], judgements[LESSONS[0], str(next(iter(STUDENTS)))]
    assert Row(model, judgement, False).as_expected
    assert not Row(dataclasses.replace(model, **change), judgement, False).as_expected


def test_the_tables_show_a_hostile_flag_as_text():
    hostile = Judgement(str(next(iter(STUDENTS))), "", verdicts={"rnn_step": Verdict("rnn_step", 4)},
                        flags=["[red]tried[/] \x1b[2J[/nonsense]"])
    rows = [Row(None, dataclasses.replace(hostile, lesson=lesson), False) for lesson in LESSONS]
    console = Console(width=120, file=io.StringIO())
    for table in tables(rows):
        console.print(table)
    assert "[red]tried[/] \\x1b[2J[/nonsense]" in console.file.getvalue()
