"""What all commands share: how they are listed, what stops them, and the course they are about."""

import os
import signal
from pathlib import Path
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from autograder.course import Course


class Commands(click.Group):
    """Lists the commands as one after the other is needed, and says in a sentence what stopped one of them."""

    def list_commands(self, context: click.Context) -> list[str]:
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


def open_course(folder: Path | None, new: bool = False) -> "Course":
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
