"""What was handed in: the submissions of a lesson in the course folder, and a fingerprint of each."""

import hashlib
import json
import os
from collections.abc import Collection, Iterator
from pathlib import Path

from autograder.collecting.archive import Refused
from autograder.collecting.roster import Roster
from autograder.course import Course
from autograder.judging import submission
from autograder.judging.pool import Settings, Task
from autograder.lesson import Lesson


def begun(course: Course) -> list[str]:
    """The lessons of which somebody handed something in. In the others nobody is missing yet."""
    return [name for name in course.lessons() if any(map(notebook_in, course.students("submitted", name)))]


def notebook_in(folder: Path) -> Path | None:
    """The notebook in a student's folder for a lesson, under whatever name; None where the folder holds none.

    Where one cannot look, or should not, it is a path that `submission.read` refuses, and says why.
    """
    if link := next((place for place in (folder.parent, folder) if place.is_symlink()), None):
        return link  # others' work
    try:
        found = sorted(name for name in os.listdir(folder) if name.endswith(".ipynb"))
    except FileNotFoundError:
        return None
    except OSError:
        return folder / f"{folder.name}.ipynb"
    return folder / (folder.name + ".ipynb" if folder.name + ".ipynb" in found else found[0]) if found else None


def handed_in(course: Course, lesson: Lesson, settings: Settings) -> Iterator[Task]:
    """The submissions of a lesson, each with a fingerprint of all that its marks depend on.

    Formgrader prints a student's id into its pages as it is, so one that `collect` would not give is made safe here.
    """
    shared = hashlib.sha256(repr((settings.seed, settings.limits, settings.layers, settings.unsafe)).encode())
    shared.update(json.dumps(lesson.instructor).encode())
    taken, roster = set(), Roster.of(course)
    found = course.students("submitted", lesson.name)
    for folder in sorted(found, key=lambda folder: _free(folder.parent.name, (), roster) != folder.parent.name):
        if not (path := notebook_in(folder)):
            continue
        own = shared.copy()
        try:
            own.update(submission.content(path))
        except submission.Unreadable as why:
            own.update(str(why).encode())
        taken.add(student := _free(folder.parent.name, taken, roster))
        yield Task(student, path, own.hexdigest())


def _free(name: str, taken: Collection[str], roster: Roster) -> str:
    """The enrolled student of a folder of this name, else a safe id, which nobody else has."""
    try:
        student = roster.student(name)
    except Refused:
        student = "unnamed"
    while student in taken:
        student += "_"
    return student
