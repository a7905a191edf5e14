"""Whatever goes wrong: it costs one submission, nothing that was recorded is lost, and a sentence says what to do."""

import csv
import json
import os
import re
import shutil
import sqlite3
import stat
import subprocess
import sys
import time
from contextlib import closing

import pytest
import students
from click.testing import CliRunner
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from autograder.__main__ import main
from autograder.course import Course
from autograder.grade import enter, failures, summary
from autograder.judging import pool, submission
from autograder.judging.judgement import STATUSES, Judgement
from autograder.judging.notebook import Autograded
from autograder.judging.pool import Judge, Task
from autograder.marks.record import Records
from autograder.reporting import report
from rnnkit.checking import Verdict
from rnnkit.checking.card import MARKS

pytestmark = [pytest.mark.filterwarnings("ignore::sqlalchemy.exc.SAWarning"),  # nbgrader's own queries
              pytest.mark.usefixtures("safe")]

LESSON = students.lessons()["02_the_recurrent_cell"]
SOLVED = students.solved(LESSON)
POINTS = {f"check-{name}": points for name, points in LESSON.exercises.items()}
RIGHT = students.notebook(LESSON, SOLVED)


@pytest.fixture(scope="module")
def untouched(tmp_path_factory):
    """A course in which three students have handed in. Copy it."""
    folder = students.make_course(tmp_path_factory.mktemp("untouched") / "course", [LESSON.name])
    for student in ("ada", "ben", "cleo"):
        students.submit(folder, student, LESSON, RIGHT)
    return folder


@pytest.fixture
def course(untouched, tmp_path, monkeypatch):
    monkeypatch.delenv("RNNKIT_COURSE", raising=False)
    shutil.copytree(untouched, tmp_path / "course")
    return Course.at(tmp_path / "course")


def run(course, *command):
    """A command's exit code, and what the terminal shows; never a traceback."""
    done = CliRunner().invoke(main, ["--course", str(course.folder), *command])
    assert done.exception is None or isinstance(done.exception, SystemExit), done.exc_info
    return done.exit_code, done.output


def marks(course):
    """Student -> cell -> its score, or None where it waits."""
    query = ("select student_id, base_cell.name, auto_score from grade join base_cell on cell_id = base_cell.id"
             " join submitted_notebook on grade.notebook_id = submitted_notebook.id"
             " join submitted_assignment on submitted_notebook.assignment_id = submitted_assignment.id")
    found = {}
    with closing(sqlite3.connect(course.folder / "gradebook.db")) as gradebook:
        for student, cell, score in gradebook.execute(query):
            found.setdefault(student, {})[cell] = score
    return found


def statuses(course):
    with Records(course) as book:
        return {each.student: each.status for each in book.judgements()}


# One submission

def test_an_answer_with_an_odd_problem_costs_that_answer(course):
    for student, problem in {"ben": '"raised", ""', "cleo": '"blank", ""', "dan": '"type", "\\ud800"',
                             "eve": '"count", "\\n" * 10 ** 5'}.items():
        answer = f"from rnnkit.calls import _Problem\ndef readout(*given):\n    raise _Problem({problem})"
        students.submit(course.folder, student, LESSON, students.notebook(LESSON, {**SOLVED, "readout": answer}))
    assert run(course, "grade")[0] == 0
    found = marks(course)
    assert found.pop("ada") == POINTS
    assert found == {student: {**POINTS, "check-readout": 0} for student in ("ben", "cleo", "dan", "eve")}


MAKERS = {
    "raises": lambda *given: 1 / 0, "hangs": lambda *given: time.sleep(600), "exits": lambda *given: os._exit(1),
    "number": lambda *given: 7, "nothing": lambda *given: None, "nonsense": lambda *given: Autograded("nonsense", {}),
    "list": lambda *given: Autograded("[]", {}), "empty": lambda *given: Autograded("{}", {}),
    "digests": lambda judgement, read, lesson: Autograded(json.dumps(lesson.student), 7),
    "stuck": lambda judgement, read, lesson: Autograded(json.dumps(lesson.student), lambda: "cannot be sent"),
}


def test_a_notebook_that_cannot_be_made_costs_its_submission_and_everybody_is_told_why(course, monkeypatch):
    make, begin = pool.autograded, Judge.begin
    for student in MAKERS:
        students.submit(course.folder, student, LESSON, RIGHT)
    with monkeypatch.context() as patch:
        patch.setattr(pool, "autograded", lambda given, *more: MAKERS.get(given.student, make)(given, *more))
        patch.setattr(Judge, "begin", lambda judge, task: begin(judge, task) or task.student != "hangs" or
                      setattr(judge, "until", time.monotonic() + 3))
        code, said = run(course, "grade")
    named = re.findall(r"^Failed, 02_the_recurrent_cell: (.*?)\. The \w+", said, re.M)
    assert code == 1 and sorted(", ".join(named).split(", ")) == sorted(MAKERS)
    assert statuses(course) == {**dict.fromkeys(("ada", "ben", "cleo"), "judged"), **dict.fromkeys(MAKERS, "failed")}
    assert marks(course) == {**dict.fromkeys(("ada", "ben", "cleo"), POINTS),
                             **dict.fromkeys(MAKERS, dict.fromkeys(POINTS))}
    log = course.folder / "grading.log"
    assert all(f" {student}, 02_the_recurrent_cell: " in log.read_text() for student in MAKERS)
    assert "ZeroDivisionError: division by zero" in log.read_text() and "in <lambda>" in log.read_text()
    assert stat.S_IMODE(log.stat().st_mode) == 0o600
    assert run(course, "grade")[0] == 0
    assert marks(course) == dict.fromkeys(("ada", "ben", "cleo", *MAKERS), POINTS)


