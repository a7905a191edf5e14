"""A lesson goes round with stock nbgrader: release, submit, autograde, feedback, export, Validate."""

import csv
import os
import shutil
import subprocess
import sys
from pathlib import Path

import nbformat
import pytest
from nbgrader.api import Gradebook
from nbgrader.apps.api import NbGraderAPI
from nbgrader.coursedir import CourseDirectory
from nbgrader.plugins import CsvExportPlugin
from nbgrader.validator import Validator
from traitlets.config import PyFileConfigLoader

from autograder.building.editions import build_lessons
from rnnkit import check

pytestmark = pytest.mark.filterwarnings("ignore::sqlalchemy.exc.SAWarning")  # nbgrader's own queries

ROOT = Path(__file__).resolve().parents[2]
LESSON = "02_the_recurrent_cell"
ESSAYS = "03_backpropagation_through_time"
POINTS = {"check-rnn_step": 4, "check-latch": 3, "check-rnn_forward": 5, "check-readout": 3}
NOBODY_IMPORTS_AUTOGRADER = (
    "import sys; sys.modules['autograder'] = None; from nbgrader.apps.nbgraderapp import main; main()"
)
FAILS_FOR_ONE_STEP = """
def rnn_forward(x, h0, W_x, W_h, b):
    if len(x) == 1:
        raise ValueError("one step is no sequence")
    h = [h0]
    for x_t in x:
        h.append(np.tanh(x_t @ W_x + h[-1] @ W_h + b))
    return np.stack(h[1:]), (x, h)
"""
SHOUT = """
import functools, logging, os, sys, warnings
logging.basicConfig()

def shout(f=lambda: None):
    @functools.wraps(f)
    def loud(*arguments):
        warnings.warn(f"a warning from {f.__name__}")
        print("a line on stderr", file=sys.stderr)
        logging.warning("a line in the log")
        logging.getLogger().handlers[0].stream.write("a line through a stream that was kept")
        os.write(2, b"a line on file descriptor 2")
        np.log(np.zeros(1))
        return f(*arguments)
    return loud

shout()()
"""
SHOUT_BEFORE_EVERY_CELL = """
import sys
get_ipython().events.register("pre_run_cell", lambda info: print("runs", file=sys.stderr))
"""


@pytest.fixture(scope="module")
def course(tmp_path_factory):
    """A course folder, its lessons built by us and released by nbgrader's command, which cannot see us."""
    root = tmp_path_factory.mktemp("course")
    shutil.copytree(ROOT / "solutions", root / "solutions")
    shutil.copy(ROOT / "nbgrader_config.py", root)
    with pytest.MonkeyPatch.context() as patch:
        patch.delenv("RNNKIT_COURSE", raising=False)
        # nbgrader starts alembic by its name.
        patch.setenv("PATH", os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]]))
        build_lessons(root)
        command = [sys.executable, "-c", NOBODY_IMPORTS_AUTOGRADER, "generate_assignment", "*"]
        subprocess.run(command, cwd=root, check=True, capture_output=True)
        yield root / "course"


@pytest.fixture(scope="module")
def config(course):
    return PyFileConfigLoader("nbgrader_config.py", path=str(course.parent)).load_config()


def notebook(course, step, lesson=LESSON):
    return nbformat.read(course / step / lesson / f"{lesson}.ipynb", as_version=4)


def source(course, grade_id):
    return next(cell.source for cell in notebook(course, "source").cells if cell.id == grade_id)


def filled(course, answers, lesson=LESSON):
    """The released lesson with some cells written anew."""
    released = notebook(course, "release", lesson)
    for cell in released.cells:
        cell.source = answers.get(cell.id, cell.source)
    return released


def short(submission):
    """A submission whose author deleted what earns nothing, except the imports. It runs in a second."""
    imports = next(cell for cell in submission.cells if cell.cell_type == "code")
    submission.cells = [cell for cell in submission.cells if cell is imports or "nbgrader" in cell.metadata]
    return submission


def answers(course, student):
    right = {name: source(course, name) for name in ("rnn_step", "latch", "rnn_forward", "readout")}
    return {
        "solved": right,
        "blank": {},
        "half-right": {"rnn_step": right["rnn_step"], "rnn_forward": FAILS_FOR_ONE_STEP},
        "noisy": {name: f"{SHOUT}\n{text}\n\n{name} = shout({name})" for name, text in right.items()},
    }[student]


def submit(course, student, submission, lesson=LESSON):
    folder = course / "submitted" / student / lesson
    folder.mkdir(parents=True)
    nbformat.write(submission, folder / f"{lesson}.ipynb")


