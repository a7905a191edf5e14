"""The instructor's commands: `python -m autograder --help` lists them."""

import json
import os
import shlex
import sys
import tempfile
from dataclasses import asdict
from functools import partial
from pathlib import Path

import click

sys.modules.setdefault("rfc3987_syntax", None)  # jsonschema takes a second for it, to check what no notebook has


class InOrder(click.Group):
    """Lists the commands as one after the other is needed."""

    def list_commands(self, context):
        return list(self.commands)


@click.group(cls=InOrder)
@click.option("--course", metavar="DIR", envvar="RNNKIT_COURSE", type=click.Path(path_type=Path, file_okay=False),
              help="The course folder. By default what RNNKIT_COURSE says, else ./course.")
@click.pass_context
def main(context, course):
    """The instructor's side of the course. Run it at the root of the repository."""
    context.obj = course


def open_course(folder):
    """The course of `--course`, which a command gets with `@click.pass_obj`."""
    from autograder.course import Course, NoCourse

    try:
        return Course.at(folder)
    except NoCourse as error:
        raise click.UsageError(str(error)) from None


@main.command()
@click.argument("folder", metavar="DIR", type=click.Path(path_type=Path))
def init(folder):
    """Make a course folder DIR: settings, a gradebook, a secret.

    It stands by itself. Run again, it adds what is missing and changes nothing that is there.
    """
    from autograder.course import SETTINGS, Damaged, NoCourse
    from autograder.init import Occupied
    from autograder.init import init as make

    try:
        made = make(folder, SETTINGS)
    except (Occupied, Damaged, NoCourse) as error:
        raise click.UsageError(str(error)) from None
    if not made:
        click.echo(f"{folder} is a course already. Nothing was changed.")
        return
    click.echo(f"Made in {folder}: {', '.join(made)}.\n")
    for step in ("build", "collect submissions.zip", "grade"):
        click.echo(f"  python -m autograder --course {shlex.quote(str(folder))} {step}")
    click.echo(f"  RNNKIT_COURSE={shlex.quote(str(folder))} make formgrader")
    click.echo("\nWho knows `secret` knows the inputs that answers are judged by. Keep it, and keep it to yourself.")


@main.command()
@click.argument("lessons", nargs=-1, metavar="[LESSON]...")
@click.pass_obj
def build(folder, lessons):
    """Write the students' and the instructor's edition of each LESSON.

    Such as 02_the_recurrent_cell; without a LESSON, of all of them. One mistake in a source, and nothing is written.
    """
    from autograder.building.editions import Refused, build_lessons

    try:
        built = build_lessons(Path.cwd(), lessons, open_course(folder).config)
    except Refused as refused:
        for mistake in refused.mistakes:
            click.echo(mistake, err=True)
        click.echo(f"Nothing was written: {len(refused.mistakes)} to mend.", err=True)
        sys.exit(1)
    for name, points, changed in built:
        click.echo(f"{name:36} {points:4g} points   {'written' if changed else 'up to date'}")


@main.command()
@click.argument("source", metavar="ARCHIVE_OR_FOLDER", type=click.Path(path_type=Path, exists=True))
@click.option("--lesson", metavar="LESSON", help="Every notebook in it is of this lesson.")
@click.option("--json", "as_json", is_flag=True, help="Print what became of every file as JSON.")
@click.pass_obj
def collect(folder, source, lesson, as_json):
    """Copy what students handed in to the course.

    The latest notebook of each student and lesson counts. Takes Canvas's and Moodle's download of all submissions,
    nbgrader's exchange or its folder of submissions, and a plain folder or zip of <student>/<any name>.ipynb,
    <student>_<lesson>.ipynb or <student>.ipynb.

    Exits with 1 where a file was refused. All the others are collected.
    """
    from tqdm import tqdm

    from autograder.collecting import collect as collecting
    from autograder.course import NoLesson

    watch = partial(tqdm, unit=" submissions", disable=None, leave=False)
    try:
        layout, outcomes = collecting.collect(open_course(folder), source, lesson, watch)
    except NoLesson as error:
        raise click.UsageError(str(error)) from None
    if as_json:
        click.echo(json.dumps({"layout": layout, "outcomes": [asdict(outcome) for outcome in outcomes]}, indent=1))
    else:
        for line in collecting.lines(layout, outcomes):
            click.echo(line)
    sys.exit(any(outcome.status == "refused" for outcome in outcomes))


@main.command()
@click.argument("lessons", nargs=-1, metavar="[LESSON]...")
@click.option("--workers", type=click.IntRange(1), default=os.cpu_count(), show_default=True, help="At a time.")
@click.option("--seed", type=int, help="Behind the random inputs. By default the course's secret.")
@click.option("--again", is_flag=True, help="Also what is graded already. Marks given by hand are kept.")
@click.option("--limit", "limits", metavar="NAME=NUMBER", multiple=True,
              help="What a submission may use: total, cell, answer and computing in seconds; memory, files and file in "
                   "megabytes; threads; printed, in characters. As in --limit total=30 --limit memory=512.")
