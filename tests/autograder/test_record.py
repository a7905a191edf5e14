"""The gradebook and the notebooks that are recorded: nbgrader's own code reads them and finds what it expects."""

import json
import multiprocessing
import os
import random
import shutil
import sqlite3
import subprocess
import sys
import tempfile
import time
from contextlib import closing
from pathlib import Path

import nbformat
import pytest
from nbgrader import dbutil
from nbgrader.api import Gradebook
from nbgrader.apps.api import NbGraderAPI

from autograder.building.editions import build_lessons
from autograder.course import Course
from autograder.judging.judgement import Judgement
from autograder.judging.notebook import MOST_CELLS, MOST_OUTPUT, MOST_TEXT, autograded
from autograder.judging.submission import read
from autograder.lesson import Lesson
from autograder.marks import gradebook as rows
from autograder.marks.record import LessonChanged, Records
from rnnkit.checking import Verdict

pytestmark = pytest.mark.filterwarnings("ignore::sqlalchemy.exc.SAWarning")  # nbgrader's own queries

ROOT = Path(__file__).resolve().parents[2]
LESSON = "03_backpropagation_through_time"
ESSAY = "why-gradients-add"
WORDS = "Each use of the weight moves the loss."
ROWS_OF_A_SUBMISSION = {"submitted_assignment": 1, "submitted_notebook": 1, "grade": 4, "comment": 4, "judgements": 1}


@pytest.fixture(scope="module")
def prepared(tmp_path_factory):
    """A repository with its course, before anything was handed in. Copy it."""
    root = tmp_path_factory.mktemp("prepared") / "repository"
    shutil.copytree(ROOT / "solutions" / LESSON, root / "solutions" / LESSON)
    shutil.copy(ROOT / "nbgrader_config.py", root)
    with pytest.MonkeyPatch.context() as patch:
        patch.delenv("RNNKIT_COURSE", raising=False)
        build_lessons(root)
        course = Course(root / "nbgrader_config.py")
        with Records(course) as book:
            book.register(course.lesson(LESSON))
    return root


@pytest.fixture
def course(prepared, tmp_path, monkeypatch):
    monkeypatch.delenv("RNNKIT_COURSE", raising=False)
    monkeypatch.setenv("PATH", str(Path(sys.executable).parent), prepend=":")  # nbgrader starts alembic by its name
    shutil.copytree(prepared, tmp_path, dirs_exist_ok=True)
    return Course(tmp_path / "nbgrader_config.py")


@pytest.fixture
def lesson(course):
    return course.lesson(LESSON)


@pytest.fixture
def book(course):
    with Records(course) as book:
        yield book


def handed_in(lesson, essay=WORDS, before=(), bare=False, **answers):
    """The solved lesson, as it is read. answers: the texts of some cells, None deletes one. before: cell -> cells."""
    solved, cells = {cell.id: cell.source for cell in lesson.instructor.cells}, []
    for cell in lesson.student.cells:
        cells += [{"cell_type": "code", "source": text} for text in dict(before).get(cell.id, ())]
        text = {ESSAY: essay, **answers}.get(cell.id, solved[cell.id])
        if text is not None:
            cells.append({"cell_type": cell.cell_type, "source": text} | ({} if bare else {"metadata": cell.metadata}))
    with tempfile.NamedTemporaryFile("w") as file:
        json.dump({"cells": cells, "nbformat": 4, "nbformat_minor": 5}, file)
        file.flush()
        return read(file.name, lesson)


def judged(lesson, student="ada", share=1.0, **known):
    verdicts = {name: Verdict(name, points, share, [("ok", "the shapes are right")])
                for name, points in lesson.exercises.items()}
    return Judgement(student, lesson.name, verdicts=verdicts, **known)


def record(book, judgement, submission, lesson, fingerprint, **known):
    book.record(judgement, autograded(judgement, submission, lesson), lesson, fingerprint, **known)


def stub(lesson, name=ESSAY):
    return next(cell.source for cell in lesson.student.cells if cell.id == name)


def shown(course, student="ada"):
    """The autograded notebook, which nbformat finds valid."""
    text = (course.path("autograded", student, LESSON) / f"{LESSON}.ipynb").read_text()
    notebook = nbformat.from_dict(json.loads(text))
    nbformat.validate(notebook)
    assert len({cell.id for cell in notebook.cells}) == len(notebook.cells)
    return notebook


