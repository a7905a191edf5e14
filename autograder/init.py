"""Make a course folder that stands by itself: nbgrader's settings, its gradebook, the secret of the judge."""

import grp
import re
from pathlib import Path

from autograder import files
from autograder.course import SETTINGS, Course, NoCourse, seed
from autograder.marks import gradebook

STEPS = ("source", "submitted", "autograded", "feedback")
OURS = re.compile("|".join((*STEPS, "release", "dropped", "secret", r"gradebook\.db", r"grades\.csv", r"report\.html",
                            r"grading\.log.*", r"\.ipynb_checkpoints", r"\.nbgrader\.log", r".*\.new")))
WHERE = re.compile(r"^course = .*$", re.MULTILINE)
HERE = "course = Path(__file__).resolve().parent"
OPEN = "c.Exchange.root = str(course)"  # of earlier versions
SHUT = """from importlib.util import find_spec

c.ExchangeList.root = str(course)
if find_spec("autograder"):
    c.ExchangeFactory.release_assignment = "autograder.exchange.Off"
"""


class Occupied(Exception):
    """The folder holds something else."""


class NoGroup(Exception):
    """This machine has no group of that name."""


def init(folder: str | Path, settings: str | Path, group: str | None = None) -> list[str]:
    """Make a course folder, or what is missing of one. Gives the names of what was made or mended.

    settings: the nbgrader_config.py to go by; all but the course folder itself is taken over. group: of graders, who
    may do what the folder's owner may; nobody else can even look in. Raises Occupied, and writes nothing, where the
    folder holds something that does not belong to a course.
    """
    folder = Path(folder).resolve()
    own = folder / SETTINGS
    if folder.exists() and not folder.is_dir():
        raise Occupied(f"{folder} is a file: expected a new folder, an empty one, or a course.")
    there = {path.name for path in folder.iterdir()} if folder.exists() else set()
    if own.exists() and HERE not in own.read_text(encoding="utf-8").splitlines():
        raise Occupied(f"{own} was not written by `init`: name a new folder, or an empty one.")
    strange = sorted(name for name in there if not OURS.fullmatch(name))
    if strange and not own.exists():
        raise Occupied(f"{folder} holds something else, such as {strange[0]}: name a new folder, or an empty one.")
    if not own.exists() and not Path(settings).exists():
        raise NoCourse(f"There is no {settings} to take the settings from: run this at the root of the repository.")
    graders = number(group) if group else None
    folder.parent.mkdir(parents=True, exist_ok=True)
    for step in STEPS:
        files.make_folder(folder / step)
    mended = write_settings(own, Path(settings))
    course = Course(own)
    seed(course)
    if "gradebook.db" not in there:
        gradebook.create(course.coursedir.db_url, course.coursedir.course_id)
    if files.close(folder, graders) and there:
        mended.append("who may read it")
    return sorted({*STEPS, SETTINGS, "secret", "gradebook.db"} - there) + mended


def number(group: str) -> int:
    try:
        return grp.getgrnam(group).gr_gid
    except KeyError:
        raise NoGroup(f"This machine has no group {group}: `getent group` lists those that it has.") from None


def write_settings(own: Path, settings: Path) -> list[str]:
    """Write the settings of a course, or mend those that an earlier version wrote. Gives what was mended."""
    if not own.exists():
        text, changed = WHERE.subn(HERE, settings.read_text(encoding="utf-8"))
        if changed != 1:
            raise NoCourse(f"{settings} should say in one line, `course = ...`, where the course is: found {changed}.")
        files.replace({own: text})
        return []
    lines = own.read_text(encoding="utf-8").split("\n")
    if OPEN not in lines:
        return []
    files.replace({own: "\n".join(SHUT if line == OPEN else line for line in lines)})
    return [f"the exchange in {SETTINGS}"]
