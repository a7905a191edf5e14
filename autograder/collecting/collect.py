"""Put what students handed in where nbgrader looks for it: submitted/<student>/<lesson>/<lesson>.ipynb.

Nothing is guessed: a file of which student or lesson is in doubt is named and left where it is.
"""

import os
import secrets
from collections import defaultdict
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import groupby
from typing import NamedTuple

from autograder.collecting import layouts
from autograder.collecting.archive import Allowance, Entry, Refused, beneath, opened, read_beneath
from autograder.course import NoLesson
from autograder.texts import visible

STATUSES = {
    "collected": "is new",
    "replaced": "is later than what was there",
    "unchanged": "was there already",
    "kept": "is older than what is there, which stays",
    "older": "is not the latest of this student",
    "ignored": "is no notebook, and lies beside one",
    "dropped": "is of a student who was dropped; `nbgrader db student add` enrolls them again",
    "refused": "was not taken",
}


DOUBT = "has the same date as another file of this student, and other content: which is the latest?"


@dataclass(frozen=True)
class Outcome:
    """What became of one file: one of STATUSES, and why."""

    file: str
    status: str
    student: str = ""
    lesson: str = ""
    why: str = ""


class Collection(NamedTuple):
    """layout: which was recognised. outcomes: one for every file."""

    layout: str
    outcomes: list


class Claim(NamedTuple):
    """A notebook that says who handed it in. person: the student before the id was made safe."""

    entry: Entry
    student: str
    person: tuple
    lesson: str
    order: tuple
    when: datetime


def collect(course, source, lesson=None, watch=iter):
    """Copy every student's latest notebook of every lesson into the course.

    source: a folder or a zip. lesson: the one that all of them are of. watch: wraps a loop, to show progress.
    Gives a Collection. Nothing that is in `source` is believed, and nothing outside submitted/ is written. Raises
    NoLesson where the course lacks the lesson, or has none.
    """
    lessons = [lesson] if lesson else course.lessons()
    if not lessons:
        raise NoLesson(f"{course.folder} has no lessons: run `python -m autograder build` first.")
    exercises = {name: {*course.lesson(name).exercises, *course.lesson(name).essays} for name in lessons}
    outcomes = []

    def refuse(file, error, student="", lesson=""):
        outcomes.append(Outcome(file, "refused", student, lesson, str(error)))

    layout = layouts.Layout("", "", "")
    try:
        with opened(source) as (entries, refused):
            for file, why in refused:
                refuse(file, why)
            entries = [entry for entry in entries if not layouts.LEFT_BY_TOOLS.fullmatch(entry.name)]
            notebooks = [entry for entry in entries if layouts.stem(entry.name)]
            everything = [name for name, *_ in (*entries, *refused)]
            layout = layouts.recognise([entry.name for entry in notebooks], everything, course.lessons())
            claims = read_claims(notebooks, layout, times(entries), course.lessons(), lesson, exercises, refuse)
            gone = course.dropped()
            outcomes += [Outcome(claim.entry.name, "dropped", claim.student, claim.lesson, STATUSES["dropped"])
                         for claim in claims if claim.student in gone]
            claims = [claim for claim in claims if claim.student not in gone]
            for rivals in watch(latest_first(one_person_each(course, claims, refuse))):
                outcomes += hand_over(course, rivals)
            others = [entry for entry in entries if not layouts.stem(entry.name)]
            outcomes += beside(others, layout, {claim.person[0] for claim in claims})
    except Refused as error:
        refuse(str(source), error)
    return Collection(layout.label, outcomes)


def lines(layout, outcomes):
    """The outcomes for a person: how many of each, and each one that needs a look. Nothing in a name reaches the
    terminal that is not a character to see."""
    if layout:
        yield f"Read as {layout}."
    for status, meaning in STATUSES.items():
        some = [outcome for outcome in outcomes if outcome.status == status]
        if some:
            yield f"{len(some):6} {status:10} {meaning if status != 'refused' else ''}".rstrip()
        if status in ("replaced", "kept", "older", "dropped", "refused"):
            for outcome in sorted(some, key=lambda outcome: outcome.file):
                yield f"         {visible(outcome.file)}" + (f": {visible(outcome.why)}" if status == "refused" else "")


def times(entries):
    """Folder -> the entry of its timestamp.txt."""
    return {entry.name.rpartition("/")[0]: entry for entry in entries if entry.name.endswith("/timestamp.txt")}


def read_claims(notebooks, layout, times, all_lessons, lesson, exercises, refuse):
    claims = []
    # Small files first, so that a bomb takes nothing away from the others.
    for entry in sorted(notebooks, key=lambda entry: (entry.size, entry.name)):
        try:
            claims.append(claim(entry, layout, times, all_lessons, lesson, exercises))
        except Refused as error:
            refuse(entry.name, error)
    return claims