def cell(notebook, name):
    return next(cell for cell in notebook.cells if cell.id == name)


def grade(course, name=ESSAY, student="ada", **marks):
    """A grade as nbgrader's own code finds it, after it set what a person decided."""
    with Gradebook(course.coursedir.db_url) as gradebook:
        found = gradebook.find_grade(name, LESSON, LESSON, student)
        for key, value in marks.items():
            setattr(found, key, value)
        gradebook.db.commit()
        return {key: getattr(found, key) for key in
                ("auto_score", "manual_score", "extra_credit", "needs_manual_grade", "score")}


def table(course, query, *values):
    with closing(sqlite3.connect(course.folder / "gradebook.db")) as connection:
        return connection.execute(query, values).fetchall()


def counts(course):
    return {name: table(course, f"select count(*) from {name}")[0][0] for name in ROWS_OF_A_SUBMISSION}


# The lesson in the gradebook

def test_a_registered_lesson_has_the_rows_that_nbgraders_own_release_leaves(course, tmp_path):
    queries = ("select name, course_id, duedate from assignment",
               "select name, kernelspec from notebook",
               "select name, type from base_cell order by type, name",
               "select name, max_score, cell_type from grade_cells join base_cell using (id) order by name",
               "select name, cell_type, locked, source, checksum from source_cell order by name",
               "select id from course")
    ours = [table(course, query) for query in queries]
    (course.folder / "gradebook.db").unlink()
    result = NbGraderAPI(coursedir=course.coursedir, config=course.config).generate_assignment(LESSON)
    assert result["success"], result["log"]
    assert [table(course, query) for query in queries] == ours
    assert len(ours[2]) == 8


def test_registering_again_keeps_the_marks(course, book, lesson):
    record(book, judged(lesson), handed_in(lesson), lesson, "1")
    before = counts(course)
    book.register(lesson)
    assert counts(course) == before == ROWS_OF_A_SUBMISSION
    assert grade(course, "check-rnn_backward")["score"] == 5


def test_a_lesson_that_lost_a_graded_cell_is_refused_while_it_has_marks(book, lesson):
    record(book, judged(lesson), handed_in(lesson), lesson, "1")
    shorter = nbformat.from_dict(json.loads(json.dumps(lesson.instructor)))
    shorter.cells = [cell for cell in shorter.cells if cell.id != "check-rnn_backward"]
    with pytest.raises(LessonChanged, match="lost cells that marks hang on"):
        book.register(Lesson(LESSON, shorter, lesson.config))


def test_a_lesson_has_to_be_registered_first(course, lesson):
    (course.folder / "gradebook.db").unlink()
    with Records(course) as book, pytest.raises(LookupError, match="register it"):
        record(book, judged(lesson), handed_in(lesson), lesson, "1")
    assert table(course, "select count(*) from judgements") == [(0,)]


# Marks

def test_nbgrader_adds_up_what_the_judge_gave(course, book, lesson):
    record(book, judged(lesson, share=0.5), handed_in(lesson), lesson, "1")
    assert [grade(course, f"check-{name}")["auto_score"] for name in lesson.exercises] == [2, 2, 2.5]
    with Gradebook(course.coursedir.db_url) as gradebook:
        submission = gradebook.find_submission(LESSON, "ada")
        assert (submission.score, submission.max_score, submission.needs_manual_grade) == (6.5, 16, True)
        assert [row["score"] for row in gradebook.submission_dicts(LESSON)] == [6.5]
        assert gradebook.notebook_submission_dicts(LESSON, LESSON)[0]["failed_tests"]


@pytest.mark.parametrize(("essay", "waits"), [(WORDS, True), ("stub", False), ("  \n", False), (None, False)])
def test_an_essay_waits_for_a_person_only_if_it_was_written(course, book, lesson, essay, waits):
    essay = f"\n{stub(lesson)}  \r\n" if essay == "stub" else essay
    record(book, judged(lesson), handed_in(lesson, essay), lesson, "1")
    found = grade(course)
    assert (found["needs_manual_grade"], found["auto_score"]) == (waits, None if waits else 0)


@pytest.mark.parametrize(("first", "second", "waits"), [
    (WORDS, WORDS, False), (WORDS, f"{WORDS}\r\n", False), (WORDS, f"{WORDS} It adds.", True), (WORDS, "", True),
    ("", WORDS, True), ("", "", False)])
