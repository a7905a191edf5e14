"""Take a student out of a course. Nothing is deleted: all that there was lies in dropped/ afterwards."""

import json
from difflib import get_close_matches
from pathlib import Path

from nbgrader.api import Gradebook, MissingEntry, Student
from sqlalchemy import delete, select

from autograder.course import Course
from autograder.files import make_folder, replace, unused
from autograder.marks.gradebook import JUDGEMENTS, NEWCOMERS
from autograder.marks.record import Records

STEPS = ("submitted", "autograded", "feedback")


class NoStudent(Exception):
    """The course knows nobody of that id."""


def drop(course: Course, student: str) -> Path:
    """Move a student's files to dropped/<student>/, and the rows of the gradebook into marks.json there.

    Stopped at any moment, it can be run again; and so it can for somebody who came back. Gives the folder. Raises
    NoStudent.
    """
    folders = {step: course.path(step, "x", "x").parent.parent for step in STEPS}
    known = {path.name for folder in folders.values() for path in folder.glob("*")}
    with Records(course) as book, Gradebook(book.url, course.coursedir.course_id) as gradebook:
        known |= {each.id for each in gradebook.students}
        if student not in known:
            meant = [f" Did you mean {name}?" for name in get_close_matches(student, known, 1)]
            raise NoStudent(f"{course.folder} has no student {student}.{''.join(meant)}")
        place = course.folder / "dropped" / student
        make_folder(place)
        with book.engine.begin() as connection:
            judged = connection.scalars(select(JUDGEMENTS.c.json).where(JUDGEMENTS.c.student == student)).all()
        try:
            marks = rows(gradebook.find_student(student)) | {"judgements": [json.loads(text) for text in judged]}
            replace({unused(place / "marks.json"): json.dumps(marks, indent=1, default=str)})
        except MissingEntry:
            marks = None
        for step, folder in folders.items():
            if (folder / student).exists():
                (folder / student).rename(unused(place / step))
        if marks:
            gradebook.remove_student(student)
        with book.engine.begin() as connection:
            connection.execute(delete(JUDGEMENTS).where(JUDGEMENTS.c.student == student))
            connection.execute(delete(NEWCOMERS).where(NEWCOMERS.c.student == student))
    return place


def rows(student: Student) -> dict:
    """What nbgrader's gradebook has on a student, with all that a person decided."""
    who = {key: getattr(student, key) for key in ("id", "first_name", "last_name", "email")}
    return who | {"submissions": {each.assignment.name: {
        "timestamp": each.timestamp,
        "extension": each.extension,
        "grades": [{key: getattr(grade, key) for key in ("name", "auto_score", "manual_score", "extra_credit")}
                   for notebook in each.notebooks for grade in notebook.grades],
        "comments": [{key: getattr(comment, key) for key in ("name", "auto_comment", "manual_comment")}
                     for notebook in each.notebooks for comment in notebook.comments],
    } for each in student.submissions}}
