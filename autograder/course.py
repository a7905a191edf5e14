"""A course: its folder, nbgrader's settings for it, and the secret behind the judge's inputs."""

import os
import re
import secrets
import tempfile
from contextlib import suppress
from pathlib import Path

import nbformat
from nbgrader.coursedir import CourseDirectory
from traitlets.config import PyFileConfigLoader

from autograder.lesson import Lesson

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

    def students(self, step, lesson_name):
        """The folders that students have for a lesson in one of nbgrader's steps."""
        return sorted(self.path(step, "x", "x").parent.parent.glob(f"*/{lesson_name}"))

    def lessons(self):
        """The names of the lessons that were built into this course."""
        return sorted(path.stem for path in self.path("source", ".", "x").parent.glob("*/*.ipynb")
                      if path.stem == path.parent.name)

    def lesson(self, name):
        """Raises NoLesson where `build` has not made it, and Damaged where it is no notebook."""
        path = self.path("source", ".", name) / f"{name}.ipynb"
        if not path.exists():
            raise NoLesson(f"{self.folder} has no lesson {name}: run `python -m autograder build` first. "
                           f"There are: {', '.join(self.lessons()) or 'none'}.")
        try:
            return Lesson(name, nbformat.read(path, as_version=4), self.config)
        except OSError:
            raise
        except Exception as error:  # nbformat has many
            raise Damaged(f"{path} should be a notebook and is not: {str(error)[:100]}. Write it anew with "
                          f"`python -m autograder build {name}`.") from error


class Damaged(Exception):
    """A file of the course is not as we wrote it."""


def seed(course):
    """The number behind the judge's inputs: 256 random bits, drawn once for a course and kept in its `secret`.

    Whoever knows it knows the inputs: its owner alone may read it. Raises Damaged rather than draw another one.
    """
    path = course.folder / "secret"
    if not path.exists():
        course.folder.mkdir(parents=True, exist_ok=True)
        with tempfile.NamedTemporaryFile("w", dir=course.folder, prefix=".secret.") as new:  # mode 0600
            new.write(secrets.token_hex(32) + "\n")
            new.flush()
            with suppress(FileExistsError):  # another process was faster
                os.link(new.name, path)  # there is never half a secret
    text = path.read_text(encoding="utf-8", errors="replace").strip()
    if not re.fullmatch("[0-9a-f]{64}", text):
        raise Damaged(f"{path} should hold 64 hexadecimal digits and does not. Put it back from a backup; or "
                      "delete it, and the next run draws another one: marks may then differ from earlier ones.")
    return int(text, 16)
