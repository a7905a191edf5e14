"""In mid-term the kit is updated and a student leaves: marks stay, and one lesson or student never stops another."""

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


ESSAY_ALONE = """# %% [markdown] locked="title"
# # Words
#
# 3 points · 5 minutes · graded by hand

# %% [markdown] rubric="why-words"
# Why?
#
# - 3 points: says why

# %% [markdown] essay="why-words" points=3
# ### BEGIN SOLUTION
# Because.
# ### END SOLUTION
"""


def test_a_lesson_of_words_alone_is_built_and_graded(course, tmp_path, monkeypatch):
    source = tmp_path / "solutions" / "20_words" / "20_words.py"
    source.parent.mkdir(parents=True)
    source.write_text(ESSAY_ALONE)
    shutil.copy(ROOT / "nbgrader_config.py", tmp_path)
    monkeypatch.chdir(tmp_path)
    assert run(course, "build").exit_code == 0
    lesson = Course.at(course).lesson("20_words")
    students.submit(course, "ada", lesson, students.notebook(lesson, {"why-words": "Because I say so."}))
    students.submit(course, "ben", lesson, students.notebook(lesson, {}))
    done = run(course, "grade")
    assert done.exit_code == 0, done.output
    with Gradebook(f"sqlite:///{course / 'gradebook.db'}") as gradebook:
        waits = {each.student.id: each.needs_manual_grade for each in gradebook.assignment_submissions("20_words")}
    assert waits == {"ada": True, "ben": False}
    assert run(course, "feedback").exit_code == run(course, "report").exit_code == 0


# A student leaves


def test_a_dropped_student_does_not_come_back_and_breaks_nothing(course, tmp_path):
    for student in ("ben", "cyd"):
        hand_in(course, student, START)
    assert run(course, "grade").exit_code == 0 and run(course, "feedback").exit_code == 0
    handed_in = {path: path.read_bytes() for path in sorted((course / "submitted" / "ada").rglob("*.ipynb"))}
    shutil.copytree(course / "submitted", tmp_path / "download")
    done = run(course, "drop", "ada", "cyd")
    assert done.exit_code == 0 and "ada was dropped" in done.stdout
    place = course / "dropped" / "ada"
    assert [path.read_bytes() for path in sorted((place / "submitted").rglob("*.ipynb"))] == list(handed_in.values())
    assert (place / "autograded" / START).is_dir() and (place / "feedback" / START).is_dir()
    marks = json.loads((place / "marks.json").read_text())
    kept = {grade["name"]: grade for grade in marks["submissions"][BACK]["grades"]}
    assert (kept["why-gradients-add"]["manual_score"], kept["check-rnn_backward"]["auto_score"]) == (2.5, 5)
    assert "Nearly." in [comment["manual_comment"] for comment in marks["submissions"][BACK]["comments"]]
    assert {judgement["lesson"] for judgement in marks["judgements"]} == {START, BACK}

    collected = run(course, "collect", str(tmp_path / "download"))
    assert collected.exit_code == 0 and "3 dropped" in collected.stdout and "1 unchanged" in collected.stdout
    for command in ("grade", "feedback", "export", "report"):
        assert run(course, command).exit_code == 0
    assert "ada" not in (course / "grades.csv").read_text()
    for step in ("submitted", "autograded", "feedback"):
        assert [path.name for path in (course / step).iterdir()] == ["ben"]
    with Gradebook(f"sqlite:///{course / 'gradebook.db'}") as gradebook:
        assert [student.id for student in gradebook.students] == ["ben"]


def test_a_dropped_student_who_is_enrolled_again_is_collected_and_can_be_dropped_again(course, tmp_path):
    shutil.copytree(course / "submitted", tmp_path / "download")
    assert run(course, "drop", "ada").exit_code == 0
    assert Course.at(course).dropped() == {"ada"}
    with Gradebook(f"sqlite:///{course / 'gradebook.db'}") as gradebook:
        gradebook.add_student("ada")
    assert Course.at(course).dropped() == set()
    assert "2 collected" in run(course, "collect", str(tmp_path / "download")).stdout
    assert run(course, "grade").exit_code == 0
    assert scores(course)["check-rnn_backward"] == 5
    assert run(course, "drop", "ada").exit_code == 0
    assert {"marks.json", "marks-2.json", "submitted", "submitted-2"} <= {
        path.name for path in (course / "dropped" / "ada").iterdir()}


@pytest.mark.parametrize("name", ["adda", "..", "../..", ""])
def test_whom_the_course_does_not_know_is_not_dropped(course, name):
    before = sorted(course.rglob("*"))
    refused = run(course, "drop", name)
    assert refused.exit_code == 2 and "has no student" in refused.stderr
    assert ("Did you mean ada?" in refused.stderr) == (name == "adda")
    assert sorted(course.rglob("*")) == before
