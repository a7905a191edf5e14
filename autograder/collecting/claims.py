"""Whose a notebook is, of which lesson, and which of several counts."""

import codecs
import json
import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime
from typing import NamedTuple

from autograder.collecting import doubts, layouts
from autograder.collecting.archive import Entry, Refused
from autograder.collecting.layouts import Layout
from autograder.collecting.roster import Roster
from autograder.course import Course
from autograder.lesson import Lesson

MAGIC = {b"%pdf": "a PDF", b"<": "a web page", b"pk": "a zip", b"\x1f\x8b": "a gzip archive"}  # in lower case
LARGE = 5 * 2**20  # bytes; a lesson as it was given out is much smaller


class Claim(NamedTuple):
    """A notebook that says who handed it in.

    person: the student before the id was made safe, and the name that Canvas, or the number that Moodle, has beside it:
    two persons may not share an id. inside: the path below the student's folder, "" where there is none. number: of the
    student in this lesson, in Moodle. order: the latest notebook has the largest; see Reader.claim.
    """

    entry: Entry
    student: str
    person: tuple[str, str]
    lesson: str
    order: tuple[bool, int, datetime, int]
    when: datetime
    inside: str = ""
    number: str = ""


class Reader:
    """Reads the claims of an archive: its layout, the course's lessons and its roster say what a name means."""

    def __init__(self, course: Course, layout: Layout, entries: Sequence[Entry], lesson: str | None,
                 roster: Roster) -> None:
        self.layout, self.lesson, self.roster = layout, lesson, roster
        self.lessons = course.lessons()
        lessons = [course.lesson(name) for name in ([lesson] if lesson else self.lessons)]
        self.exercises = {each.name: {*each.exercises, *each.essays} for each in lessons}
        self.stamps = {entry.name.rpartition("/")[0]: entry for entry in entries
                       if entry.name.endswith("/timestamp.txt")}

    def name(self, file: str) -> str:
        """The student's name in a path; "" where it says none."""
        parts = self.layout.parts(file)
        return who(parts) or layouts.flat_student(parts["file"], self.lessons) or "" if parts else ""

    def says_all(self, file: str) -> bool:
        """Whether the name of a notebook that comes alone says for certain whose it is."""
        name = self.name(file)
        certain = self.layout.label != layouts.PLAIN_LABEL or self.roster.knows(name)
        return certain or name not in ("", layouts.stem(file))

    def claim(self, entry: Entry, doubts: Mapping[str, str]) -> Claim:
        """Whose notebook this is, and of which lesson. Raises Refused where either is in doubt.

        doubts: names that may be no student's -> why.

        Which of a student's notebooks of a lesson counts, is decided by `order`, in this order:
        1. whether it is called as the lesson in a folder of the lesson: nbgrader looks for no other;
        2. Canvas's number of the upload, which only grows;
        3. when it was handed in: timestamp.txt beside it, else the time in its path, else the file's date;
        4. the number that Canvas appends to the name of a file that was handed in again.
        """
        parts = self.layout.parts(entry.name)
        if parts is None:
            raise Refused(f"does not fit {self.layout.label}")
        file, upload = parts["file"], int(parts.get("upload", 0))
        name = self.name(entry.name)
        student = self.roster.student(name)
        if name in doubts:
            raise Refused(doubts[name])
        which = self.lesson_of(entry, parts)
        when = self.stamped(entry) or layouts.parse_time(parts.get("time", "")) or entry.modified
        exact = "lesson" in parts and layouts.stem(file) == which
        folder = self.layout.label in (layouts.PLAIN_LABEL, layouts.SUBMITTED_LABEL) and "student" in parts
        number = parts.get("number", "")
        return Claim(entry, student, (name, parts.get("person", number)), which,
                     (exact, upload, when, layouts.resubmission(file)), when,
                     entry.name.removeprefix(f"{self.layout.top}{name}/") if folder else "", number)

    def lesson_of(self, entry: Entry, parts: Mapping[str, str]) -> str:
        """The lesson that --lesson says, else the path, else the notebook. Raises Refused where they disagree."""
        named = parts.get("lesson") or layouts.named_lesson(parts["file"], self.lessons)
        if self.lesson and named and named != self.lesson:
            raise Refused(f"is called {named}, and --lesson says {self.lesson}")
        if named and named not in self.lessons:
            raise Refused(f"is of lesson {named}, which this course does not have")
        return self.lesson or named or layouts.lesson_inside(entry.read(), self.exercises)

    def stamped(self, entry: Entry) -> datetime | None:
        """What timestamp.txt beside a notebook says."""
        beside = self.stamps.get(entry.name.rpartition("/")[0])
        if beside is None or beside.size > 100:
            return None
        try:
            return layouts.parse_time(beside.read().decode(errors="replace"))
        except Refused:
            return None

    def doubts(self, entries: Iterable[Entry]) -> dict[str, str]:
        """The names in these paths that may be no student's -> why. Whoever is enrolled is in no doubt.

        Raises Refused, with a question, where that is most of the class.
        """
        fits = [(entry.name, parts) for entry in entries if (parts := self.layout.parts(entry.name))]
        names = {name for file, _ in fits if (name := self.name(file))}
        unknown = sorted(name for name in names if not self.roster.knows(name))
        if self.layout.label == layouts.MOODLE_LABEL:
            return doubts.moodle_doubts(unknown)
        if self.layout.label == layouts.CANVAS_LABEL:
            return {name: doubts.GROUP for file, parts in fits if doubts.says_nobody(parts.get("person", ""))
                    and (name := self.name(file)) in unknown}
        if self.layout.label == layouts.EXCHANGE_LABEL:
            return {}
        found = doubts.doubtful(unknown, self.lessons)
        if len(found) > len(names) / 2:
            raise Refused(doubts.question(found, len(names)) + layouts.deeper([file for file, _ in fits]))
        return found