@pytest.mark.parametrize("name", ["autograded", "Sandbox", "judge"])
def test_where_the_engine_fails_for_everybody_each_reason_is_said_once(name, course, monkeypatch):
    monkeypatch.setattr(pool, name, lambda *given: 1 / 0)
    code, said = run(course, "grade", "--workers", "2")
    named, = re.findall(r"^Failed, 02_the_recurrent_cell: (.*)\. The engine failed: ZeroDivisionError", said, re.M)
    assert code == 1 and sorted(named.split(", ")) == ["ada", "ben", "cleo"]
    assert (course.folder / "grading.log").read_text().count("ZeroDivisionError: division by zero\n") >= 3


def test_what_cannot_be_recorded_has_failed_and_the_class_goes_on(course, monkeypatch):
    record = Records.record
    with monkeypatch.context() as patch:
        patch.setattr(Records, "record", lambda book, judgement, *more: 1 / 0 if judgement.student == "ben"
                      else record(book, judgement, *more))
        assert run(course, "grade")[0] == 1
    assert statuses(course) == {"ada": "judged", "ben": "failed", "cleo": "judged"}
    (course.folder / "autograded" / "dan").touch()  # where a folder has to be
    students.submit(course.folder, "dan", LESSON, RIGHT)
    code, said = run(course, "grade")
    assert code == 1 and "autograded/dan" in said
    assert marks(course).keys() == {"ada", "ben", "cleo"}
    (course.folder / "autograded" / "dan").unlink()
    assert run(course, "grade")[0] == 0
    assert marks(course) == dict.fromkeys(("ada", "ben", "cleo", "dan"), POINTS)


def test_a_run_in_which_the_engine_fails_leaves_right_marks_as_they_are(course, monkeypatch):
    def exported():
        _, said = run(course, "export")
        with open(course.folder / "grades.csv", encoding="utf-8") as file:
            return {row["student_id"]: float(row["score"]) for row in csv.DictReader(file)}, said

    assert run(course, "grade")[0] == 0
    before, said = exported()
    assert before == dict.fromkeys(("ada", "ben", "cleo"), 15) and "Failed" not in said
    with monkeypatch.context() as patch:
        patch.setattr(pool, "judge", lambda *given: 1 / 0)
        for _ in range(2):
            code, said = run(course, "grade", "--again")
            assert code == 1 and "none" in said
            scores, said = exported()
            assert scores == before and "Failed, 02_the_recurrent_cell: ada, ben, cleo. The engine failed" in said
    assert run(course, "grade")[0] == 0
    assert "Failed" not in exported()[1]


# Anything at all

TEXTS = st.text(st.characters(), max_size=20)
SOURCES = st.sampled_from([cell.source for cell in LESSON.instructor.cells]) | TEXTS
NAMES = st.sampled_from([*LESSON.exercises, *POINTS, "title"]) | TEXTS
JSON = st.recursive(st.none() | st.booleans() | st.floats() | TEXTS, lambda inside:
                    st.lists(inside, max_size=3) | st.dictionaries(TEXTS, inside, max_size=3), max_leaves=5)
CELLS = st.fixed_dictionaries(
    {"cell_type": st.sampled_from(["code", "markdown", "raw"]), "source": SOURCES}, optional={
        "id": NAMES, "outputs": JSON, "metadata": st.fixed_dictionaries({"nbgrader": st.fixed_dictionaries(
            {"grade_id": NAMES})}) | JSON})
VERDICTS = st.builds(Verdict, st.sampled_from([*LESSON.exercises]), st.sampled_from([3.0, 4.0, 5.0]),
                     share=st.sampled_from([0.0, 0.5, 1.0]) | st.floats(),
                     lines=st.lists(st.tuples(st.sampled_from([*MARKS]), TEXTS) | st.tuples(TEXTS, TEXTS), max_size=3),
                     mistakes=st.lists(TEXTS, max_size=2), misshapen=st.lists(TEXTS, max_size=2))
JUDGEMENTS = st.builds(
    Judgement, st.just("ben"), st.just(LESSON.name), status=st.sampled_from(["judged", *STATUSES]) | TEXTS,
    detail=TEXTS, verdicts=st.dictionaries(st.sampled_from([*LESSON.exercises]) | TEXTS, VERDICTS, max_size=4),
    printed=st.dictionaries(st.integers(-3, 9), TEXTS, max_size=3), flags=st.lists(TEXTS, max_size=2),
    remarks=st.lists(TEXTS, max_size=2), layers=st.lists(TEXTS, max_size=2), seed=TEXTS, seconds=st.floats(),
    megabytes=st.floats())


