"""Put what students handed in where nbgrader looks for it: submitted/<student>/<lesson>/<lesson>.ipynb.

Nothing is guessed: a file of which student or lesson is in doubt is named and left where it is.
"""

import os
from collections import defaultdict
from collections.abc import Callable, Container, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path
from typing import NamedTuple

from autograder.collecting import layouts
from autograder.collecting.archive import Entry, Refused, opened
from autograder.collecting.claims import Claim, Reader, crowded, latest_first, namesakes, oddity, untouched, who
from autograder.collecting.placing import place
from autograder.collecting.roster import Roster, named
from autograder.course import Course, NoLesson
from autograder.texts import visible

STATUSES = {
    "collected": "is new",
    "replaced": "is later than what was there",
    "unchanged": "was there already",
    "kept": "is older than what is there, which stays",
    "older": "is not the latest of this student",
    "untouched": "is the lesson as it was given out, in a folder of several: not handed in",
    "ignored": "is no notebook, and lies beside one",
    "dropped": "is of a student who was dropped; `nbgrader db student add` enrolls them again",
    "refused": "was not taken",
    "waiting": "waits until it can be told whose it is",
}
PRESENT = ("collected", "replaced", "unchanged", "kept", "older")

DOUBT = "has the same date as another file of this student, and other content: which is the latest?"
ALONE = "says no student and lesson: collect its folder, or call it <student>_<lesson>.ipynb"
PACKED = (".zip", ".tar", ".gz", ".tgz", ".bz2", ".xz", ".7z", ".rar")
FEW, MANY = 5, 30  # files that are named where they share a reason: all up to MANY, else FEW


@dataclass(frozen=True)
class Outcome:
    """What became of one file: one of STATUSES, and why."""

    file: str
    status: str
    student: str = ""
    lesson: str = ""
    why: str = ""


class Collection(NamedTuple):
    """layout: which was recognized. outcomes: one for every file."""

    layout: str
    outcomes: list[Outcome]

    def handed_in(self) -> tuple[set[str], set[str]]:
        """The students who handed in something that counts, and the lessons."""
        there = [outcome for outcome in self.outcomes if outcome.status in PRESENT]
        return {outcome.student for outcome in there}, {outcome.lesson for outcome in there}


def collect(course: Course, source: Path, lesson: str | None = None,
            watch: Callable[[list], Iterable] = iter) -> Collection:
    """Copy every student's latest notebook of every lesson into the course.

    source: a folder, a zip or a notebook. lesson: the one that all of them are of. watch: wraps a loop, to show
    progress. Nothing that is in `source` is believed, and nothing outside submitted/ is written. Raises NoLesson where
    the course lacks the lesson, or has none.
    """
    if lesson:
        course.lesson(lesson)
    elif not course.lessons():
        raise NoLesson(f"{course.folder} has no lessons: run `python -m autograder build` first.")
    try:
        with opened(source) as (entries, refused):
            return take(course, Path(source), entries, refused, lesson, watch)
    except Refused as error:
        return Collection("", [Outcome(str(source), "refused", why=str(error))])


def take(course: Course, source: Path, entries: Sequence[Entry], refused: Sequence[tuple[str, str]],
         lesson: str | None, watch: Callable[[list], Iterable]) -> Collection:
    """As `collect`, from what an archive holds. Where nobody can tell whose the notebooks are, none is taken."""
    outcomes = [Outcome(file, "refused", why=why) for file, why in refused]
    notebooks = [entry for entry in entries if layouts.stem(entry.name)]
    others = [entry for entry in entries if not layouts.stem(entry.name)]
    everything = [entry.name for entry in entries] + [file for file, _ in refused]
    roster = Roster.of(course)
    try:
        layout = layouts.recognise([entry.name for entry in notebooks], everything, course.lessons(), roster.knows)
        reader = Reader(course, layout, entries, lesson, roster)
        doubts = reader.doubts(notebooks)
    except Refused as question:
        waiting = [Outcome(entry.name, "waiting", why=STATUSES["waiting"]) for entry in notebooks]
        return Collection("", [Outcome(str(source), "refused", why=str(question)), *outcomes, *waiting])
    if source.is_file() and layouts.stem(source.name) and not reader.says_all(source.name):
        raise Refused(ALONE)
    claims = []
    for entry in sorted(notebooks, key=lambda entry: (entry.size, entry.name)):  # a bomb takes nothing from the others
        try:
            claims.append(reader.claim(entry, doubts))
        except Refused as error:
            outcomes.append(Outcome(entry.name, "refused", why=str(error)))
    outcomes += settle(course, reader, claims, watch)
    return Collection(layout.label, outcomes + beside(others, layout, {claim.person[0] for claim in claims}))