def test_a_marked_essay_waits_again_only_when_its_text_has_changed(course, book, lesson, first, second, waits):
    record(book, judged(lesson), handed_in(lesson, first), lesson, "1")
    grade(course, manual_score=2.5, extra_credit=1, needs_manual_grade=False)
    record(book, judged(lesson), handed_in(lesson, second), lesson, "2")
    assert grade(course) == {"auto_score": None if second else 0, "manual_score": 2.5, "extra_credit": 1,
                             "needs_manual_grade": waits, "score": 3.5}


def test_an_essay_that_waits_goes_on_waiting(course, book, lesson):
    for essay in (WORDS, "Something else.", "Something else."):
        record(book, judged(lesson), handed_in(lesson, essay), lesson, "1")
        if essay == WORDS:
            grade(course, manual_score=2.0, needs_manual_grade=False)
    assert grade(course)["needs_manual_grade"]


@pytest.mark.parametrize(("share", "waits"), [(0.5, False), (0.75, True)])
def test_an_overruled_check_waits_only_when_the_judge_gives_other_points(course, book, lesson, share, waits):
    record(book, judged(lesson, share=0.5), handed_in(lesson), lesson, "1")
    grade(course, "check-rnn_backward", manual_score=5, needs_manual_grade=False)
    record(book, judged(lesson, share=share), handed_in(lesson), lesson, "2")
    found = grade(course, "check-rnn_backward")
    assert found == {"auto_score": 5 * share, "manual_score": 5, "extra_credit": None, "needs_manual_grade": waits,
                     "score": 5}


def test_where_the_engine_failed_the_marks_of_before_stay_until_it_judges_again(course, book, lesson):
    def everything():
        kept = [table(course, f"select * from {name}") for name in ROWS_OF_A_SUBMISSION if name != "judgements"]
        return kept, shown(course)

    record(book, judged(lesson, share=0.5, flags=["read a file"]), handed_in(lesson), lesson, "1")
    grade(course, manual_score=2.5, needs_manual_grade=False)
    before = everything()
    for _ in range(2):
        book.record_failed(judged(lesson, share=0, status="failed", detail="why"), lesson, "2")
        assert everything() == before
    failed, = book.judgements()
    assert (failed.status, failed.detail, failed.flags) == ("failed", "why", ["read a file"])
    record(book, judged(lesson, flags=["read a file"]), handed_in(lesson), lesson, "2")
    assert grade(course, "check-rnn_backward")["score"] == 5
    assert grade(course) == {"auto_score": None, "manual_score": 2.5, "extra_credit": None,
                             "needs_manual_grade": False, "score": 2.5}


def test_who_fails_at_once_has_no_marks_and_waits_for_a_person(course, book, lesson):
    for _ in range(2):
        book.record_failed(judged(lesson, share=0, status="failed", detail="<b>why</b>"), lesson, "1")
        found = [grade(course, name) for name in (ESSAY, *(f"check-{name}" for name in lesson.exercises))]
        assert all(each["auto_score"] is None and each["needs_manual_grade"] for each in found)
    assert "Failed" in shown(course).cells[0].source
    record(book, judged(lesson), handed_in(lesson, "stub"), lesson, "1")
    assert [grade(course, f"check-{name}")["score"] for name in lesson.exercises] == [4, 4, 5]
    assert not grade(course, "check-rnn_backward")["needs_manual_grade"]


@pytest.mark.parametrize("share", [float("nan"), float("inf"), -1, 1.5])
def test_marks_that_are_none_are_refused(course, book, lesson, share):
    with pytest.raises(ValueError, match="expected 0 to 4"):
        record(book, judged(lesson, share=share), handed_in(lesson), lesson, "1")
    assert table(course, "select * from grade") == []


def test_comments_of_a_person_stay_and_nbgraders_own_follow_the_answers(course, book, lesson):
    record(book, judged(lesson), handed_in(lesson, stub(lesson), rnn_backward=None), lesson, "1")

    def comments(**said):
        with Gradebook(course.coursedir.db_url) as gradebook:
            for name, text in said.items():
                gradebook.find_comment(name, LESSON, LESSON, "ada").manual_comment = text
                gradebook.db.commit()
            sheet = gradebook.find_submission_notebook(LESSON, LESSON, "ada")
            return {row.name: (row.auto_comment, row.manual_comment) for row in sheet.comments}

    silent = ("No response.", None)
    assert comments(rnn_step_backward="Neat.") == {
        "numerical_gradient": (None, None), "rnn_step_backward": (None, "Neat."), "rnn_backward": silent, ESSAY: silent}
    record(book, judged(lesson), handed_in(lesson), lesson, "2")
    assert set(comments().values()) == {(None, None), (None, "Neat.")}