@pytest.fixture
def book(course):
    with Records(course) as book:
        book.register(course.lesson(LESSON.name))
        yield book


@settings(max_examples=15, deadline=None, suppress_health_check=list(HealthCheck))
@given(cells=st.lists(CELLS, max_size=6), judgement=JUDGEMENTS)
def test_any_notebook_and_any_judgement_end_on_record(course, book, cells, judgement):
    path = students.submit(course.folder, "ben", LESSON, {"cells": cells, "nbformat": 4, "nbformat_minor": 5})
    task = Task("ben", path, "1")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(pool, "judge", lambda *given: judgement)
        try:
            result = pool.one(task, LESSON, pool.Settings(7), judgement.layers, None)
        except Exception as error:  # as `serve` does
            result = pool.failed(task, LESSON, error)
    kept = enter(book, LESSON, result)
    stored, = book.judgements()
    assert kept.status == stored.status and (kept.status == "failed" or kept is judgement)
    summary([kept])
    assert all(line.isprintable() for line in failures([kept]))
    json.dumps(kept.as_dict())
    report.page(report.numbers([stored]), "What this class understood")


def test_any_judgement_that_the_engine_can_make_is_recorded_and_has_not_failed(course, book):
    """The test above would be content if everything failed."""
    path = course.path("submitted", "ben", LESSON.name) / f"{LESSON.name}.ipynb"
    verdicts = {name: Verdict(name, points, 0.5, [(mark, "\ud800\x1b[2J<b>") for mark in MARKS])
                for name, points in LESSON.exercises.items()}
    judgement = Judgement("ben", LESSON.name, verdicts=verdicts, flags=["\0"], printed={1: ""}, remarks=["`"])
    notebook = pool.autograded(judgement, submission.read(path, LESSON), LESSON)
    assert enter(book, LESSON, pool.Result(Task("ben", path, "1"), judgement, notebook)) is judgement
    assert marks(course) == {"ben": {cell: points / 2 for cell, points in POINTS.items()}}


# The machine

def half(path):
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])


def noise(path):
    path.write_bytes(os.urandom(50_000))


def folder(path):
    path.unlink()
    path.mkdir()


@pytest.mark.parametrize("command", ["grade", "report", "export"])
@pytest.mark.parametrize("damage", [half, noise, folder])
def test_a_gradebook_that_cannot_be_read_ends_in_a_sentence_and_stays_as_it_is(damage, command, course):
    path = course.folder / "gradebook.db"
    damage(path)
    before = path.is_file() and path.read_bytes()
    code, said = run(course, command)
    assert code == 1 and said.startswith(f"The gradebook of {course.folder} ") and said.count("\n") == 1, said
    assert "It was left as it is." in said
    assert (path.is_file() and path.read_bytes()) == before


@pytest.mark.parametrize("command", ["grade", "report", "export"])
def test_a_gradebook_that_somebody_else_writes_to_ends_in_a_sentence(command, course, monkeypatch):
    assert run(course, "grade")[0] == 0
    connect = sqlite3.dbapi2.connect
    monkeypatch.setattr(sqlite3.dbapi2, "connect", lambda *given, **more: connect(*given, **{**more, "timeout": 0.1}))
    with closing(sqlite3.connect(course.folder / "gradebook.db", isolation_level=None)) as other:
        other.execute("begin exclusive")
        code, said = run(course, command)
    assert code == 1 and "is being written by another program. Close that, or wait" in said, said
    assert run(course, "grade")[0] == 0


def test_a_source_that_is_no_notebook_is_named(course):
    path = course.folder / "source" / LESSON.name / f"{LESSON.name}.ipynb"
    for text in ("{", "[]", "{}", "\0"):
        path.write_text(text)
        code, said = run(course, "grade")
        assert code == 1 and f"{path} is no notebook that can be read" in said and "build 02_the_rec" in said, said


def test_an_error_that_nobody_expected_keeps_its_traceback(course, monkeypatch):
    monkeypatch.setattr("autograder.marks.export.export", lambda *given: 1 / 0)
    done = CliRunner().invoke(main, ["--course", str(course.folder), "export"])
    assert isinstance(done.exception, ZeroDivisionError)


@pytest.mark.parametrize("moment", ["autograder.course.Course.at", "autograder.grade.probe",
                                    "autograder.grade.judged", "autograder.grade.enter"])
def test_ctrl_c_ends_with_130_at_any_moment(moment, course):
    module, _, name = moment.rpartition(".")
    code = (f"import os, signal, pkgutil\nfrom autograder.__main__ import main\n"
            f"setattr(pkgutil.resolve_name('{module}'), '{name}', "
            f"lambda *given, **more: os.kill(os.getpid(), signal.SIGINT))\nmain()")
    done = subprocess.run([sys.executable, "-c", code, "--course", str(course.folder), "grade"], text=True,
                          capture_output=True, cwd=students.ROOT)
    assert (done.returncode, done.stdout) == (130, "")
    assert done.stderr.strip() == "Stopped. What is done is kept; the same command goes on from here."