def settle(course: Course, reader: Reader, claims: list[Claim], watch: Callable[[list], Iterable]) -> list[Outcome]:
    """What becomes of the claims: those in doubt are refused, and the latest of the others is placed."""
    folders = course.path("submitted", "x", "x").parent.parent
    homes = {}  # whoever is there keeps the folder, also when enrolled under another spelling later
    for folder in sorted(os.listdir(folders)) if folders.is_dir() else []:
        student = named(reader.roster, folder)
        if folder == student or student not in homes:
            homes[student] = folder
    blank, gone = untouched(claims, course.lesson), Roster(course.dropped())
    left_out = {claim: "untouched" if claim.entry.name in blank else "dropped" for claim in claims
                if claim.entry.name in blank or gone.knows(claim.student)}
    outcomes = [became(claim, status) for claim, status in left_out.items()]
    claims = [claim for claim in claims if claim not in left_out]
    doubts = namesakes(claims, homes) | crowded(claims, reader)
    outcomes += [became(claim, "refused", doubts[claim.entry.name]) for claim in claims if claim.entry.name in doubts]
    for rivals in watch(latest_first(claim for claim in claims if claim.entry.name not in doubts)):
        outcomes += hand_over(course, rivals, homes.get(rivals[0].student, rivals[0].student))
    return outcomes


def hand_over(course: Course, rivals: Sequence[Claim], folder: str) -> Iterator[Outcome]:
    """Place the latest of a student's notebooks of a lesson that can be read. Gives what became of each.

    folder: the student's in submitted/. Of two that are equally late neither is placed, unless they are the same.
    """
    placed = False
    for _, group in groupby(rivals, key=lambda claim: claim.order):
        equals, readable = list(group), []
        if placed:
            yield from (became(claim, "older") for claim in equals)
            continue
        for claim in equals:
            try:
                readable.append((claim, claim.entry.read()))
            except Refused as error:
                yield became(claim, "refused", str(error))
        if len({data for _, data in readable}) > 1:
            yield from (became(claim, "refused", DOUBT) for claim, _ in readable)
            continue
        for claim, data in readable:
            outcome = became(claim, "older") if placed else placed_as(course, claim, folder, data)
            placed = placed or outcome.status != "refused"
            yield outcome


def placed_as(course: Course, claim: Claim, folder: str, data: bytes) -> Outcome:
    """Place a notebook, and say what became of it, and what is odd about it."""
    try:
        status = place(course, folder, claim.lesson, data, claim.when, claim.number)
    except (Refused, OSError) as error:
        return became(claim, "refused", getattr(error, "strerror", None) or str(error))
    odd = oddity(data)
    return became(claim, status, f"{STATUSES[status]}, but {odd}" if odd else "")


def became(claim: Claim, status: str, why: str = "") -> Outcome:
    """The outcome of a claim."""
    return Outcome(claim.entry.name, status, claim.student, claim.lesson, why or STATUSES[status])


def beside(others: Iterable[Entry], layout: layouts.Layout, people: Container[str]) -> list[Outcome]:
    """The outcomes of what is no notebook: it matters where its student handed in none."""
    outcomes = []
    for entry in others:
        if entry.name.endswith(("/timestamp.txt", ".moodle")):  # ours, where a course's submitted/ is collected
            continue
        if entry.name.lower().endswith(PACKED):
            outcomes.append(Outcome(entry.name, "refused", why="is an archive in the archive: unpack it by hand"))
        elif who(layout.parts(entry.name) or {}) in people:
            outcomes.append(Outcome(entry.name, "ignored", why=STATUSES["ignored"]))
        else:
            outcomes.append(Outcome(entry.name, "refused", why="is no notebook: expected a file that ends in .ipynb"))
    return outcomes


def lines(layout: str, outcomes: Sequence[Outcome]) -> Iterator[str]:
    """The outcomes for a person: how many of each, and each one that needs a look. Nothing in a name reaches the
    terminal that is not a character to see. What many files have in common is said once."""
    if layout:
        yield f"Read as {layout}."
    for status, meaning in STATUSES.items():
        some = [outcome for outcome in outcomes if outcome.status == status]
        if some:
            yield f"{len(some):6} {status:10} {meaning if status != 'refused' else ''}".rstrip()
        reasons = defaultdict(list)
        for outcome in sorted(some, key=lambda outcome: outcome.file):
            usual = outcome.why in ("", meaning)
            if not usual or status in ("replaced", "kept", "older", "untouched", "dropped"):
                reasons["" if usual else outcome.why].append(outcome.file)
        for why, files in reasons.items():
            said = f": {visible(why)}" if why else ""
            shown = files if len(files) <= MANY else files[:FEW]
            yield from (f"         {visible(file)}{said}" for file in shown)
            if len(shown) < len(files):
                yield f"         and {len(files) - len(shown):,} more of these; --json names them"
