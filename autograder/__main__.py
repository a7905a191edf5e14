"""The instructor's commands: `python -m autograder --help` lists them."""

import os
import sys
from pathlib import Path

import click

from autograder.commands.course import build, drop, init
from autograder.commands.demo import demo
from autograder.commands.group import Commands
from autograder.commands.marks import export, feedback, report
from autograder.commands.submissions import collect, grade

sys.modules.setdefault("rfc3987_syntax", None)  # jsonschema takes a second for it, to check what no notebook has


@click.group(cls=Commands)
@click.option("--course", metavar="DIR", envvar="RNNKIT_COURSE", type=click.Path(path_type=Path, file_okay=False),
              help="The course folder. By default what RNNKIT_COURSE says, else ./course.")
@click.pass_context
def main(context: click.Context, course: Path | None) -> None:
    """The instructor's side of the course. Run it at the root of the repository."""
    before = os.umask(0o077)  # marks are nobody else's business
    context.call_on_close(lambda: os.umask(before))
    context.obj = course


for command in (init, build, collect, grade, feedback, export, report, drop, demo):
    main.add_command(command)

if __name__ == "__main__":
    main(prog_name="python -m autograder")
