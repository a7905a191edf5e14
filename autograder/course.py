"""A course: its folder, nbgrader's settings for it, and the secret behind the judge's inputs."""

import os
import re
import secrets
import shlex
import tempfile
from contextlib import suppress
from difflib import get_close_matches
from pathlib import Path

import nbformat
from nbgrader.api import Gradebook
from nbgrader.coursedir import CourseDirectory
from traitlets.config import PyFileConfigLoader

from autograder.files import make_folder, mode_in, shared
from autograder.lesson import Lesson

SETTINGS = "nbgrader_config.py"


class NoLesson(Exception):
    """The course folder has no such lesson."""


class NoCourse(Exception):
    """There is no course in the folder."""


class Course:
    """A course folder and nbgrader's settings for it."""

    def __init__(self, config_file: str | Path) -> None:
        config_file = Path(config_file).resolve()
        self.config = PyFileConfigLoader(config_file.name, path=str(config_file.parent)).load_config()
        self.coursedir = CourseDirectory(config=self.config)
        self.folder = Path(self.coursedir.root)

    @classmethod
    def at(cls, folder: str | Path | None = None, new: bool = False) -> "Course":
        """The course in a folder, which has its own nbgrader_config.py; without a folder, what the one here names.

        new: the repository's own ./course need not be there yet. Raises NoCourse.
        """
        here = cls(SETTINGS) if Path(SETTINGS).exists() else None
        folder = Path(folder).resolve() if folder else here and here.folder
        if folder is None:
            raise NoCourse(f"{Path.cwd()} has no {SETTINGS}. Run this at the root of the repository, or make a course "
                           "folder with `python -m autograder init DIR`.")
        if (folder / SETTINGS).exists():
            return cls(folder / SETTINGS)
        default = Path("course").resolve()
        if here and folder == here.folder == default and (new or folder.is_dir()):
            return here
        known = [path.parent.name for path in folder.parent.glob(f"*/{SETTINGS}")]
        meant = [f"Did you mean {folder.parent / name}?" for name in get_close_matches(folder.name, known, 1)]
        raise NoCourse(" ".join([f"{folder} is no course: it has no {SETTINGS}.", *meant,
                                 f"`python -m autograder init {shlex.quote(str(folder))}` makes one."]))

    @property
    def umask(self) -> int:
        """For those who write into the folder: its owner, or a group of graders as well."""
        return 0o007 if shared(self.folder) else 0o077

    def trouble(self) -> list[str]:
        """What is wrong with a folder that an earlier version made: who can read it, and who could open it."""
        mend = f"`python -m autograder init {shlex.quote(str(self.folder))}` mends that."
        wrong = []
        if self.folder.is_dir() and self.folder.stat().st_mode & 0o777 & ~mode_in(self.folder):
            wrong.append(f"Others on this machine can read {self.folder}, or change it. {mend}")
        if Path(self.config.get("Exchange", {}).get("root", "/")).resolve() == self.folder:
            wrong.append(f"{self.folder / SETTINGS} makes the course folder nbgrader's exchange, so that `nbgrader "
                         f"release_assignment` would open it to everybody. {mend}")
        return wrong

    def path(self, step: str, student: str, lesson: str) -> Path:
        """A lesson's folder in one of nbgrader's steps: "source", "submitted", "autograded", "feedback"."""
        directory = getattr(self.coursedir, f"{step}_directory")
        return Path(self.coursedir.format_path(directory, student, lesson))

    def students(self, step: str, lesson_name: str) -> list[Path]:
        """The folders that students have for a lesson in one of nbgrader's steps."""
        return sorted(self.path(step, "x", "x").parent.parent.glob(f"*/{lesson_name}"))

    def dropped(self) -> set[str]:
        """The students who were dropped and are not enrolled again. What they hand in is not collected."""
        moved = {path.name for path in (self.folder / "dropped").glob("*")}
        if not moved:
            return moved
        with Gradebook(self.coursedir.db_url, self.coursedir.course_id) as gradebook:
            return moved - {student.id for student in gradebook.students}

    def lessons(self) -> list[str]:
        """The names of the lessons that were built into this course."""
        return sorted(path.stem for path in self.path("source", ".", "x").parent.glob("*/*.ipynb")
                      if path.stem == path.parent.name)

    def lesson(self, name: str) -> Lesson:
        """Raises NoLesson where `build` has not made it, and Damaged where it is no notebook."""
        path = self.path("source", ".", name) / f"{name}.ipynb"
        if not path.exists():
            raise NoLesson(f"{self.folder} has no lesson {name}: run `python -m autograder build` first. "
                           f"There are: {', '.join(self.lessons()) or 'none'}.")
        try:
            return Lesson(name, nbformat.read(path, as_version=4), self.config)
        except Exception as error:  # nbformat lets through what json, jsonschema and the file system raise
            raise Damaged(f"{path} is no notebook that can be read: put it back from a backup, or delete it and "
                          f"run `python -m autograder build {name}`. Found: {str(error)[:200]!r}.") from error


class Damaged(Exception):
    """A file of the course is not as we wrote it."""


def seed(course: Course) -> int:
    """The number behind the judge's inputs: 256 random bits, drawn once for a course and kept in its `secret`.

    Whoever knows it knows the inputs: only those who grade may read it. Raises Damaged rather than draw another one.
    """
    path = course.folder / "secret"
    if not path.exists():
        make_folder(course.folder)
        with tempfile.NamedTemporaryFile("w", dir=course.folder, prefix="secret.", suffix=".new") as new:
            os.fchmod(new.fileno(), mode_in(course.folder) & 0o666)
            new.write(secrets.token_hex(32) + "\n")
            new.flush()
            with suppress(FileExistsError):  # another process was faster
                os.link(new.name, path)  # there is never half a secret
    text = path.read_text(encoding="utf-8", errors="replace").strip()
    if not re.fullmatch("[0-9a-f]{64}", text):
        raise Damaged(f"{path} should hold 64 hexadecimal digits and does not. Put it back from a backup; or "
                      "delete it, and the next run draws another one: marks may then differ from earlier ones.")
    return int(text, 16)