def test_a_new_flag_shows_in_formgrader_and_one_that_a_person_took_down_stays_down(course, book, lesson):
    def flagged(*flags):
        record(book, judged(lesson, flags=list(flags)), handed_in(lesson), lesson, "1")
        return table(course, "select flagged from submitted_notebook") == [(1,)]

    assert not flagged()
    assert flagged("tried to open a network connection")
    with Gradebook(course.coursedir.db_url) as gradebook:
        gradebook.find_submission_notebook(LESSON, LESSON, "ada").flagged = False
        gradebook.db.commit()
    assert not flagged("tried to open a network connection")
    assert flagged("tried to open a network connection", "tried to read outside")


# What is known besides

def test_judgements_come_back_as_they_went_in(book, lesson):
    rich = judged(lesson, "zoë", detail="½ \ud800", printed={3: "a\0b"}, flags=["f"], seed=7, layers=["Landlock"])
    record(book, rich, handed_in(lesson), lesson, "1")
    record(book, judged(lesson, "ada"), None, lesson, "1")
    assert [judgement.student for judgement in book.judgements()] == ["ada", "zoë"]
    assert book.judgements(LESSON)[1] == rich
    assert book.judgements("02_the_recurrent_cell") == []


def test_a_fingerprint_is_given_only_for_what_is_still_there(course, book, lesson):
    assert book.fingerprint("ada", LESSON) is None
    record(book, judged(lesson), handed_in(lesson), lesson, "1")
    assert book.fingerprint("ada", LESSON) == "1"
    record(book, judged(lesson, status="failed"), handed_in(lesson), lesson, "2")
    assert book.fingerprint("ada", LESSON) is None
    record(book, judged(lesson), handed_in(lesson), lesson, "3")
    notebook = course.path("autograded", "ada", LESSON) / f"{LESSON}.ipynb"
    notebook.rename(notebook.with_suffix(".away"))
    assert book.fingerprint("ada", LESSON) is None
    notebook.with_suffix(".away").rename(notebook)
    assert book.fingerprint("ada", LESSON) == "3"
    with Gradebook(course.coursedir.db_url) as gradebook:
        gradebook.remove_student("ada")
        gradebook.add_student("ada")
    assert book.fingerprint("ada", LESSON) is None


def test_who_handed_in_nothing_is_missing_and_is_no_submission(course, book, lesson):
    with Gradebook(course.coursedir.db_url) as gradebook:
        for student in ("ada", "ben", "cyd"):
            gradebook.add_student(student)
    record(book, judged(lesson), handed_in(lesson), lesson, "1")
    course.path("submitted", "cyd", LESSON).mkdir(parents=True)  # a folder without a notebook is nothing
    course.path("submitted", "ben", LESSON).mkdir(parents=True)
    (course.path("submitted", "ben", LESSON) / "any name.ipynb").touch()
    book.record_missing(lesson)
    missing = book.judgements(LESSON)[1]
    assert [(one.student, one.status) for one in book.judgements()] == [("ada", "judged"), ("cyd", "missing")]
    assert missing.earned == 0 and list(missing.verdicts) == list(lesson.exercises)
    assert {tuple(verdict.lines) for verdict in missing.verdicts.values()} == {(("blank", "Nothing was handed in."),)}
    assert counts(course)["submitted_assignment"] == 1
    record(book, judged(lesson, "cyd"), handed_in(lesson), lesson, "1")
    book.record_missing(lesson)
    assert {one.status for one in book.judgements()} == {"judged"}


@pytest.mark.parametrize(("text", "recorded"), [
    ("2026-11-20 23:59:00 CET\n", "2026-11-20 22:59:00.000000"),
    ("2026-11-20 10:00:00 UTC", "2026-11-20 10:00:00.000000"),
    ("", None), ("yesterday, I swear", None), (b"\xff\xfe", None), (None, None)])
