"""The book of a course: every submission's marks, where nbgrader looks for them, and what the judge found.

A submission is recorded in one transaction, after its notebook was put in place. Whatever a person decided in
Formgrader, a score, extra credit or a comment, stays.
"""

import json
import os
from pathlib import Path

from nbconvert.exporters import NotebookExporter
from nbgrader.api import Assignment, Gradebook, Student, SubmittedAssignment
from nbgrader.converters import GenerateAssignment
from nbgrader.utils import parse_utc
from sqlalchemy import select

from autograder.building.updating import take_up
from autograder.course import Course
from autograder.files import replace
from autograder.judging.handed_in import notebook_in
from autograder.judging.judge import not_judged
from autograder.judging.judgement import Judgement
from autograder.judging.notebook import Autograded, autograded, digest
from autograder.lesson import Lesson
from autograder.marks import gradebook
from autograder.marks.gradebook import JUDGEMENTS

NOTHING = "Nothing was handed in."


class LessonChanged(Exception):
    """A lesson lost cells that marks hang on."""


class Records:
    """A course's gradebook, to be used in a `with`. Only one process writes to it at a time."""

    def __init__(self, course: Course) -> None:
        self.course, self.url = course, course.coursedir.db_url
        gradebook.create(self.url, course.coursedir.course_id)
        self.engine = gradebook.engine(self.url)
        JUDGEMENTS.metadata.create_all(self.engine)

    def __enter__(self) -> "Records":
        return self

    def __exit__(self, *exception: object) -> None:
        self.engine.dispose()

    def register(self, lesson: Lesson) -> None:
        """Enter a lesson as `nbgrader generate_assignment` does. Raises LessonChanged where that would lose marks."""
        with Gradebook(self.url, self.course.coursedir.course_id) as nbgraders:
            nbgraders.update_or_create_assignment(lesson.name)
            take_up(nbgraders, lesson.name, lesson.instructor)
        exporter = NotebookExporter(config=lesson.config, default_preprocessors=[])
        for step in GenerateAssignment(config=lesson.config).preprocessors:
            exporter.register_preprocessor(step)
        names = {"assignment": lesson.name, "notebook": lesson.name, "student": ".", "db_url": self.url}
        try:
            exporter.from_notebook_node(lesson.instructor, {"nbgrader": names})
        except RuntimeError as error:
            raise LessonChanged(f"{lesson.name} is not the lesson whose submissions were graded: it lost cells that "
                                "marks hang on. Put the earlier edition back into the course's source/, or begin a "
                                f"new course. nbgrader says: {error}") from error

    def fingerprint(self, student: str, lesson_name: str) -> str | None:
        """Of the submission on record; None where none is, or its notebook is gone, or the engine failed on it."""
        query = (select(JUDGEMENTS.c.fingerprint)
                 .join(SubmittedAssignment, SubmittedAssignment.student_id == JUDGEMENTS.c.student)
                 .join(Assignment, Assignment.id == SubmittedAssignment.assignment_id)
                 .where(Assignment.name == JUDGEMENTS.c.lesson, JUDGEMENTS.c.status != "failed",
                        JUDGEMENTS.c.student == student, JUDGEMENTS.c.lesson == lesson_name))
        with self.engine.begin() as connection:
            found = connection.scalar(query)
        return found if found and self._notebook(student, lesson_name).exists() else None

    def judgements(self, lesson_name: str | None = None) -> list[Judgement]:
        """What is known about every enrolled student, in the order of lessons and students."""
        query = (select(JUDGEMENTS.c.json).join(Student, Student.id == JUDGEMENTS.c.student)
                 .order_by(JUDGEMENTS.c.lesson, JUDGEMENTS.c.student))
        if lesson_name:
            query = query.where(JUDGEMENTS.c.lesson == lesson_name)
        with self.engine.begin() as connection:
            return [Judgement.from_dict(json.loads(text)) for text in connection.scalars(query)]

    def record(self, judgement: Judgement, notebook: Autograded, lesson: Lesson, fingerprint: str,
               timestamp: str | None = None) -> None:
        """Put the autograded notebook in place, then enter all marks at once.

        timestamp: when it was handed in, as nbgrader writes it; by default what its timestamp.txt says. Raises
        LookupError for a lesson that was not registered, and ValueError for marks that are none.
        """
        for name, verdict in judgement.verdicts.items():
            if not 0 <= verdict.earned <= verdict.points:
                raise ValueError(f"{name}: expected 0 to {verdict.points} points, found {verdict.earned}")
        timestamp = timestamp or self._handed_in(judgement)
        self._place(judgement.student, lesson, notebook, timestamp)
        essays = {name: notebook.digests.get(name, digest("")) for name in lesson.essays}
        scores = {f"check-{name}": verdict.earned for name, verdict in judgement.verdicts.items()}
        scores |= {name: None if name in notebook.digests else 0.0 for name in essays}
        with self.engine.begin() as connection:
            known, before = gradebook.recall(connection, judgement.student, lesson.name)
            sheet = gradebook.sheet(connection, judgement.student, lesson, parse_utc(timestamp))
            gradebook.mark(connection, sheet, scores, {name for name in essays if essays[name] != before.get(name)})
            gradebook.remark(connection, sheet, notebook.digests)
            if set(judgement.flags) - set(known.get("flags", ())):
                gradebook.flag(connection, sheet)
            gradebook.keep(connection, judgement, fingerprint, essays)

    def record_failed(self, judgement: Judgement, lesson: Lesson, fingerprint: str) -> None:
        """Enter that the engine failed. Marks and notebook of an earlier run stay; without one, all waits for a person.

        Nothing that a student wrote is looked at.
        """
        if not self._notebook(judgement.student, lesson.name).exists():
            plain = not_judged(judgement.student, lesson, "failed", "There are no marks yet.")
            self._place(judgement.student, lesson, autograded(plain, None, lesson))
        with self.engine.begin() as connection:
            known, essays = gradebook.recall(connection, judgement.student, lesson.name)
            judgement.flags += [flag for flag in known.get("flags", ()) if flag not in judgement.flags]
            if not gradebook.marked(connection, judgement.student, lesson):
                sheet = gradebook.sheet(connection, judgement.student, lesson, parse_utc(self._handed_in(judgement)))
                gradebook.await_marks(connection, sheet)
            gradebook.keep(connection, judgement, fingerprint, essays)

    def record_missing(self, lesson: Lesson) -> None:
        """A judgement for every enrolled student who handed in nothing.

        To nbgrader a submission is a row, so these students get none. Its export gives them no points.
        """
        graded = select(SubmittedAssignment.student_id).join(Assignment).where(Assignment.name == lesson.name)
        with self.engine.begin() as connection:
            for student in connection.scalars(select(Student.id).where(Student.id.not_in(graded))).all():
                if not notebook_in(self.course.path("submitted", student, lesson.name)):
                    gradebook.keep(connection, not_judged(student, lesson, "missing", NOTHING), None, {})

    def _place(self, student: str, lesson: Lesson, notebook: Autograded, timestamp: str | None = None) -> None:
        path = self._notebook(student, lesson.name)
        stamp = {path.with_name("timestamp.txt"): timestamp} if timestamp else {}
        replace({path: notebook.text, **stamp})

    def _notebook(self, student: str, lesson_name: str) -> Path:
        return self.course.path("autograded", student, lesson_name) / f"{lesson_name}.ipynb"

    def _handed_in(self, judgement: Judgement) -> str | None:
        """What timestamp.txt says; None where it is absent, or is no file, or says no time. It may be a student's."""
        path = self.course.path("submitted", judgement.student, judgement.lesson) / "timestamp.txt"
        try:
            with open(path, encoding="utf-8", opener=_careful) as file:
                text = file.read(100).strip()
            return text if text and parse_utc(text) else None
        except Exception:  # dateutil has many
            return None


def _careful(path: str, flags: int) -> int:
    """Opens no link, and waits for no pipe."""
    return os.open(path, flags | os.O_NOFOLLOW | os.O_NONBLOCK)