def who(parts: Mapping[str, str]) -> str | None:
    """The student that a layout's pattern found in a path."""
    return parts.get("student") or parts.get("anonymous")


def crowded(claims: Sequence[Claim], reader: Reader) -> dict[str, str]:
    """The notebooks in folders that may be a group's or a class's, and no student's -> why."""
    folders = defaultdict(lambda: defaultdict(list))
    for claim in claims:
        if claim.inside and reader.layout.label == layouts.PLAIN_LABEL:
            folders[claim.lesson][claim.student].append(claim)
    people = {*reader.roster.ids, *(claim.student for claim in claims)}
    found = {}
    for students in folders.values():
        files = {student: [claim.inside for claim in of_student] for student, of_student in students.items()}
        why = doubts.several_people(files, reader.lessons, people)
        found |= {claim.entry.name: f"{why[student]}: is {student!r} a student, or several? Give each student a folder"
                  for student in why for claim in students[student]}
    return found


def namesakes(claims: Sequence[Claim], there: Iterable[str]) -> dict[str, str]:
    """The notebooks whose student's id is, or looks like, somebody else's in the archive or in the course -> why.

    there: the ids in the course.
    """
    people, ids = defaultdict(set), defaultdict(set)
    for student in there:
        ids[layouts.alike(student)].add(student)
    for claim in claims:
        people[layouts.alike(claim.student)].add(claim.person)
        ids[layouts.alike(claim.student)].add(claim.student)
    found = {}
    for claim in claims:
        persons, students = people[layouts.alike(claim.student)], ids[layouts.alike(claim.student)]
        if len(persons) > 1 or len(students) > 1:
            several = sorted({" ".join(filter(None, person)) for person in persons} | students)
            some = ", ".join(several[:3]) + (f" and {len(several) - 3} more" if len(several) > 3 else "")
            found[claim.entry.name] = f"could be of several students, who would get one folder: {some}"
    return found


def untouched(claims: Sequence[Claim], lesson: Callable[[str], Lesson]) -> set[str]:
    """The notebooks that are lessons as they were given out, in a student's folder of several lessons.

    A clone of the course's repository holds all lessons, whether they were worked on or not. A lesson that somebody
    handed in by itself is a submission, whatever is in it. lesson: gives the Lesson of a name.
    """
    several = defaultdict(set)
    for claim in claims:
        several[claim.student].add(claim.lesson)
    given, found = {}, set()
    for claim in claims:
        if claim.inside and len(several[claim.student]) > 1:
            if claim.lesson not in given:
                given[claim.lesson] = [cell.source for cell in lesson(claim.lesson).student.cells]
            if sources(claim.entry) == given[claim.lesson]:
                found.add(claim.entry.name)
    return found


def sources(entry: Entry) -> list[str] | None:
    """The texts of a notebook's cells; None where it cannot be read, or is too large to be a lesson as given out."""
    if entry.size > LARGE:
        return None
    try:
        cells = json.loads(entry.read())["cells"]
        return ["".join(cell["source"]).replace("\r\n", "\n") for cell in cells]
    except (Refused, ValueError, TypeError, KeyError, RecursionError):
        return None


def latest_first(claims: Iterable[Claim]) -> list[list[Claim]]:
    """Lists of claims, of one student and lesson each, the latest first."""
    rivals = defaultdict(list)
    for claim in claims:
        rivals[claim.student, claim.lesson].append(claim)
    return [sorted(group, key=lambda claim: claim.order, reverse=True) for group in rivals.values()]


def oddity(data: bytes) -> str:
    """What is odd about a file that is called a notebook: the rest of a sentence, or ""."""
    utf16 = data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE))
    text = data.decode("utf-16", "replace").encode() if utf16 else data.removeprefix(codecs.BOM_UTF8)
    if all(re.search(rb'^[ \t]*"?%s ' % mark, text, re.MULTILINE) for mark in (b"<" * 7, b">" * 7)):
        return "it looks like an unresolved git merge: lines begin with <<<<<<< and >>>>>>>"
    start = text.lstrip()[:20].lower()
    if start.startswith(b"{"):
        return ""
    kind = next((kind for magic, kind in MAGIC.items() if start.startswith(magic)), "no JSON")
    return f"it is no notebook: {kind if start else 'it is empty'}"
