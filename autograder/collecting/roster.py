"""The roster: who is enrolled, whom of them a name means, who is unknown, and who handed in nothing.

Enrolled is whom the instructor entered in the gradebook. Whoever came into it because they handed something in is not.
"""

import re
from collections import defaultdict
from collections.abc import Collection, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from difflib import get_close_matches
from pathlib import Path
from unicodedata import normalize

from nbgrader.api import Student
from sqlalchemy import NullPool, create_engine, inspect, make_url, or_, select

from autograder.collecting.archive import Refused
from autograder.collecting.layouts import alike, student_id
from autograder.course import Course
from autograder.marks.gradebook import NEWCOMERS
from autograder.texts import visible

MOODLE_DROPS = re.compile(r"[\"&<>`|':\\/]")  # from a name: moodlelib.php, PARAM_FILE
KEPT = str.maketrans(dict.fromkeys("'’‘,()", "x"))  # harmless in a folder, a page and a glob; only rosters have them
FEW = 5


class Roster:
    """The ids that are enrolled."""

    def __init__(self, ids: Collection[str]) -> None:
        self.ids = frozenset(ids)
        self.called = defaultdict(set)
        for enrolled in self.ids:
            for name in (enrolled, MOODLE_DROPS.sub("", enrolled.replace("_", " "))):
                with suppress(Refused):
                    self.called[alike(student_id(name))].add(enrolled)

    @classmethod
    def of(cls, course: Course) -> "Roster":
        """The roster of a course. It is empty where there is no gradebook yet."""
        url = make_url(course.coursedir.db_url)
        if url.get_backend_name() == "sqlite" and not Path(url.database).exists():
            return cls(())
        engine = create_engine(url, poolclass=NullPool)
        tables = inspect(engine).get_table_names()
        query = select(Student.id)
        if NEWCOMERS.name in tables:
            named = (Student.first_name, Student.last_name, Student.email, Student.lms_user_id)
            query = query.where(or_(Student.id.not_in(select(NEWCOMERS.c.student)), *(name != "" for name in named)))
        with engine.connect() as connection:
            return cls(connection.scalars(query).all() if Student.__tablename__ in tables else ())

    def student(self, name: str) -> str:
        """The id of whoever has this name in a download: the enrolled one, else the name made safe.

        A name and an enrolled id are one where they are the same when made safe, as student_id and Moodle do, if that
        holds for one enrolled id only. Raises Refused where nothing is left of the name.
        """
        made = student_id(name)
        if name in self.ids and safe(name):
            return name
        meant = self.called.get(alike(made), ())
        return next(iter(meant)) if len(meant) == 1 and all(map(safe, meant)) else made

    def knows(self, name: str) -> bool:
        """Whether somebody is enrolled whom this name means."""
        try:
            return self.student(name) in self.ids
        except Refused:
            return False


def safe(student: str) -> bool:
    """Whether an enrolled id can be a folder as it is."""
    name = normalize("NFC", student.translate(KEPT))
    with suppress(Refused):
        return student_id(name) == name
    return False


@dataclass(frozen=True)
class Attendance:
    """enrolled: how many are. handed_in: how many students handed in. unknown: those of them who are not enrolled.

    missing: lesson -> the enrolled who handed in nothing of it. meant: unknown -> the missing whose id is nearly that.
    """

    enrolled: int
    handed_in: int
    unknown: list[str]
    missing: dict[str, list[str]]
    meant: dict[str, str] = field(default_factory=dict)

    def lines(self) -> Iterator[str]:
        """What an instructor should know, a line each."""
        if not self.enrolled:
            yield ("Nobody is enrolled, so whether these are your students cannot be told. "
                   "`nbgrader db student import students.csv` enters them.")
            return
        if self.unknown:
            names = [f"{name} (did you mean {self.meant[name]}?)" if name in self.meant else name
                     for name in self.unknown]
            yield f"{len(self.unknown)} of {self.handed_in} are not enrolled: {few(names)}"
        for lesson, students in self.missing.items():
            if students:
                yield f"{len(students)} of {self.enrolled} enrolled handed in nothing of {lesson}: {few(students)}"


def attendance(course: Course, lessons: Sequence[str], students: Collection[str] | None = None) -> Attendance:
    """Who is unknown of `students`, by default of all who handed in one of the lessons, and who handed in nothing."""
    roster = Roster.of(course)
    handed_in = {lesson: {named(roster, folder.parent.name) for folder in course.students("submitted", lesson)
                          if any(folder.glob("*.ipynb"))} for lesson in lessons}
    present = set().union(*handed_in.values()) if students is None else set(students)
    unknown = sorted(present - roster.ids) if roster.ids else []
    missing = {lesson: sorted(roster.ids - there) for lesson, there in handed_in.items()}
    candidates = sorted({student for absent in missing.values() for student in absent})
    meant = {name: near for name in unknown[:FEW] for near in get_close_matches(name, candidates, 1, cutoff=0.8)}
    return Attendance(len(roster.ids), len(present), unknown, missing, meant)


def named(roster: Roster, folder: str) -> str:
    """The student of a folder in submitted/."""
    with suppress(Refused):
        return roster.student(folder)
    return folder


def few(names: Sequence[str]) -> str:
    """The first names, and how many more there are."""
    more = f" and {len(names) - FEW:,} more" if len(names) > FEW else ""
    return visible(", ".join(names[:FEW])) + more
