"""The commands on marks: feedback, export, report."""

import json
import sys
from pathlib import Path

import click

from autograder.commands.group import open_course


@click.command()
@click.argument("lessons", nargs=-1, metavar="[LESSON]...")
@click.option("--json", "as_json", is_flag=True, help="Print the pages, and what failed, as JSON.")
@click.pass_obj
def feedback(folder: Path | None, lessons: tuple[str, ...], as_json: bool) -> None:
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


@click.command()
@click.option("--json", "as_json", is_flag=True, help="Print the file's name as JSON.")
@click.pass_obj
def export(folder: Path | None, as_json: bool) -> None:
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


@click.command()
@click.argument("lessons", nargs=-1, metavar="[LESSON]...")
@click.option("--out", type=click.Path(path_type=Path, dir_okay=False),
              help="Where to. By default report.html in the course folder.")
@click.option("--json", "as_json", is_flag=True, help="Print the same numbers as JSON, and write no page.")
@click.pass_obj
def report(folder: Path | None, lessons: tuple[str, ...], out: Path | None, as_json: bool) -> None:
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
