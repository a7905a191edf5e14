"""The commands on a course: init, build, drop."""

import shlex
import sys
from pathlib import Path

import click

from autograder.commands.group import open_course


@click.command()
@click.argument("folder", metavar="DIR", type=click.Path(path_type=Path))
@click.option("--group", metavar="NAME", help="A group of graders, for whom the folder is open as well.")
def init(folder: Path, group: str | None) -> None:
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


@click.command()
@click.argument("lessons", nargs=-1, metavar="[LESSON]...")
@click.option("--missing", is_flag=True, help="Write only what is not there.")
@click.option("--force", is_flag=True, help="Also where submissions have marks, and the new edition asks for more.")
@click.pass_obj
def build(folder: Path | None, lessons: tuple[str, ...], missing: bool, force: bool) -> None:
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


@click.command()
@click.argument("students", nargs=-1, required=True, metavar="STUDENT...")
@click.pass_obj
def drop(folder: Path | None, students: tuple[str, ...]) -> None:
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
