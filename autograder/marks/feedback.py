"""nbgrader's feedback for a course that was graded here, and what its Formgrader does not get to do."""

import logging
from collections.abc import Callable
from pathlib import Path
from typing import Any

from nbconvert.exporters import Exporter
from nbgrader.api import Assignment, SubmittedAssignment
from nbgrader.converters import GenerateFeedback
from nbgrader.converters.base import NbGraderException
from nbgrader.coursedir import CourseDirectory
from sqlalchemy import select
from sqlalchemy.exc import SQLAlchemyError
from traitlets.config import Config

from autograder.course import Course
from autograder.marks import gradebook
from autograder.texts import visible
from autograder.trouble import logged

LOG = logging.getLogger(f"{__name__}.nbgrader")
LOG.setLevel(logging.ERROR)
HARMLESS = Config({"HTMLExporter": {  # also where a course's own settings say nothing about it
    "preprocessors": ["autograder.marks.pages.Harmless"], "template_name": "feedback"}})


class Failed(Exception):
    """Some pages could not be written. The text has a line for each student: who, and why. The course's
    log has the tracebacks.

    pages: those that were written.
    """

    def __init__(self, text: str, pages: list[Path] | None = None) -> None:
        super().__init__(text)
        self.pages = pages or []


def feedback(course: Course, lesson_name: str, progress: Callable[[], Any] | None = None) -> list[Path]:
    """Write every graded student's feedback, and return the pages. Raises Failed, after all others were written.

    progress: is called after each student.
    """
    pages = {student: course.path("feedback", student, lesson_name) / f"{lesson_name}.html"
             for student in graded(course, lesson_name)}
    if not pages:
        raise Failed(f"{lesson_name} has no graded submissions: run `python -m autograder grade` first.")
    config = course.config.copy()
    config.merge(HARMLESS)
    converter = _Converter(pages, progress or (lambda: None), config)
    try:
        with logged(course.folder):
            converter.start()
    except NbGraderException as error:
        if isinstance(error.__context__, SQLAlchemyError):
            raise error.__context__ from None
    if failed := [student for student, page in pages.items() if student in converter.failed or not page.exists()]:
        raise Failed("\n".join(f"{student}: {converter.failed.get(student, 'nbgrader did not say why.')}"
                               for student in failed), [pages[student] for student in pages if student not in failed])
    return list(pages.values())


def graded(course: Course, lesson_name: str) -> list[str]:
    """The students who have an autograded notebook of a lesson, and marks for it in the gradebook."""
    marked = _marked(course, lesson_name)
    return [student for student in _autograded(course, lesson_name) if student in marked]


def dropped(course: Course, lesson_name: str) -> list[str]:
    """The students of whom an autograded notebook is left, and no marks: they were taken out of the gradebook."""
    marked = _marked(course, lesson_name)
    return [student for student in _autograded(course, lesson_name) if student not in marked]


def _autograded(course: Course, lesson_name: str) -> list[str]:
    return [folder.parent.name for folder in course.students("autograded", lesson_name)
            if (folder / f"{lesson_name}.ipynb").exists()]


def _marked(course: Course, lesson_name: str) -> set[str]:
    gradebook.create(course.coursedir.db_url, course.coursedir.course_id)
    query = select(SubmittedAssignment.student_id).join(Assignment).where(Assignment.name == lesson_name)
    with gradebook.engine(course.coursedir.db_url).begin() as connection:
        return set(connection.scalars(query))


class _Converter(GenerateFeedback):
    """nbgrader's command, for some students. It notes why it failed for whom, and goes on with the others."""

    def __init__(self, pages: dict[str, Path], progress: Callable[[], Any], config: Config) -> None:
        super().__init__(coursedir=CourseDirectory(config=config), config=config, log=LOG)
        self.pages, self.progress, self.failed, self.force = pages, progress, {}, True
        self.coursedir.assignment_id = next(iter(pages.values())).stem

    def init_destination(self, assignment_id: str, student_id: str) -> bool:
        return student_id in self.pages and super().init_destination(assignment_id, student_id)

    def convert_single_notebook(self, notebook_filename: str) -> None:
        try:
            super().convert_single_notebook(notebook_filename)
        except SQLAlchemyError:
            raise
        except Exception as error:
            student = Path(notebook_filename).parent.parent.name
            self.failed[student] = visible(f"{type(error).__name__}: {error}".splitlines()[0][:300])
            raise RuntimeError from error  # of some other kinds nbgrader thinks that nobody's page can be written
        finally:
            self.progress()


class NotInFormgrader(Exporter):
    """What Formgrader's button "Autograde" starts here: nothing. nbgrader_config.py names it."""

    def __init__(self, **known: object) -> None:
        super().__init__(**known)
        why = ("nbgrader would run this student's code with your rights,\n"
               "outside the sandbox. Nothing was changed. This grades it:\n\n  python -m autograder grade")
        self.log.error(why)  # this is what the page shows
        raise Failed(why)
