"""Make a course folder that stands by itself: nbgrader's settings, its gradebook, the secret of the judge."""

import os
import re
from pathlib import Path

from autograder.course import SETTINGS, Course, NoCourse, seed
from autograder.marks import gradebook

STEPS = ("source", "submitted", "autograded", "feedback")
OURS = {*STEPS, "release", "gradebook.db", "grades.csv", "report.html", "secret", "grading.log", "grading.log.1",
        ".ipynb_checkpoints", ".nbgrader.log"}
WHERE = re.compile(r"^course = .*$", re.MULTILINE)
HERE = "course = Path(__file__).resolve().parent"


class Occupied(Exception):
    """The folder holds something else."""


def init(folder, settings):
    """Make a course folder, or what is missing of one. Gives the names of what was made.

    settings: the nbgrader_config.py to go by; all but the course folder itself is taken over. Raises Occupied,
    and writes nothing, where the folder holds something that does not belong to a course.
    """
    folder = Path(folder).resolve()
    own = folder / SETTINGS
    if folder.exists() and not folder.is_dir():
        raise Occupied(f"{folder} is a file: expected a new folder, an empty one, or a course.")
    there = {path.name for path in folder.iterdir()} if folder.exists() else set()
    if strange := sorted(there - OURS - {SETTINGS}):
        raise Occupied(f"{folder} holds something else, such as {strange[0]}: name a new folder, or an empty one.")
    if own.exists() and HERE not in own.read_text(encoding="utf-8").splitlines():
        raise Occupied(f"{own} was not written by `init`: name a new folder, or an empty one.")
    if not own.exists() and not Path(settings).exists():
        raise NoCourse(f"There is no {settings} to take the settings from: run this at the root of the repository.")
    for step in STEPS:
        (folder / step).mkdir(parents=True, exist_ok=True)
    if not own.exists():
        write_settings(own, Path(settings))
    course = Course(own)
    seed(course)
    if "gradebook.db" not in there:
        gradebook.create(course.coursedir.db_url, course.coursedir.course_id)
    return sorted({*STEPS, SETTINGS, "secret", "gradebook.db"} - there)


def write_settings(own, settings):
    text, changed = WHERE.subn(HERE, settings.read_text(encoding="utf-8"))
    if changed != 1:
        raise NoCourse(f"{settings} should say in one line, `course = ...`, where the course is: found {changed}.")
    new = own.with_suffix(".new")
    new.write_text(text, encoding="utf-8")
    os.replace(new, own)
