"""A lesson as the course folder holds it: what students were given, and what earns points in it."""

import os
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import nbformat
from nbgrader.coursedir import CourseDirectory
from traitlets.config import PyFileConfigLoader

from autograder.build import student_exporter

SETTINGS = "nbgrader_config.py"


class NoLesson(Exception):
    """The course folder has no such lesson."""


class NoCourse(Exception):
    """There is no course in the folder."""


class Course:
    """A course folder and nbgrader's settings for it."""

    def __init__(self, config_file):
        config_file = Path(config_file).resolve()
        self.config = PyFileConfigLoader(config_file.name, path=str(config_file.parent)).load_config()
        self.coursedir = CourseDirectory(config=self.config)
        self.folder = Path(self.coursedir.root)

    @classmethod
    def at(cls, folder=None):
        """The course in a folder: its own nbgrader_config.py counts, else the one that lies here.

        Without a folder, the one that lies here says which. Raises NoCourse where there is no settings file.
        """
        own = Path(folder or ".").resolve() / SETTINGS
        if own.exists():
            course = cls(own)
            return course if folder or not (course.folder / SETTINGS).exists() else cls(course.folder / SETTINGS)
        if not Path(SETTINGS).exists():
            raise NoCourse(f"{own.parent} has no {SETTINGS}. Run this at the root of the repository, or "
                           f"make a course folder with `python -m autograder init {folder or 'DIR'}`.")
        os.environ["RNNKIT_COURSE"] = str(own.parent)  # is read by the settings, and by every nbgrader we start
        return cls(SETTINGS)

    def path(self, step, student, lesson):
        """A lesson's folder in one of nbgrader's steps: "source", "submitted", "autograded", "feedback"."""
        directory = getattr(self.coursedir, f"{step}_directory")
        return Path(self.coursedir.format_path(directory, student, lesson))

    def lessons(self):
        """The names of the lessons that were built into this course."""
        return sorted(path.stem for path in self.path("source", ".", "x").parent.glob("*/*.ipynb")
                      if path.stem == path.parent.name)

    def lesson(self, name):
        """Raises NoLesson where `build` has not made it."""
        path = self.path("source", ".", name) / f"{name}.ipynb"
        if not path.exists():
            raise NoLesson(f"{self.folder} has no lesson {name}: run `python -m autograder build` first. "
                           f"There are: {', '.join(self.lessons()) or 'none'}.")
        return Lesson(name, nbformat.read(path, as_version=4), self.config)


@dataclass(frozen=True, eq=False)
class Lesson:
    """name: also the name of its notebook. instructor: the edition that holds the answers."""

    name: str
    instructor: nbformat.NotebookNode
    config: object

    @cached_property
    def student(self):
        """The edition that students get, as a notebook. Do not change it: copy it."""
        text = student_exporter(self.config).from_notebook_node(self.instructor)[0]
        return nbformat.reads(text, as_version=4)

    @cached_property
    def exercises(self):
        """Exercise -> points, in the lesson's order: what the judge marks."""
        return {grade_id.removeprefix("check-"): float(meta["points"]) for grade_id, meta in self._graded()
                if not meta["solution"]}

    @cached_property
    def essays(self):
        """Essay -> points: what a person marks."""
        return {grade_id: float(meta["points"]) for grade_id, meta in self._graded() if meta["solution"]}

    def _graded(self):
        metadata = [cell.metadata.get("nbgrader", {}) for cell in self.instructor.cells]
        return [(meta["grade_id"], meta) for meta in metadata if meta.get("grade")]
