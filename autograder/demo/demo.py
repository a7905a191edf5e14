"""From nothing to marks: a course, an invented class that hands in, and all the steps of an instructor."""

import zipfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import nbformat
from nbgrader.api import Gradebook
from rich.box import SIMPLE_HEAD
from rich.markup import escape
from rich.table import Table

from autograder.building.editions import instructor_edition, read_sources
from autograder.collecting.collect import collect
from autograder.course import SETTINGS, Course, seed
from autograder.demo import the_class
from autograder.demo.the_class import LESSONS, STUDENTS
from autograder.files import replace
from autograder.grade import grade
from autograder.init import Occupied, init
from autograder.judging.host import Limits
from autograder.judging.judgement import Judgement
from autograder.judging.pool import Settings
from autograder.reporting import report
from autograder.texts import visible

LIMITS = Limits(cell=2, answer=2, total=30, memory=512)  # an endless loop should not make the demo one


@dataclass(frozen=True)
class Row:
    """One student and lesson: what was handed in (None: nothing), the judgement, and whether an essay waits."""

    handed_in: the_class.HandedIn | None
    judgement: Judgement
    essay: bool

    @property
    def points(self) -> tuple[float, ...]:
        return tuple(verdict.earned for verdict in self.judgement.verdicts.values())

    @property
    def as_expected(self) -> bool:
        if self.handed_in is None:
            return self.judgement.status == "missing" and not any(self.points)
        expected, flags = self.handed_in, self.judgement.flags
        return ((expected.status, expected.points, expected.essay) == (self.judgement.status, self.points, self.essay)
                and bool(expected.flag) == bool(flags) and all(expected.flag in flag for flag in flags))

    def as_dict(self) -> dict:
        judgement, expected = self.judgement, self.handed_in
        return {"student": judgement.student, "lesson": judgement.lesson, "status": judgement.status,
                "handed_in": expected.what if expected else "nothing", "points": self.points, "flags": judgement.flags,
                "essay_waits": self.essay, "as_expected": self.as_expected}


def demo(folder: str | Path, watch: Callable = lambda tasks, total: tasks) -> tuple[Course, list[Row], Path]:
    """Make a course in an empty folder, let the class hand in, and grade it. Gives the course, the rows, the page.

    To be run at the root of the repository, whose lessons/ and course/ stay as they are. watch: as `grade` has it.
    Raises Occupied, NotSafe, and what the steps raise.
    """
    folder = Path(folder).resolve()
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise Occupied(f"{folder} is not empty: name a new folder, or none.")
    course = prepare(folder / "course")
    expected = the_class.the_class(course)
    for lesson in LESSONS:
        path = folder / f"{lesson}-submissions.zip"
        download(path, lesson, expected[lesson])
        collect(course, path, lesson)
    grade(course, LESSONS, Settings(seed(course), LIMITS), watch)
    judgements = report.graded(course)
    page = report.write(course, report.numbers(judgements))
    waits = waiting(course)
    return course, [row(judgement, expected, waits) for judgement in judgements], page


def prepare(folder: Path) -> Course:
    """A course with the two lessons, and with everybody enrolled."""
    sources = read_sources(Path.cwd(), LESSONS)
    init(folder, SETTINGS)
    course = Course(folder / SETTINGS)
    replace({course.path("source", ".", name) / f"{name}.ipynb": nbformat.writes(instructor_edition(cells)) + "\n"
             for name, cells in sources.items()})
    with Gradebook(course.coursedir.db_url, course.coursedir.course_id) as gradebook:
        for student, name in STUDENTS.items():
            gradebook.add_student(str(student), first_name=name, last_name="Demo")
    return course


def download(path: Path, lesson: str, handed_in: list[the_class.HandedIn]) -> None:
    """What Canvas gives an instructor who asks for all submissions of an assignment."""
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for upload, ((student, name), each) in enumerate(zip(STUDENTS.items(), handed_in, strict=False), start=70001):
            archive.writestr(f"{name.lower()}_{student}_{upload}_{each.file or lesson + '.ipynb'}", each.data)


def waiting(course: Course) -> set[tuple[str, str]]:
    """(student, lesson) of every submission that has an essay for a person to mark."""
    with Gradebook(course.coursedir.db_url, course.coursedir.course_id) as gradebook:
        return {(submission.student.id, lesson) for lesson in LESSONS
                for submission in gradebook.assignment_submissions(lesson) if submission.needs_manual_grade}


def row(judgement: Judgement, expected: dict[str, list[the_class.HandedIn]], waits: set[tuple[str, str]]) -> Row:
    place = list(STUDENTS).index(int(judgement.student))
    handed_in = expected[judgement.lesson][place:place + 1]
    return Row(handed_in[0] if handed_in else None, judgement, (judgement.student, judgement.lesson) in waits)


def tables(rows: list[Row]) -> Iterator[Table]:
    """A table for each lesson."""
    for lesson in LESSONS:
        own = [row for row in rows if row.judgement.lesson == lesson]
        verdicts = own[0].judgement.verdicts.values()
        worth = " + ".join(f"{verdict.points:g}" for verdict in verdicts)
        table = Table(title=f"{lesson}: {' + '.join(verdict.name for verdict in verdicts)}", box=SIMPLE_HEAD,
                      title_justify="left", title_style="bold")
        for header in ("student", "handed in, and its flags", "status", worth, f"{sum(v.points for v in verdicts):g}"):
            table.add_column(header, no_wrap=header != "handed in, and its flags", overflow="fold")
        for row in own:
            table.add_row(*cells(row))
        yield table


def cells(row: Row) -> tuple[str, str, str, str, str]:
    """What the table says about one submission."""
    judgement = row.judgement
    student = f"{judgement.student} {STUDENTS[int(judgement.student)]}"
    points = " + ".join(f"{points:g}" for points in row.points)
    lines = [row.handed_in.what if row.handed_in else "nothing"]
    lines += [f"[yellow]! {escape(visible(flag))}[/]" for flag in judgement.flags]
    lines += ["[cyan]the essay waits for you[/]"] * row.essay
    if not row.as_expected:
        lines.append(f"[bold red]deserves something else: {escape(repr(row.handed_in)[:300])}[/]")
    return student, "\n".join(lines), judgement.status, points, f"{judgement.earned:g}"