def test_the_time_of_handing_in_is_read_as_nbgrader_reads_it(course, book, lesson, text, recorded):
    folder = course.path("submitted", "ada", LESSON)
    folder.mkdir(parents=True)
    if text is not None:
        (folder / "timestamp.txt").write_bytes(text if isinstance(text, bytes) else text.encode())
    record(book, judged(lesson), handed_in(lesson), lesson, "1")
    assert table(course, "select timestamp from submitted_assignment") == [(recorded,)]
    copy = course.path("autograded", "ada", LESSON) / "timestamp.txt"
    assert copy.read_text() == text.strip() if recorded else not copy.exists()


@pytest.mark.parametrize("make", [os.mkfifo, os.mkdir, lambda path: os.symlink("/etc/hostname", path)])
def test_a_timestamp_that_is_no_file_of_its_own_says_nothing(course, book, lesson, make):
    folder = course.path("submitted", "ada", LESSON)
    folder.mkdir(parents=True)
    make(folder / "timestamp.txt")
    record(book, judged(lesson), handed_in(lesson), lesson, "1")
    assert table(course, "select timestamp from submitted_assignment") == [(None,)]


def test_lateness_is_nbgraders_business(course, book, lesson):
    with Gradebook(course.coursedir.db_url) as gradebook:
        gradebook.update_or_create_assignment(LESSON, duedate="2026-11-20 10:00:00 UTC")
    record(book, judged(lesson), handed_in(lesson), lesson, "1", timestamp="2026-11-20 11:00:00 UTC")
    with Gradebook(course.coursedir.db_url) as gradebook:
        submission = gradebook.find_submission(LESSON, "ada")
        assert (submission.total_seconds_late, submission.late_submission_penalty) == (3600, 0)


# The notebook

def test_the_notebook_is_the_released_lesson_with_the_answers_in_it(course, book, lesson):
    record(book, judged(lesson), handed_in(lesson, title="# Full marks", **{"check-rnn_backward": "5.0"}), lesson, "1")
    marked = [cell for cell in shown(course).cells if "nbgrader" in cell.metadata]
    released = [cell for cell in lesson.student.cells if "nbgrader" in cell.metadata]
    assert [(cell.id, cell.metadata) for cell in marked] == [(cell.id, cell.metadata) for cell in released]
    solved = {cell.id: cell.source for cell in lesson.instructor.cells} | {ESSAY: WORDS}
    for mine, theirs in zip(marked, released, strict=True):
        assert mine.source == (solved[mine.id] if mine.metadata.nbgrader.solution else theirs.source)


def test_cells_of_the_students_own_stand_where_they_stood_and_nbgrader_does_not_know_them(course, book, lesson):
    more = {"title": ["first = 1"], "check-rnn_backward": ["helper = 2", "def rnn_backward(): return 'a copy'"]}
    record(book, judged(lesson), handed_in(lesson, before=more), lesson, "1")
    cells = shown(course).cells
    sources = [cell.source for cell in cells]
    assert [cell.id for cell in cells[:1]] == ["how-it-was-judged"] and sources[1] == "first = 1"
    at = sources.index("helper = 2")
    assert (cells[at - 1].id, cells[at + 2].id) == ("rnn_backward", "check-rnn_backward")
    assert sources[at + 1] == "def rnn_backward(): return 'a copy'"
    assert all(cell.metadata == {} for cell in (cells[1], *cells[at:at + 2]))
    assert "import numpy as np" in "".join(sources)


def test_a_notebook_that_lost_its_marks_shows_no_text_twice(course, book, lesson):
    record(book, judged(lesson), handed_in(lesson, bare=True), lesson, "1")
    sources = [cell.source for cell in shown(course).cells if cell.metadata.get("nbgrader", {}).get("locked", True)]
    assert len(sources) == len(set(sources))


def test_what_stands_below_a_cell_is_what_the_judge_saw(course, book, lesson):
    submission = handed_in(lesson, before={"rnn_backward": ["print(1)"]})
    at = {one.source: one.position for one in submission.cells}
    answer = submission.answers()["rnn_step_backward"].position
    said = {at["print(1)"]: "one\x1b[31m red\x1b[0m \x07\ud800", answer: "x" * (MOST_OUTPUT + 5)}
    judgement = judged(lesson, share=0.5, printed=said)
    judgement.verdicts["rnn_backward"].say("printed", "<script>")
    record(book, judgement, submission, lesson, "1")
    notebook = shown(course)
    outputs = {cell.source: cell.outputs for cell in notebook.cells if cell.get("outputs")}
    assert outputs["print(1)"][0]["text"] == "one red \ufffd\ufffd"
    assert cell(notebook, "rnn_step_backward").outputs[0]["text"] == "x" * MOST_OUTPUT + "\n... 5 more characters"
    card = cell(notebook, "check-rnn_backward").outputs[0]["data"]
    assert "2.5 of 5 points" in card["text/plain"] and "&lt;script&gt;" in card["text/html"]
    assert len(outputs) == 2 + len(lesson.exercises)


