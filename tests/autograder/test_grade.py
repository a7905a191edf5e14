"""Grading a class: the same marks however it is done, nobody affects anybody, and every stop can be resumed."""

import json
import multiprocessing
import os
import shutil
import signal
import sqlite3
import subprocess
import sys
import time
from contextlib import closing
from dataclasses import replace
from functools import partial
from pathlib import Path

import nbformat
import pytest
import students
from click.testing import CliRunner
from nbgrader.api import Gradebook

from autograder.__main__ import main
from autograder.course import Course
from autograder.grade import UNSAFE, grade, summary
from autograder.judging import pool
from autograder.judging.handed_in import handed_in
from autograder.judging.host import LAYERS, Limits, NotSafe
from autograder.judging.judgement import STATUSES, Judgement
from autograder.judging.pool import Judge, Settings, judged
from autograder.marks.record import Records

pytestmark = [pytest.mark.filterwarnings("ignore::sqlalchemy.exc.SAWarning"),  # nbgrader's own queries
              pytest.mark.usefixtures("safe")]

LESSON = students.lessons()["02_the_recurrent_cell"]
FULL = sum(LESSON.exercises.values())
SOLVED = students.solved(LESSON)
SETTINGS = Settings(seed=7, workers=2, limits=Limits(cell=2, answer=0.5, total=10))


def waiting(seconds, answer="rnn_step"):
    return students.notebook(LESSON, {**SOLVED, answer: f"import time\ntime.sleep({seconds})\n{SOLVED[answer]}"})


CLASS = {
    "ada": students.notebook(LESSON, SOLVED),
    "ben": students.notebook(LESSON, {}),
    "cleo": students.by("dictionaries", LESSON),
    "dan": students.notebook(LESSON, {**SOLVED, "rnn_step": "import os\nos._exit(0)"}),
    "eve": students.notebook(LESSON, {**SOLVED, "readout": "def readout(*given):\n    while True: pass"}),
    "fay": "no notebook",
    "gus": students.notebook(LESSON, {**SOLVED, "rnn_forward": SOLVED["rnn_forward"].replace("h_t = h0", "h_t = 0")}),
    "ivy": students.notebook(LESSON, {**SOLVED, "rnn_step": "np.tanh = np.sin\n" + SOLVED["rnn_step"]}),
}


@pytest.fixture(scope="module")
def empty(tmp_path_factory):
    """A course in which nobody has handed anything in. Copy it."""
    return students.make_course(tmp_path_factory.mktemp("empty") / "course", [LESSON.name])


@pytest.fixture
def hand_in(empty, tmp_path, monkeypatch):
    """A course in which these students handed these notebooks in."""
    monkeypatch.delenv("RNNKIT_COURSE", raising=False)
    shutil.copytree(empty, tmp_path / "course")

    def submit(notebooks):
        for student, notebook in notebooks.items():
            students.submit(tmp_path / "course", student, LESSON, notebook)
        return Course.at(tmp_path / "course")

    return submit


def marks(judgements):
    """What was found, without how long it took."""
    return {each.student: {**each.as_dict(), "seconds": 0, "megabytes": 0} for each in judgements}


def on_record(course):
    with Records(course) as book:
        return {judgement.student: judgement for judgement in book.judgements()}


def intact(course):
    with closing(sqlite3.connect(course.folder / "gradebook.db")) as gradebook:
        return gradebook.execute("PRAGMA integrity_check").fetchall() == [("ok",)]


def alive(place):
    """The processes that have something to do with a folder, by the look of their command lines."""
    found = []
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            line = path.read_bytes()
        except OSError:
            continue
        if str(place).encode() in line and int(path.parent.name) != os.getpid():
            found.append(line.replace(b"\0", b" ").decode())
    return found


def command(course, *options):
    return [sys.executable, "-m", "autograder", "--course", str(course.folder), "grade", *options]


