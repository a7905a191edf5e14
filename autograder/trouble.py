"""What went wrong on this machine: in a log for who maintains this, and in a sentence for who runs it."""

import errno
import logging
import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from io import TextIOWrapper
from logging.handlers import RotatingFileHandler
from pathlib import Path

from autograder.course import Damaged
from autograder.files import mode_in
from autograder.texts import fit, visible

LOG = "grading.log"
OF_DISKS = {
    errno.ENOSPC: "Make space there.",
    errno.EDQUOT: "Make space there: it is more than you may use.",
    errno.EROFS: "Make it writable, or copy the course to where it is.",
    errno.EIO: "The disk itself may be failing.",
}
OF_FILES = {
    errno.EACCES: "See to it that you may read and write there.",
    errno.EPERM: "See to it that you may read and write there.",
    errno.EISDIR: "Move away what lies there.",
    errno.ENOTDIR: "Move away what lies there.",
    errno.EEXIST: "Move away what lies there.",
}
DAMAGED = ("is damaged. Put it back from your backup. Without one, move it away: `grade` makes a new one, and judges "
           "everything in submitted/ again; what was marked by hand is in the damaged one alone")
OF_GRADEBOOKS = {  # beginning of SQLite's name for the error -> what is the matter, and what to do
    "SQLITE_BUSY": "is being written by another program. Close that, or wait until it is done",
    "SQLITE_NOTADB": DAMAGED,
    "SQLITE_CORRUPT": DAMAGED,
    "SQLITE_CANTOPEN": "cannot be opened. See to it that it is a file which you may read and write",
    "SQLITE_READONLY": "cannot be written. See to it that you may write to it, and to its folder",
    "SQLITE_FULL": "has no space left. Make space on its disk",
    "SQLITE_IOERR": "cannot be read or written. Look whether its disk is full, or failing",
}
NBGRADERS = "tornado.application"
log = logging.getLogger("autograder")


class Log(RotatingFileHandler):
    """A file that only those who grade can read, since it names students. It is made when there is something to say."""

    def _open(self) -> TextIOWrapper:
        mode = mode_in(Path(self.baseFilename).parent) & 0o666
        return open(self.baseFilename, self.mode, encoding="utf-8", opener=partial(os.open, mode=mode))

    def format(self, record: logging.LogRecord) -> str:
        return fit(super().format(record))

    def handleError(self, record: logging.LogRecord) -> None:
        """Nothing: where the log cannot be written, the terminal still says who and why."""


@contextmanager
def logged(folder: Path) -> Iterator[None]:
    """Append what is logged meanwhile, by nbgrader's gradebook too, to the grading.log of the course in this folder."""
    handler = Log(folder / LOG, maxBytes=2 ** 20, backupCount=1, delay=True)
    handler.setFormatter(logging.Formatter("%(asctime)s %(message)s"))
    loggers = log, logging.getLogger(NBGRADERS)
    for logger in loggers:
        logger.addHandler(handler)
    try:
        yield
    finally:
        for logger in loggers:
            logger.removeHandler(handler)
        handler.close()


def everybodys(error: Exception) -> bool:
    """Whether an error that one submission met would be met by all others as well."""
    return bool(_of_gradebook(error)) or (isinstance(error, OSError) and error.errno in OF_DISKS)


def sentence(error: Exception, folder: Path) -> str | None:
    """What is the matter, where, and what to do, if it is with the machine or with a file of the course; else None."""
    if what := _of_gradebook(error):
        text = f"The gradebook of {folder} {what}. It was left as it is."
    elif isinstance(error, OSError) and error.errno and error.errno != errno.EPIPE:  # click knows about closed pipes
        what = (OF_DISKS | OF_FILES).get(error.errno, "")
        place = error.filename or f"{folder}, or {tempfile.gettempdir()}"  # of an open file the kernel does not say
        text = f"{place}: {error.strerror}. {what}".rstrip()
    elif isinstance(error, Damaged):
        text = str(error)
    else:
        return None
    return visible(f"{text} Nothing that was recorded before is lost, and the same command goes on from there.")


def _of_gradebook(error: BaseException | None) -> str | None:
    """What is the matter with the gradebook, if SQLite's own exception is behind this one: nbgrader's hide it."""
    if error is None:
        return None
    name = getattr(getattr(error, "orig", error), "sqlite_errorname", "")
    found = next((what for start, what in OF_GRADEBOOKS.items() if name.startswith(start)), None)
    return found or _of_gradebook(error.__cause__ or error.__context__)
