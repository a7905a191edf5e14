"""The instructor's commands: `python -m autograder --help` lists them."""

import json
import os
import shlex
import signal
import sys
import tempfile
from dataclasses import asdict
from functools import partial
from pathlib import Path

import click

sys.modules.setdefault("rfc3987_syntax", None)  # jsonschema takes a second for it, to check what no notebook has


class Commands(click.Group):
    """Lists the commands as one after the other is needed, and says in a sentence what stopped one of them."""

    def list_commands(self, context):
        return list(self.commands)

    def invoke(self, context: click.Context) -> object:
        """Exits with 1 where a disk or a file of the course is the trouble, and with 130 where somebody stopped it."""
        try:
            return super().invoke(context)
        except (click.ClickException, click.exceptions.Exit, click.Abort):
            raise
        except KeyboardInterrupt:
            signal.signal(signal.SIGINT, signal.SIG_IGN)  # once is enough
            click.echo("\nStopped. What is done is kept; the same command goes on from here.", err=True)
            context.exit(130)
        except Exception as error:
            from autograder.trouble import log, logged, sentence

            folder = context.params["course"] or Path("course")
            if not (text := sentence(error, folder)):
                raise
            with logged(folder):
                log.exception(text)
            click.echo(text, err=True)
            context.exit(1)


@click.group(cls=Commands)
@click.option("--course", metavar="DIR", envvar="RNNKIT_COURSE", type=click.Path(path_type=Path, file_okay=False),
              help="The course folder. By default what RNNKIT_COURSE says, else ./course.")
@click.pass_context
def main(context, course):
    """The instructor's side of the course. Run it at the root of the repository."""
    before = os.umask(0o077)  # marks are nobody else's business
    context.call_on_close(lambda: os.umask(before))
    context.obj = course


def open_course(folder, new=False):
    """The course of `--course`, which a command gets with `@click.pass_obj`. new: as `Course.at` has it."""
    from autograder.course import Course, NoCourse

    try:
        course = Course.at(folder, new)
    except NoCourse as error:
        raise click.UsageError(str(error)) from None
    os.umask(course.umask)
    for sentence in course.trouble():
        click.echo(sentence, err=True)
    return course


@main.command()
@click.argument("folder", metavar="DIR", type=click.Path(path_type=Path))
@click.option("--group", metavar="NAME", help="A group of graders, for whom the folder is open as well.")
def init(folder, group):
    """Make a course folder DIR: settings, a gradebook, a secret.

    It stands by itself, and is closed to everybody but its owner, or a --group of graders. Run again, it adds what is
    missing, takes away rights that others have, and changes nothing else.
    """
    from autograder.course import SETTINGS, Damaged, NoCourse
    from autograder.init import NoGroup, Occupied
    from autograder.init import init as make

    try:
        made = make(folder, SETTINGS, group)
    except (Occupied, Damaged, NoCourse, NoGroup) as error:
        raise click.UsageError(str(error)) from None
    if not made:
        click.echo(f"{folder} is a course already. Nothing was changed.")
        return
    click.echo(f"Made or mended in {folder}: {', '.join(made)}.\n")
    for step in ("build", "collect submissions.zip", "grade"):
        click.echo(f"  python -m autograder --course {shlex.quote(str(folder))} {step}")
    click.echo(f"  RNNKIT_COURSE={shlex.quote(str(folder))} make formgrader")
    click.echo("\nWho knows `secret` knows the inputs that answers are judged by. Keep it, and keep it to yourself.")


@main.command()
@click.argument("lessons", nargs=-1, metavar="[LESSON]...")
@click.option("--missing", is_flag=True, help="Write only what is not there.")
@click.option("--force", is_flag=True, help="Also where submissions have marks, and the new edition asks for more.")
@click.pass_obj
def build(folder, lessons, missing, force):
    """Write the students' and the instructor's edition of each LESSON.

    Such as 02_the_recurrent_cell; without a LESSON, of all of them. One mistake in a source, and nothing is written.

    A lesson in lessons/ that somebody wrote in is replaced only if it is named here, and then a copy stays beside it;
    outputs count for nothing. An edition in the course stays where submissions of it have marks that would be lost.
    """
    from autograder.building.editions import Refused, build_lessons
    from autograder.building.updating import without_source

    root, config = Path.cwd(), open_course(folder, new=True).config
    try:
        built = build_lessons(root, lessons, config, missing, force)
    except Refused as refused:
        for mistake in refused.mistakes:
            click.echo(mistake, err=True)
        click.echo(f"Nothing was written: {len(refused.mistakes)} to mend.", err=True)
        sys.exit(1)
    for lesson in built:
        status = "written" if lesson.changed else "left alone" if lesson.kept else "up to date"
        click.echo(f"{lesson.name:36} {lesson.points:4g} points   {status}")
    for sentence in [*(why for lesson in built for why in lesson.kept), *without_source(root, config)]:
        click.echo(f"\n{sentence}")


@main.command()
@click.argument("source", metavar="ARCHIVE_OR_FOLDER", type=click.Path(path_type=Path, exists=True))
@click.option("--lesson", metavar="LESSON", help="Every notebook in it is of this lesson.")
@click.option("--json", "as_json", is_flag=True, help="Print what became of every file as JSON.")
@click.pass_obj
def collect(folder, source, lesson, as_json):
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


@main.command()
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
def grade(folder, lessons, workers, seed, again, limits, unsafe, as_json):
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
    from autograder.trouble import LOG

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
        click.echo(f"{lesson}: not every page was written. `grade --again` mends damaged notebooks.\n{why}\n"
                   f"More is in {course.folder / LOG}.", err=True)
    sys.exit(bool(failed))


@main.command()
@click.option("--json", "as_json", is_flag=True, help="Print the file's name as JSON.")
@click.pass_obj
def export(folder, as_json):
    """Write all marks into one table, grades.csv in the course folder.

    It names whom the engine failed: their row has the marks of an earlier run, or none yet.
    """
    from autograder.grade import failures
    from autograder.marks.export import export as write
    from autograder.marks.record import Records

    course = open_course(folder)
    path = str(write(course))
    with Records(course) as book:
        failed = failures(book.judgements())
    click.echo(json.dumps({"grades": path, "failed": failed}, indent=1) if as_json else path)
    for line in failed:
        click.echo(line, err=True)


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
@click.argument("students", nargs=-1, required=True, metavar="STUDENT...")
@click.pass_obj
def drop(folder, students):
    """Take each STUDENT out of the course.

    Work, feedback and marks are moved to dropped/ in the course folder, and nothing is deleted. What is collected of
    them later is left out, until `nbgrader db student add STUDENT` enrolls them again.
    """
    from autograder.dropping import NoStudent
    from autograder.dropping import drop as move

    course, unknown = open_course(folder), []
    for student in students:
        try:
            click.echo(f"{student} was dropped. All of it lies in {move(course, student)}.")
        except NoStudent as error:
            unknown.append(str(error))
    if unknown:
        raise click.UsageError("\n".join(unknown))


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