@pytest.fixture(scope="module")
def graded(course, config):
    """Four students' marks by grade_id, after autograde, feedback and export."""
    api = NbGraderAPI(coursedir=CourseDirectory(config=config), config=config)
    students = {student: answers(course, student) for student in ("solved", "blank", "half-right", "noisy")}
    students["noisy"]["rnn_step"] += SHOUT_BEFORE_EVERY_CELL
    for student, wrote in students.items():
        submission = filled(course, wrote)
        submit(course, student, submission if student == "solved" else short(submission))
        result = api.autograde(LESSON, student)
        assert result["success"], result["log"]
    result = api.generate_feedback(LESSON)
    assert result["success"], result["log"]
    with Gradebook(api.coursedir.db_url) as gradebook:
        CsvExportPlugin(config=config).export(gradebook)
        return {
            student: {
                grade.name: grade.score
                for grade in gradebook.find_submission_notebook(LESSON, LESSON, student).grades
            }
            for student in students
        }


def test_nbgrader_releases_the_bytes_of_our_lessons(course):
    ours = course.parent / "lessons"
    names = [path.relative_to(ours) for path in ours.glob("*/*.ipynb")]
    assert {LESSON, ESSAYS} <= {name.stem for name in names}
    for name in names:
        assert (course / "release" / name).read_bytes() == (ours / name).read_bytes()


def test_solved_earns_full_marks(graded):
    assert graded["solved"] == POINTS


def test_blank_earns_nothing(graded):
    assert graded["blank"] == dict.fromkeys(POINTS, 0)


def test_noise_on_stderr_costs_nothing(graded):
    assert graded["noisy"] == POINTS


def test_half_right_earns_what_its_checks_gave(graded):
    namespace = {}
    exec("import numpy as np\n" + FAILS_FOR_ONE_STEP, namespace)
    earned = check(namespace["rnn_forward"], points=5)
    assert 0 < earned < 5
    assert graded["half-right"] == {**dict.fromkeys(POINTS, 0), "check-rnn_step": 4, "check-rnn_forward": earned}


def test_every_student_gets_feedback_with_the_points(course, graded):
    for student, grades in graded.items():
        page = (course / "feedback" / student / LESSON / f"{LESSON}.html").read_text()
        for grade_id, points in POINTS.items():
            assert f'#{grade_id}">Test cell</a> (Score: {grades[grade_id]} / {float(points)})' in page


def test_export_lists_the_sum_of_every_student(course, graded):
    with open(course / "grades.csv", newline="") as file:
        rows = {row["student_id"]: row for row in csv.DictReader(file) if row["assignment"] == LESSON}
    assert {student: float(row["score"]) for student, row in rows.items()} == {
        student: sum(grades.values()) for student, grades in graded.items()
    }
    assert {float(row["max_score"]) for row in rows.values()} == {sum(POINTS.values())}


def test_nothing_of_a_student_lies_outside_the_course_folder(course, graded):
    outside = {path.name for path in course.parent.iterdir()}
    assert outside == {"course", "lessons", "solutions", "nbgrader_config.py"}


def test_an_essay_waits_for_a_person_and_an_empty_one_does_not(course, config):
    api = NbGraderAPI(coursedir=CourseDirectory(config=config), config=config)
    essays = {"wrote": {"why-gradients-add": "Each use of the weight moves the loss."}, "empty": {}}
    waiting = {}
    for student, answer in essays.items():
        submission = filled(course, answer, ESSAYS)
        submission.cells = [cell for cell in submission.cells if cell.cell_type == "markdown"]
        submit(course, student, submission, ESSAYS)
        result = api.autograde(ESSAYS, student)
        assert result["success"], result["log"]
        with Gradebook(api.coursedir.db_url) as gradebook:
            grade = gradebook.find_grade("why-gradients-add", ESSAYS, ESSAYS, student)
            waiting[student] = grade.needs_manual_grade, grade.auto_score
    assert waiting == {"wrote": (True, None), "empty": (False, 0)}


@pytest.mark.parametrize(
    ("student", "fails"),
    [
        ("blank", list(POINTS)),
        ("half-right", ["check-latch", "check-rnn_forward", "check-readout"]),
        ("noisy", []),
    ],
)
def test_validate_names_the_checks_that_did_not_give_all_points(course, config, tmp_path, student, fails):
    path = tmp_path / f"{LESSON}.ipynb"
    nbformat.write(short(filled(course, answers(course, student))), path)
    failed = Validator(config=config).validate(str(path)).get("failed", [])
    checks = {source(course, grade_id): grade_id for grade_id in POINTS}
    assert [checks[cell["source"]] for cell in failed] == fails
    said = {grade_id: f"{grade_id.removeprefix('check-')} is not written yet" for grade_id in POINTS}
    if student == "half-right":
        said["check-rnn_forward"] = "not for a single step (T = 1)"
    for cell in failed:
        assert said[checks[cell["source"]]] in " ".join(cell["raw_error"].split())
