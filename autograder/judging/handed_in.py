"""What was handed in: the submissions of a lesson in the course folder, and a fingerprint of each."""

import hashlib
import json
import os
from dataclasses import dataclass
from pathlib import Path

from autograder.collecting.archive import Refused
from autograder.collecting.layouts import student_id
from autograder.judging import submission


@dataclass(frozen=True)
class Task:
    """One student's submission of one lesson."""

    student: str
    path: Path
    fingerprint: str


def begun(course):
    """The lessons of which somebody handed something in. In the others nobody is missing yet."""
    return [name for name in course.lessons() if course.students("submitted", name)]


def handed_in(course, lesson, settings):
    """The submissions of a lesson, each with a fingerprint of all that its marks depend on.

    Formgrader prints a student's id into its pages as it is, so one that `collect` would not give is made safe here.
    """
    shared = hashlib.sha256(repr((settings.seed, settings.limits, settings.layers, settings.unsafe)).encode())
    shared.update(json.dumps(lesson.instructor).encode())
    taken = set()
    found = course.students("submitted", lesson.name)
    for folder in sorted(found, key=lambda folder: _free(folder.parent.name, ()) != folder.parent.name):
        path = folder / f"{lesson.name}.ipynb"
        if not os.path.lexists(path):
            path = next(iter(sorted(folder.glob("*.ipynb"))), path)  # under another name
        path = next((link for link in (folder.parent, folder) if link.is_symlink()), path)  # others' work: refused
        own = shared.copy()
        try:
            own.update(submission.content(path))
        except submission.Unreadable as why:
            own.update(str(why).encode())
        taken.add(student := _free(folder.parent.name, taken))
        yield Task(student, path, own.hexdigest())


def _free(name, taken):
    """A safe student id for a folder of this name, which nobody else has."""
    try:
        student = student_id(name)
    except Refused:
        student = "unnamed"
    while student in taken:
        student += "_"
    return student
