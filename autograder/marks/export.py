"""The table of all marks, as a spreadsheet opens it."""

import csv
import io
import re
from pathlib import Path
from typing import Any

from nbgrader.api import Assignment, Gradebook, Student, SubmittedAssignment
from nbgrader.plugins import ExportPlugin

from autograder.course import Course
from autograder.files import replace
from autograder.marks.gradebook import create
from autograder.texts import visible

COLUMNS = ("assignment", "duedate", "timestamp", "student_id", "last_name", "first_name", "email", "raw_score",
           "late_submission_penalty", "score", "max_score")  # as in `nbgrader export`
# What makes a spreadsheet take a text for a formula, at its beginning and wherever another locale begins a new cell.
FORMULA = re.compile(r"(^|;)(\s*)(?=[=+\-@\uff1d\uff0b\uff0d\uff20])")
NUMBER = re.compile(r"-?\d+(\.\d+)?")


def export(course: Course) -> Path:
    """Write the table where the course's settings say, and return its path."""
    settings = ExportPlugin(config=course.config)
    path = Path(settings.to or course.folder / "grades.csv")
    create(course.coursedir.db_url, course.coursedir.course_id)
    table = io.StringIO()
    writer = csv.DictWriter(table, COLUMNS, lineterminator="\n")
    writer.writeheader()
    with Gradebook(course.coursedir.db_url, course.coursedir.course_id) as gradebook:
        students = [student for student in gradebook.students
                    if not settings.student or student.id in settings.student]
        for lesson in gradebook.assignments:
            if settings.assignment and lesson.name not in settings.assignment:
                continue
            handed_in = {submission.student_id: submission for submission in lesson.submissions}
            for student in students:
                row = _row(lesson, student, handed_in.get(student.id))
                writer.writerow({name: as_cell(value) for name, value in row.items()})
    replace({path: table.getvalue()})
    return path


def _row(lesson: Assignment, student: Student, submission: SubmittedAssignment | None) -> dict[str, Any]:
    score, penalty = (submission.score, submission.late_submission_penalty or 0.0) if submission else (0.0, 0.0)
    return {"assignment": lesson.name, "duedate": lesson.duedate, "timestamp": submission and submission.timestamp,
            "student_id": student.id, "last_name": student.last_name, "first_name": student.first_name,
            "email": student.email, "raw_score": score, "late_submission_penalty": penalty,
            "score": max(0.0, score - penalty), "max_score": lesson.max_score}


def as_cell(value: object) -> object:
    """What a spreadsheet shows as it is. A number stays a number; a text is no formula, and has one line."""
    if value is None:
        return ""
    if not isinstance(value, str) or NUMBER.fullmatch(value):
        return value
    return FORMULA.sub(r"\1'\2", visible(value))
