"""The command that shows it all at once: demo."""

import json
import shlex
import sys
import tempfile
from functools import partial
from pathlib import Path

import click


@click.command()
@click.argument("folder", metavar="[DIR]", required=False, type=click.Path(path_type=Path))
@click.option("--json", "as_json", is_flag=True, help="Print the rows of the tables as JSON.")
def demo(folder: Path | None, as_json: bool) -> None:
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
