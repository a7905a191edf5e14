"""The instructor's commands: `python -m autograder --help` lists them."""

import sys
from pathlib import Path

import click


@click.group()
@click.option("--course", metavar="DIR", envvar="RNNKIT_COURSE", type=click.Path(path_type=Path, file_okay=False),
              help="The course folder. By default what RNNKIT_COURSE says, else ./course.")
@click.pass_context
def main(context, course):
    """The instructor's side of the course. Run it at the root of the repository."""
    context.obj = course


def open_course(folder):
    """The course of `--course`, which a command gets with `@click.pass_obj`."""
    from autograder.lesson import Course, NoCourse

    try:
        return Course.at(folder)
    except NoCourse as error:
        raise click.UsageError(str(error)) from None


@main.command()
@click.argument("lessons", nargs=-1, metavar="[LESSON]...")
@click.pass_obj
def build(folder, lessons):
    """Write the students' and the instructor's edition of each LESSON, such as 02_the_recurrent_cell.

    Without a LESSON, of all of them. One mistake in a source, and nothing is written.
    """
    from autograder.build import Refused, build_lessons

    try:
        built = build_lessons(Path.cwd(), lessons, open_course(folder).config)
    except Refused as refused:
        for mistake in refused.mistakes:
            click.echo(mistake, err=True)
        click.echo(f"Nothing was written: {len(refused.mistakes)} to mend.", err=True)
        sys.exit(1)
    for name, points, changed in built:
        click.echo(f"{name:36} {points:4g} points   {'written' if changed else 'up to date'}")


if __name__ == "__main__":
    main(prog_name="python -m autograder")
