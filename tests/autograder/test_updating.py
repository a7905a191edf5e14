"""The kit is updated in mid-term: marks stay, what can be taken up is, and one lesson never stops another."""

import json
import shutil
import sys
from pathlib import Path

import nbformat
import pytest
from click.testing import CliRunner
from nbgrader.api import Gradebook

sys.path.insert(0, str(Path(__file__).parent))
import students

from autograder.__main__ import main
from autograder.course import Course

ROOT = Path(__file__).resolve().parents[2]
START, CELL, BACK = "00_start_here", "02_the_recurrent_cell", "03_backpropagation_through_time"
pytestmark = [pytest.mark.usefixtures("safe"), pytest.mark.filterwarnings("ignore::sqlalchemy.exc.SAWarning")]
WORDS = "Each use of the weight moves the loss."


@pytest.fixture(scope="module")
def begun(tmp_path_factory):
    """Ada handed in lessons 00 and 03, they were graded, and her essay got 2.5 points and a comment. Copy it."""
    folder = students.make_course(tmp_path_factory.mktemp("begun") / "course", [START, BACK])
    for name in (START, BACK):
        hand_in(folder, "ada", name)
    assert run(folder, "grade").exit_code == 0
    with Gradebook(f"sqlite:///{folder / 'gradebook.db'}") as gradebook:
        essay = gradebook.find_grade("why-gradients-add", BACK, BACK, "ada")
        essay.manual_score, essay.needs_manual_grade = 2.5, False
        gradebook.find_comment("why-gradients-add", BACK, BACK, "ada").manual_comment = "Nearly."
        gradebook.db.commit()
    return folder


@pytest.fixture
def course(begun, tmp_path, monkeypatch):
    monkeypatch.chdir(ROOT)
    monkeypatch.delenv("RNNKIT_COURSE", raising=False)
    shutil.copytree(begun, tmp_path / "course")
    return tmp_path / "course"


def hand_in(folder, student, name):
    lesson = students.lessons()[name]
    answers = students.solved(lesson) | ({"why-gradients-add": WORDS} if name == BACK else {})
    students.submit(folder, student, lesson, students.notebook(lesson, answers))


def run(folder, *arguments):
    done = CliRunner().invoke(main, ["--course", str(folder), *arguments])
    assert done.exception is None or isinstance(done.exception, SystemExit), done.exc_info
    return done


def changed(folder, name, change):
    """Change the instructor's edition of a lesson as an update of the kit does."""
    path = folder / "source" / name / f"{name}.ipynb"
    notebook = nbformat.read(path, as_version=4)
    change(notebook.cells)
    nbformat.write(notebook, path)


def scores(folder, student="ada"):
    with Gradebook(f"sqlite:///{folder / 'gradebook.db'}") as gradebook:
        return {grade.name: grade.score for name in (START, BACK) if any(
                    each.student.id == student for each in gradebook.assignment_submissions(name))
                for grade in gradebook.find_submission_notebook(name, name, student).grades}


def marked(name, source, cell_type="markdown", **more):
    make = nbformat.v4.new_markdown_cell if cell_type == "markdown" else nbformat.v4.new_code_cell
    known = {"grade": False, "solution": False, "locked": True, "task": False, "schema_version": 3, "grade_id": name}
    return make(source, id=name, metadata={"nbgrader": known | more})


@pytest.mark.parametrize("change", [
    lambda cells: cells.append(marked("more-words", "More words.")),
    lambda cells: cells.remove(next(cell for cell in cells if cell.id == "card-numerical-gradient")),
    lambda cells: cells.insert(0, marked("more-code", "import numpy as np", "code")),
])
def test_a_locked_cell_that_comes_or_goes_keeps_every_mark(course, change):
    before = scores(course)
    assert before["why-gradients-add"] == 2.5
    changed(course, BACK, change)
    hand_in(course, "ben", BACK)
    done = run(course, "grade")
    assert done.exit_code == 0, done.stderr
    assert scores(course) == before
    assert scores(course, "ben")["check-rnn_backward"] == 5
    with Gradebook(f"sqlite:///{course / 'gradebook.db'}") as gradebook:
        assert gradebook.find_comment("why-gradients-add", BACK, BACK, "ada").comment == "Nearly."
        names = [cell.name for cell in gradebook.find_notebook(BACK, BACK).source_cells]
    lesson = Course.at(course).lesson(BACK)
    assert sorted(names) == sorted(cell.metadata.nbgrader.grade_id for cell in lesson.instructor.cells
                                   if "nbgrader" in cell.metadata)
    assert run(course, "feedback").exit_code == 0


def test_a_new_exercise_is_marked_for_everybody_and_the_old_marks_stay(course):
    def two_more(cells):
        cells += [marked("rubric-more", "- 2 points: says more"),
                  marked("more", "", solution=True, grade=True, locked=False, points=2)]

    before = scores(course)
    changed(course, BACK, two_more)
    assert run(course, "grade").exit_code == 0
    assert scores(course) == before | {"more": 0}


def test_a_lesson_that_cannot_be_graded_stops_no_other(course):
    changed(course, BACK, lambda cells: cells.remove(next(cell for cell in cells if cell.id == "check-rnn_backward")))
    before = scores(course)
    for name in (START, BACK):
        hand_in(course, "ben", name)
    done = run(course, "grade")
    assert done.exit_code == 1
    assert f"{BACK} is not the lesson whose submissions were graded" in done.stderr and START in done.stdout
    assert scores(course, "ben") == {"check-affine": 1}
    assert scores(course) == before
    told = json.loads(run(course, "grade", "--again", "--json").stdout)
    assert {judgement["lesson"] for judgement in told} == {START}


def test_a_lesson_whose_file_is_damaged_is_named_and_stops_no_other(course):
    (course / "source" / START / f"{START}.ipynb").write_text("{")
    hand_in(course, "ben", BACK)
    done = run(course, "grade")
    assert done.exit_code == 1 and f"{START}.ipynb is no notebook that can be read" in done.stderr
    assert scores(course, "ben")["check-rnn_backward"] == 5


def test_an_update_of_the_kit_leaves_the_released_edition_where_marks_need_it(course, tmp_path, monkeypatch):
    root = tmp_path / "kit"
    shutil.copytree(ROOT / "solutions" / BACK, root / "solutions" / BACK)
    shutil.copy(ROOT / "nbgrader_config.py", root)
    monkeypatch.chdir(root)
    assert run(course, "build").exit_code == 0
    source = root / "solutions" / BACK / f"{BACK}.py"
    text = source.read_text()
    source.write_text(text + '\n# %% [markdown] locked="an-afterthought"\n# An afterthought.\n')
    assert "stays as it is" not in run(course, "build").stdout
    hand_in(course, "ben", BACK)
    assert run(course, "grade").exit_code == 0
    assert scores(course, "ben")["check-rnn_backward"] == 5