def claim(entry, layout, times, all_lessons, lesson, exercises):
    parts = layout.parts(entry.name)
    if parts is None:
        raise Refused(f"does not fit {layout.label}")
    file, upload = parts["file"], int(parts.get("upload", 0))
    person = who(parts) or layouts.flat_student(file, all_lessons) or ""
    student = layouts.student_id(person)
    named = parts.get("lesson") or layouts.named_lesson(file, all_lessons)
    if lesson and named and named != lesson:
        raise Refused(f"is called {named}, and --lesson says {lesson}")
    if named and named not in all_lessons:
        raise Refused(f"is of lesson {named}, which this course does not have")
    which = lesson or named or layouts.lesson_inside(entry.read(), exercises)
    when = stamped(entry, times) or layouts.parse_time(parts.get("time", "")) or entry.modified
    exact = "lesson" in parts and layouts.stem(file) == which
    order = (exact, upload, when, layouts.resubmission(file))
    return Claim(entry, student, (person, parts.get("person", "")), which, order, when)


def who(parts):
    return parts.get("student") or parts.get("anonymous")


def stamped(entry, times):
    """What timestamp.txt beside a notebook says."""
    beside = times.get(entry.name.rpartition("/")[0])
    if beside is None or beside.size > 100:
        return None
    try:
        return layouts.parse_time(beside.read().decode(errors="replace"))
    except Refused:
        return None


def one_person_each(course, claims, refuse):
    """The claims whose student's id is nobody else's, in the archive and in the course."""
    people, ids = defaultdict(set), defaultdict(set)
    there = course.path("submitted", "x", "x").parent.parent
    for name in os.listdir(there) if there.is_dir() else []:
        ids[layouts.alike(name)].add(name)
    for claim in claims:
        people[layouts.alike(claim.student)].add(claim.person)
        ids[layouts.alike(claim.student)].add(claim.student)
    for claim in claims:
        persons, names = people[layouts.alike(claim.student)], ids[layouts.alike(claim.student)]
        if len(persons) > 1 or len(names) > 1:
            several = sorted({" ".join(filter(None, person)) for person in persons} | names)
            named = ", ".join(several[:3]) + (f" and {len(several) - 3} more" if len(several) > 3 else "")
            refuse(claim.entry.name, f"could be of several students, who would get one folder: {named}",
                   claim.student, claim.lesson)
        else:
            yield claim


def latest_first(claims):
    """Lists of claims, of one student and lesson each, the latest first."""
    rivals = defaultdict(list)
    for claim in claims:
        rivals[claim.student, claim.lesson].append(claim)
    return [sorted(group, key=lambda claim: claim.order, reverse=True) for group in rivals.values()]


def hand_over(course, rivals):
    """Place the latest that can be read; gives the outcome of each."""
    placed = False
    for _, equals in groupby(rivals, key=lambda claim: claim.order):
        readable = []
        for claim in equals:
            def outcome(status, why="", claim=claim):
                return Outcome(claim.entry.name, status, claim.student, claim.lesson, why or STATUSES[status])

            try:
                readable += [] if placed else [(outcome, claim, claim.entry.read())]
            except Refused as error:
                yield outcome("refused", str(error))
                continue
            if placed:
                yield outcome("older")
        if len({data for _, _, data in readable}) > 1:
            yield from (outcome("refused", DOUBT) for outcome, _, _ in readable)
            continue
        for outcome, claim, data in readable:
            try:
                yield outcome("older" if placed else place(course, claim.student, claim.lesson, data, claim.when))
                placed = True
            except (Refused, OSError) as error:
                yield outcome("refused", getattr(error, "strerror", None) or str(error))


def beside(others, layout, people):
    """The outcomes of what is no notebook: it matters where its student handed in none."""
    for entry in others:
        student = who(layout.parts(entry.name) or {})
        if entry.name.rpartition("/")[2] == "timestamp.txt":
            continue
        if entry.name.lower().endswith(".zip"):
            yield Outcome(entry.name, "refused", why="is an archive in the archive: unpack it by hand")
        elif student in people:
            yield Outcome(entry.name, "ignored", why=STATUSES["ignored"])
        else:
            yield Outcome(entry.name, "refused", why="is no notebook: expected a file that ends in .ipynb")


def place(course, student, lesson, data, when):
    """Write one submission, unless it is there or a later one is. Gives one of STATUSES."""
    folder = course.path("submitted", student, lesson).relative_to(course.folder)
    with beneath(course.folder, folder.parts, make=True) as fd:
        name = f"{lesson}.ipynb"
        try:
            there = read_beneath(fd, name, Allowance())
        except FileNotFoundError:
            there = None
        if there == data:
            return "unchanged"
        if there is not None and date_of(fd, name) > when:
            return "kept"
        stamp = when.replace(tzinfo=None).isoformat(" ", "microseconds") + " UTC"
        write(fd, "timestamp.txt", stamp.encode())  # first: a crash in between leaves something that is replaced
        write(fd, name, data)
        return "collected" if there is None else "replaced"


def date_of(fd, name):
    with suppress(FileNotFoundError):
        when = layouts.parse_time(read_beneath(fd, "timestamp.txt", Allowance()).decode(errors="replace"))
        if when:
            return when
    return datetime.fromtimestamp(os.stat(name, dir_fd=fd, follow_symlinks=False).st_mtime, UTC)


def write(fd, name, data):
    new = f".{name}.{secrets.token_hex(8)}"
    file = os.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o660, dir_fd=fd)
    try:
        with open(file, "wb") as stream:
            stream.write(data)
        os.replace(new, name, src_dir_fd=fd, dst_dir_fd=fd)
    except BaseException:
        os.unlink(new, dir_fd=fd)
        raise
