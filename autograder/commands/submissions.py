"""The commands on what was handed in: collect, grade."""

import json
import os
import sys
from dataclasses import asdict
from functools import partial
from pathlib import Path

import click

from autograder.commands.group import open_course


@click.command()
@click.argument("source", metavar="ARCHIVE_OR_FOLDER", type=click.Path(path_type=Path, exists=True))
@click.option("--lesson", metavar="LESSON", help="Every notebook in it is of this lesson.")
@click.option("--json", "as_json", is_flag=True, help="Print what became of every file as JSON.")
@click.pass_obj
def collect(folder: Path | None, source: Path, lesson: str | None, as_json: bool) -> None:
    """Copy what students handed in to the course.

    The latest notebook of each student and lesson counts. Takes Canvas's and Moodle's download of all submissions,
    nbgrader's exchange or its folder of submissions, and a plain folder or zip of <student>/<any name>.ipynb,
    <student>_<lesson>.ipynb or <student>.ipynb; or one notebook, <student>_<lesson>.ipynb. Whose notebooks they are is
    never guessed: where it cannot be told for certain, it asks. It says who is not enrolled, and who of those that are
    handed in nothing.

    Exits with 1 where a file was refused. All the others are collected.
    """
    from tqdm import tqdm

    from autograder.collecting import collect as collecting
    from autograder.collecting.roster import attendance
    from autograder.course import NoLesson

    watch = partial(tqdm, unit=" submissions", disable=None, leave=False)
    course = open_course(folder)
    try:
        collection = collecting.collect(course, source, lesson, watch)
    except NoLesson as error:
        raise click.UsageError(str(error)) from None
    layout, outcomes = collection
    students, lessons = collection.handed_in()
    present = attendance(course, sorted(lessons), students)
    if as_json:
        click.echo(json.dumps({"layout": layout, "outcomes": [asdict(outcome) for outcome in outcomes],
                               "roster": asdict(present)}, indent=1))
    else:
        for line in (*collecting.lines(layout, outcomes), *(present.lines() if students else ())):
            click.echo(line)
    sys.exit(any(outcome.status == "refused" for outcome in outcomes))


@click.command()
@click.argument("lessons", nargs=-1, metavar="[LESSON]...")
@click.option("--workers", type=click.IntRange(1), default=os.cpu_count(), show_default=True, help="At a time.")
@click.option("--seed", type=int, help="Behind the random inputs. By default the course's secret.")
@click.option("--again", is_flag=True, help="Also what is graded already. Marks given by hand are kept.")
@click.option("--limit", "limits", metavar="NAME=NUMBER", multiple=True,
              help="What a submission may use: total, cell and answer in seconds of processor time; patience, how "
                   "many times as long by the clock; memory, files and file in megabytes; threads; printed, in "
                   "characters. As in --limit total=30 --limit memory=512.")
@click.option("--unsafe", is_flag=True, help="Grade although this machine cannot lock a student's code in.")
@click.option("--json", "as_json", is_flag=True, help="Print every judgement as JSON.")
@click.pass_obj
def grade(folder: Path | None, lessons: tuple[str, ...], workers: int, seed: int | None, again: bool,
          limits: tuple[str, ...], unsafe: bool, as_json: bool) -> None:
    """Judge what was handed in, in a sandbox, and write the marks.

    Without a LESSON, for each of which somebody handed something in. What was graded before and has not changed is left
    alone, so that a run that was interrupted goes on where it stopped. It says who is not enrolled, and who of those
    that are handed in nothing.

    Exits with 1 where the engine failed on a submission or a lesson could not be graded, and with 3 where this machine
    has no sandbox. All the others are graded.
    """
    from tqdm import tqdm

    from autograder.collecting.roster import attendance
    from autograder.course import NoLesson
    from autograder.course import seed as secret_seed
    from autograder.grade import LessonsRefused, failures, summary
    from autograder.grade import grade as grade_all
    from autograder.judging.handed_in import begun
    from autograder.judging.host import INSTEAD, Limits, NotSafe
    from autograder.judging.pool import Settings

    course, refused = open_course(folder), ""
    watch = partial(tqdm, unit=" submissions", disable=None, leave=False)
    lessons = lessons or begun(course)
    try:
        allowed = Limits.of(limits)
    except ValueError as error:
        raise click.UsageError(str(error)) from None
    settings = Settings(secret_seed(course) if seed is None else seed, allowed, workers, unsafe=unsafe, again=again)
    try:
        judgements = grade_all(course, lessons, settings, watch)
    except LessonsRefused as error:
        judgements, refused = error.judgements, str(error)
    except NoLesson as error:
        raise click.UsageError(str(error)) from None
    except NotSafe as error:
        click.echo(f"Nothing was graded. {error} {INSTEAD}", err=True)
        sys.exit(3)
    failed = failures(judgements)
    if as_json:
        click.echo(json.dumps([judgement.as_dict() for judgement in judgements], indent=1))
    elif judgements or not refused:
        summary(judgements)
    for line in attendance(course, lessons).lines():
        click.echo(line, err=as_json)
    for line in [*failed, *([refused] if refused else [])]:
        click.echo(line, err=True)
    sys.exit(bool(failed) or bool(refused))