def test_an_unreadable_submission_shows_the_lesson_and_says_why(course, book, lesson):
    judgement = judged(lesson, status="unreadable", share=0, detail="Expected JSON, *found* <b>a picture</b>.")
    record(book, judgement, None, lesson, "1")
    banner, *cells = shown(course).cells
    assert [cell.source for cell in cells] == [cell.source for cell in lesson.student.cells]
    assert "**Unreadable:**" in banner.source and r"\*found\* \<b\>a picture\</b\>" in banner.source
    assert "sandbox" not in banner.source and "None of your answers could be read" in banner.source
    assert grade(course)["needs_manual_grade"] is False


def test_the_banner_says_how_it_was_judged_and_keeps_seed_and_flags_to_itself(course, book, lesson):
    submission = handed_in(lesson, rnn_backward=None)
    judgement = judged(lesson, seed=424242, flags=["tried to read /etc"], layers=["namespaces", "Landlock"],
                       remarks=list(submission.remarks), detail="It stopped.")
    record(book, judgement, submission, lesson, "1")
    text = (course.path("autograded", "ada", LESSON) / f"{LESSON}.ipynb").read_text()
    banner = shown(course).cells[0].source
    for words in ("every answer was judged", "It stopped.", "namespaces, Landlock", r"- not found\: rnn\_backward"):
        assert words in banner
    assert "424242" not in text and "tried to read" not in text
    assert cell(shown(course), "rnn_backward").source == stub(lesson, "rnn_backward")


def test_a_monstrous_notebook_is_shown_in_part(course, book, lesson):
    submission = handed_in(lesson, "long " * MOST_TEXT, before={"title": ["pass"] * (MOST_CELLS + 3)})
    record(book, judged(lesson), submission, lesson, "1")
    notebook = shown(course)
    assert sum(cell.source == "pass" for cell in notebook.cells) == MOST_CELLS
    assert "left out here: 3" in notebook.cells[MOST_CELLS + 1].source
    assert len(cell(notebook, ESSAY).source) < MOST_TEXT + 50


def test_text_that_no_file_can_hold_is_shown_as_far_as_it_goes(course, book, lesson):
    record(book, judged(lesson), handed_in(lesson, "half \ud83d a pair\0\r\nnext"), lesson, "1")
    assert cell(shown(course), ESSAY).source == "half \ufffd a pair\ufffd\nnext"


@pytest.mark.parametrize("student", ["Zoë Ångström", "小明", "o'brien; drop table student", "a%20b [x]"])
def test_names_of_every_kind_are_recorded(course, book, lesson, student):
    record(book, judged(lesson, student), handed_in(lesson), lesson, "1")
    assert grade(course, "check-rnn_backward", student)["score"] == 5
    assert shown(course, student).cells


# Everything or nothing

def test_a_failure_half_way_leaves_the_gradebook_as_it_was(course, book, lesson, monkeypatch):
    record(book, judged(lesson, share=0.5), handed_in(lesson), lesson, "1")
    before = [table(course, f"select * from {name}") for name in ROWS_OF_A_SUBMISSION]
    with monkeypatch.context() as patch, pytest.raises(ZeroDivisionError):
        patch.setattr(rows, "keep", lambda *arguments: 1 / 0)
        record(book, judged(lesson), handed_in(lesson, "Something else."), lesson, "2")
    with monkeypatch.context() as patch, pytest.raises(ZeroDivisionError):
        patch.setattr(rows, "keep", lambda *arguments: 1 / 0)
        record(book, judged(lesson, "ben"), handed_in(lesson), lesson, "2")
    assert [table(course, f"select * from {name}") for name in ROWS_OF_A_SUBMISSION] == before
    assert table(course, "select id from student") == [("ada",)]
    assert book.fingerprint("ada", LESSON) == "1"