@click.option("--unsafe", is_flag=True, help="Grade although this machine cannot lock a student's code in.")
@click.option("--json", "as_json", is_flag=True, help="Print every judgement as JSON.")
@click.pass_obj
def grade(folder, lessons, workers, seed, again, limits, unsafe, as_json):
    """Judge what was handed in, in a sandbox, and write the marks.

    Without a LESSON, for each of which somebody handed something in. What was graded before and has not changed is left
    alone, so that a run that was interrupted goes on where it stopped.

    Exits with 1 where the engine failed on a submission, and with 3 where this machine has no sandbox.
    """
    from tqdm import tqdm

    from autograder.course import Damaged, NoLesson
    from autograder.course import seed as secret_seed
    from autograder.grade import grade as grade_all
    from autograder.grade import summary
    from autograder.judging.handed_in import begun
    from autograder.judging.host import INSTEAD, Limits, NotSafe
    from autograder.judging.pool import Settings
    from autograder.marks.record import LessonChanged

    course = open_course(folder)
    watch = partial(tqdm, unit=" submissions", disable=None, leave=False)
    try:
        settings = Settings(secret_seed(course) if seed is None else seed, Limits.of(limits), workers, unsafe=unsafe,
                            again=again)
        judgements = grade_all(course, lessons or begun(course), settings, watch)
    except (NoLesson, LessonChanged, Damaged, ValueError) as error:
        raise click.UsageError(str(error)) from None
    except NotSafe as error:
        click.echo(f"Nothing was graded. {error} {INSTEAD}", err=True)
        sys.exit(3)
    except KeyboardInterrupt:
        click.echo("\nStopped. What was graded is in the gradebook; the same command goes on from here.", err=True)
        sys.exit(130)
    if as_json:
        click.echo(json.dumps([judgement.as_dict() for judgement in judgements], indent=1))
    else:
        summary(judgements)
    sys.exit(any(judgement.status == "failed" for judgement in judgements))


@main.command()
@click.argument("lessons", nargs=-1, metavar="[LESSON]...")
@click.option("--json", "as_json", is_flag=True, help="Print the pages, and what failed, as JSON.")
@click.pass_obj
def feedback(folder, lessons, as_json):
    """Write a page of feedback for each student.

    Marks given by hand are in it. Without a LESSON, for all that were graded.

    Exits with 1 where a page could not be written. All the others are.
    """
    from tqdm import tqdm

    from autograder.marks import feedback as pages

    course, written, failed = open_course(folder), {}, {}
    for lesson in lessons or [name for name in course.lessons() if pages.graded(course, name)]:
        for student in pages.dropped(course, lesson):
            click.echo(f"{lesson}: skipped {student}, whose marks are no longer in the gradebook.", err=True)
        with tqdm(total=len(pages.graded(course, lesson)), unit=" pages", disable=None, leave=False) as bar:
            try:
                made = pages.feedback(course, lesson, bar.update)
            except pages.Failed as error:
                made, failed[lesson] = error.pages, str(error)
        if made:
            written[lesson] = [str(page) for page in made]
    if as_json:
        click.echo(json.dumps({"written": written, "failed": failed}, indent=1))
    else:
        for lesson, names in written.items():
            click.echo(f"{lesson:36} {len(names):5} pages")
    for lesson, why in failed.items():
        click.echo(f"{lesson}: not every page was written. `grade --again` mends damaged notebooks.\n{why}", err=True)
    sys.exit(bool(failed))


@main.command()
@click.option("--json", "as_json", is_flag=True, help="Print the file's name as JSON.")
@click.pass_obj
def export(folder, as_json):
    """Write all marks into one table, grades.csv in the course folder."""
    from autograder.marks.export import export as write

    path = str(write(open_course(folder)))
    click.echo(json.dumps({"grades": path}) if as_json else path)


@main.command()
@click.argument("lessons", nargs=-1, metavar="[LESSON]...")
@click.option("--out", type=click.Path(path_type=Path, dir_okay=False),
              help="Where to. By default report.html in the course folder.")
@click.option("--json", "as_json", is_flag=True, help="Print the same numbers as JSON, and write no page.")
@click.pass_obj
def report(folder, lessons, out, as_json):
    """Write one HTML page on what the class understood.

    Marks, pass rates, misconceptions, and whom to look at. Without a LESSON, on all that were graded. The page names
    students: keep it as you keep their marks.
    """
    from autograder.reporting import report as reporting

    course = open_course(folder)
    try:
        numbers = reporting.numbers(reporting.graded(course, lessons))
    except reporting.NotGraded as error:
        raise click.UsageError(str(error)) from None
    click.echo(json.dumps(numbers, indent=1) if as_json else reporting.write(course, numbers, out))


@main.command()
@click.argument("folder", metavar="[DIR]", required=False, type=click.Path(path_type=Path))
@click.option("--json", "as_json", is_flag=True, help="Print the rows of the tables as JSON.")
def demo(folder, as_json):
    """See it all at once, on an invented class, honest and hostile.

    It is graded in a course made for it in DIR. Without a DIR, in a temporary folder. The folder is kept, and nothing
    outside it is changed.

    Exits with 1 where a submission got something else than it deserves, and with 3 where this machine has no sandbox.
    """
    from rich.console import Console
    from tqdm import tqdm

    from autograder.building.editions import Refused
    from autograder.course import NoCourse
    from autograder.demo import demo as showing
    from autograder.init import Occupied
    from autograder.judging.host import NotSafe

    folder = folder or Path(tempfile.mkdtemp(prefix="rnnkit-demo-"))
    try:
        course, rows, page = showing.demo(folder, partial(tqdm, unit=" submissions", disable=None, leave=False))
    except (Occupied, NoCourse, Refused) as error:
        raise click.UsageError(str(error)) from None
    except NotSafe as error:
        click.echo(f"Some of this class means harm, and is not let loose without a sandbox. {error}", err=True)
        sys.exit(3)
    right = sum(row.as_expected for row in rows)
    if as_json:
        click.echo(json.dumps([row.as_dict() for row in rows], indent=1))
    else:
        for table in showing.tables(rows):
            Console().print(table)
        click.echo(f"{right} of {len(rows)} got exactly what they deserve.\n\nThe report: {page}\n"
                   f"To look around: RNNKIT_COURSE={shlex.quote(str(course.folder))} make formgrader")
    sys.exit(right < len(rows))


if __name__ == "__main__":
    main(prog_name="python -m autograder")
