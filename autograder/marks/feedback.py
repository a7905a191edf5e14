"""nbgrader's own feedback, export and Formgrader, for a course that was graded here."""

import os
from pathlib import Path

from nbconvert.exporters import Exporter
from nbgrader.api import Gradebook
from nbgrader.apps.api import NbGraderAPI
from nbgrader.plugins import CsvExportPlugin
from traitlets.config import Config

from autograder.marks.gradebook import create

SANITIZED = Config({"HTMLExporter": {  # also where a course's own settings say nothing about it
    "sanitize_html": True,
    "filters": {"markdown2html": "autograder.marks.sanitize.markdown",
                "clean_html": "autograder.marks.sanitize.markup"},
}})


class Failed(Exception):
    """nbgrader could not do it, at least not for everybody. The text is its own log."""


def feedback(course, lesson_name, progress=None):
    """Write every graded student's feedback, and return the pages. Raises Failed, after all others were written.

    progress: is called after each student.
    """
    config = course.config.copy()
    config.merge(SANITIZED)
    if progress:
        config.GenerateFeedback.post_convert_hook = lambda **_: progress()
    result = NbGraderAPI(coursedir=course.coursedir, config=config).generate_feedback(lesson_name)
    if not result["success"]:
        raise Failed(result.get("log") or result["error"])
    return [course.path("feedback", student, lesson_name) / f"{lesson_name}.html"
            for student in graded(course, lesson_name)]


def graded(course, lesson_name):
    """The students who have an autograded notebook of a lesson."""
    return [folder.parent.name for folder in course.students("autograded", lesson_name)
            if (folder / f"{lesson_name}.ipynb").exists()]


def export(course):
    """Write the table of marks where the course's settings say, and return its path."""
    plugin = CsvExportPlugin(config=course.config)
    path = Path(plugin.to or course.folder / "grades.csv")
    plugin.to = f"{path}.new"
    create(course.coursedir.db_url, course.coursedir.course_id)
    with Gradebook(course.coursedir.db_url, course.coursedir.course_id) as gradebook:
        plugin.export(gradebook)
    os.replace(plugin.to, path)
    return path


class NotInFormgrader(Exporter):
    """What Formgrader's button "Autograde" starts here: nothing. nbgrader_config.py names it."""

    def __init__(self, **known):
        super().__init__(**known)
        why = ("nbgrader would run this student's code with your rights,\n"
               "outside the sandbox. Nothing was changed. This grades it:\n\n  python -m autograder grade")
        self.log.error(why)  # this is what the page shows
        raise Failed(why)