def make_a_gradebook(url, at_once):
    at_once.wait()
    rows.create(url, "course")


@pytest.mark.thorough
def test_three_that_make_the_gradebook_at_the_same_time_make_one(tmp_path):
    fork = multiprocessing.get_context("fork")
    for turn in range(4):
        path, at_once = tmp_path / str(turn) / "gradebook.db", fork.Barrier(3)
        processes = [fork.Process(target=make_a_gradebook, args=(f"sqlite:///{path}", at_once)) for _ in range(3)]
        for process in processes:
            process.start()
        for process in processes:
            process.join()
        assert [process.exitcode for process in processes] == [0, 0, 0]
        assert [each.name for each in path.parent.iterdir()] == [path.name]
        with closing(sqlite3.connect(path)) as connection:
            assert connection.execute("select id from course").fetchall() == [("course",)]


def record_until_killed(course, lesson, submission, turn, done):
    with Records(course) as book:
        for number in range(100_000):
            record(book, judged(lesson, f"{turn}-{number}"), submission, lesson, str(number))
            done.value += 1


def test_a_killed_process_leaves_whole_submissions_only(course, lesson):
    fork, draw, submission = multiprocessing.get_context("fork"), random.Random(3), handed_in(lesson)
    for turn in range(20):
        done = fork.RawValue("i")
        process = fork.Process(target=record_until_killed, args=(course, lesson, submission, turn, done))
        process.start()
        while done.value < 3 and process.is_alive():
            time.sleep(0.001)
        time.sleep(draw.uniform(0, 0.03))
        process.kill()
        process.join()
        assert table(course, "pragma integrity_check") == [("ok",)]
        found = counts(course)
        assert found == {name: found["judgements"] * number for name, number in ROWS_OF_A_SUBMISSION.items()}
        assert found["judgements"] >= 3 * (turn + 1)
        assert table(course, "select count(*) from grade where auto_score is null") == [(found["judgements"],)]
        for path in course.folder.glob("autograded/*/*/*.ipynb"):
            json.loads(path.read_text())


# Beside nbgrader

def test_nbgraders_own_commands_work_beside_our_table(course, book, lesson):
    for student in ("ada", "ben"):
        record(book, judged(lesson, student), handed_in(lesson), lesson, "1")
    dbutil.upgrade(course.coursedir.db_url)
    subprocess.run([sys.executable, "-m", "nbgrader", "db", "upgrade"], cwd=course.folder.parent, check=True,
                   capture_output=True)
    with Gradebook(course.coursedir.db_url) as gradebook:
        gradebook.remove_student("ben")
    assert [judgement.student for judgement in book.judgements()] == ["ada"]
    assert counts(course) == ROWS_OF_A_SUBMISSION | {"judgements": 2}


def test_stock_autograde_goes_on_where_we_stopped_and_we_where_it_stopped(course, book, lesson):
    folder = course.path("submitted", "ada", LESSON)
    folder.mkdir(parents=True)
    submission = nbformat.from_dict(json.loads(json.dumps(lesson.student)))
    submission.cells = [cell for cell in submission.cells if "nbgrader" in cell.metadata or "import" in cell.source]
    for cell_ in submission.cells:
        if cell_.id == "numerical_gradient":
            cell_.source = next(cell.source for cell in lesson.instructor.cells if cell.id == cell_.id)
        if cell_.id == ESSAY:
            cell_.source = WORDS
    nbformat.write(submission, folder / f"{LESSON}.ipynb")
    api = NbGraderAPI(coursedir=course.coursedir, config=course.config)

    def stock():
        result = api.autograde(LESSON, "ada")
        assert result["success"], result["log"]
        return [grade(course, f"check-{name}")["score"] for name in lesson.exercises]

    assert stock() == [4, 0, 0]
    grade(course, manual_score=3, needs_manual_grade=False)
    record(book, judged(lesson, share=0.5), handed_in(lesson), lesson, "1")
    assert [grade(course, f"check-{name}")["score"] for name in lesson.exercises] == [2, 2, 2.5]
    assert grade(course)["manual_score"] == 3 and grade(course)["needs_manual_grade"]
    assert stock() == [4, 0, 0]
    record(book, judged(lesson), handed_in(lesson), lesson, "2")
    assert [grade(course, f"check-{name}")["score"] for name in lesson.exercises] == [4, 4, 5]
    assert counts(course) == ROWS_OF_A_SUBMISSION