def test_marks_are_the_same_for_any_number_of_workers_in_any_order_and_again(hand_in):
    course = hand_in(CLASS)
    once = marks(grade(course, [LESSON.name], replace(SETTINGS, workers=1)))
    assert {student: each["status"] for student, each in once.items()} == {
        **dict.fromkeys(CLASS, "judged"), "fay": "unreadable"}
    assert on_record(course)["ada"].earned == FULL
    for workers in (1, 2, 3):
        assert marks(grade(course, [LESSON.name], replace(SETTINGS, workers=workers, again=True))) == once
    lesson = course.lesson(LESSON.name)
    backwards = list(handed_in(course, lesson, SETTINGS))[::-1]
    assert marks(each.judgement for each in judged(lesson, backwards, SETTINGS, list(LAYERS))) == once


def test_graded_once_is_left_alone_until_something_changes(hand_in):
    course = hand_in({"ada": CLASS["ada"], "ben": CLASS["ben"]})
    assert len(grade(course, [LESSON.name], SETTINGS)) == 2
    assert grade(course, [LESSON.name], SETTINGS) == []
    hand_in({"ben": CLASS["ada"]})
    assert [(each.student, each.earned) for each in grade(course, [LESSON.name], SETTINGS)] == [("ben", FULL)]
    assert len(grade(course, [LESSON.name], replace(SETTINGS, seed=8))) == 2


def test_everybody_ends_in_a_status_and_everything_that_is_recorded_says_so(hand_in, monkeypatch):
    course = hand_in({
        "ada": CLASS["ada"], "ben": "{", "eve": students.notebook(LESSON, {
            name: f"{text}\nwhile True: pass" for name, text in SOLVED.items()}), "gus": CLASS["ada"]})
    with Gradebook(course.coursedir.db_url) as gradebook:
        gradebook.add_student("zoe")
    one = pool.one
    monkeypatch.setattr(pool, "one", lambda task, *given: 1 / 0 if task.student == "gus" else one(task, *given))
    grade(course, [LESSON.name], replace(SETTINGS, limits=Limits(cell=2, total=3)))
    found = {student: (each.status, each.earned) for student, each in on_record(course).items()}
    assert found == {"ada": ("judged", FULL), "ben": ("unreadable", 0), "eve": ("unfinished", 0),
                     "gus": ("failed", 0), "zoe": ("missing", 0)}
    assert {status for status, _ in found.values()} == set(STATUSES)
    for student in ("ada", "ben", "eve", "gus"):
        banner = nbformat.read(course.path("autograded", student, LESSON.name) / f"{LESSON.name}.ipynb", 4).cells[0]
        assert found[student][0].capitalize() in banner.source


def test_in_a_lesson_of_which_nothing_was_handed_in_nobody_is_missing_unless_it_is_named(hand_in):
    course = hand_in({"ben": CLASS["ben"]})
    (course.path("submitted", "ben", LESSON.name) / f"{LESSON.name}.ipynb").unlink()  # an empty folder is nothing
    with Gradebook(course.coursedir.db_url) as gradebook:
        gradebook.add_student("ada")
    run = partial(CliRunner().invoke, main, catch_exceptions=False)
    assert run(["--course", str(course.folder), "grade"]).exit_code == 0
    assert on_record(course) == {}
    assert run(["--course", str(course.folder), "grade", LESSON.name]).exit_code == 0
    assert on_record(course)["ada"].status == "missing"


def after_beginning(student, what):
    """Judge.begin, and then something is done to the judge that was given this student's submission."""
    begin = Judge.begin

    def begun(judge, task):
        begin(judge, task)
        if task.student == student:
            what(judge)

    return begun


def test_a_judge_that_is_killed_costs_its_submission_once(hand_in, monkeypatch):
    course = hand_in({"ada": CLASS["ada"], "ben": CLASS["ada"], "cleo": CLASS["cleo"]})
    with monkeypatch.context() as patch:
        patch.setattr(Judge, "begin", after_beginning("ben", lambda judge: judge.process.kill()))
        found = {each.student: (each.status, each.earned)
                 for each in grade(course, [LESSON.name], replace(SETTINGS, workers=1))}
    assert found == {"ada": ("judged", FULL), "ben": ("failed", 0), "cleo": ("judged", FULL)}
    assert "ben, 02_the_recurrent_cell: The judge did not finish" in (course.folder / "grading.log").read_text()
    again = grade(course, [LESSON.name], SETTINGS)
    assert [(each.student, each.status, each.earned) for each in again] == [("ben", "judged", FULL)]


def test_a_judge_that_never_finishes_costs_its_submission(hand_in, monkeypatch):
    course = hand_in({"ada": CLASS["ada"], "ben": CLASS["ada"]})
    one = pool.one
    monkeypatch.setattr(pool, "one", lambda task, *given: (task.student == "ben" and time.sleep(600)) or
                        one(task, *given))
    monkeypatch.setattr(Judge, "begin", after_beginning("ben", lambda judge: setattr(judge, "until", 0)))
    found = {each.student: each.status for each in grade(course, [LESSON.name], SETTINGS)}
    assert found == {"ada": "judged", "ben": "failed"}
    assert multiprocessing.active_children() == []


def test_ctrl_c_leaves_a_whole_gradebook_and_the_next_run_goes_on(hand_in, tmp_path):
    course = hand_in({f"student{n}": waiting(0.4) for n in range(8)})
    scratch = tmp_path / "scratch"
    scratch.mkdir()
    environment = {**os.environ, "TMPDIR": str(scratch)}
    running = subprocess.Popen(command(course, "--workers", "2", "--seed", "7"), cwd=students.ROOT, env=environment,
                               start_new_session=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    while running.poll() is None and len(on_record(course)) < 2:
        time.sleep(0.05)
    os.killpg(running.pid, signal.SIGINT)  # as a terminal does, to the whole group
    out, err = running.communicate(timeout=30)
    assert running.returncode == 130 and "Stopped. What is done is kept" in err
    assert "Traceback" not in err and out == ""
    assert alive(tmp_path) == [] and list(scratch.iterdir()) == []
    before = on_record(course)
    assert 2 <= len(before) < 8 and intact(course)
    done = subprocess.run(command(course, "--seed", "7", "--json"), cwd=students.ROOT, env=environment, text=True,
                          capture_output=True, check=True)
    later = [Judgement.from_dict(plain) for plain in json.loads(done.stdout)]
    assert sorted([*before, *(each.student for each in later)]) == [f"student{n}" for n in range(8)]
    assert {each.earned for each in on_record(course).values()} == {FULL}
    assert {judgement.seed for judgement in on_record(course).values()} == {later[0].seed}
    assert list(scratch.iterdir()) == []


def test_without_a_sandbox_nothing_is_graded(hand_in, monkeypatch):
    course = hand_in({"ada": CLASS["ada"]})
    with pytest.raises(NotSafe, match="does not give: rlimits, no capabilities, seccomp"):
        grade(course, [LESSON.name], replace(SETTINGS, layers=()))
    assert on_record(course) == {}
    monkeypatch.setattr("autograder.grade.probe", lambda layers: ([*LAYERS], ["open a socket"]))
    refused = CliRunner().invoke(main, ["--course", str(course.folder), "grade"])
    assert refused.exit_code == 3
    assert "Nothing was graded. From inside the sandbox, a probe could open a socket." in refused.output
    assert "--unsafe" in refused.output and on_record(course) == {}


def test_graded_without_a_sandbox_is_marked_as_such(hand_in, capsys):
    course = hand_in({"ada": CLASS["ada"], "ben": "{"})
    judgements = grade(course, [LESSON.name], replace(SETTINGS, layers=("rlimits",), unsafe=True))
    summary(judgements)
    assert UNSAFE in " ".join(capsys.readouterr().out.split())
    ada = on_record(course)["ada"]
    assert (ada.earned, ada.layers) == (FULL, ["rlimits", "but a worker can see whether a file is there"])
    assert all(any(flag.startswith(UNSAFE) for flag in each.flags) for each in on_record(course).values())
    with Gradebook(course.coursedir.db_url) as gradebook:
        assert gradebook.find_submission_notebook(LESSON.name, LESSON.name, "ada").flagged
    grade(course, [LESSON.name], SETTINGS)  # a run that is safe grades it again
    assert (on_record(course)["ada"].layers, on_record(course)["ada"].flags) == (list(LAYERS), [])
