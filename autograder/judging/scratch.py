"""The folder for a run's temporary files, which goes with the run, and which the next run removes if it was killed."""

import contextlib
import fcntl
import os
import shutil
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path


@contextlib.contextmanager
def scratch() -> Iterator[None]:
    """Keep every temporary file of a run in one folder, and remove it; also those of runs that were killed.

    A run holds a lock on its folder. The kernel takes it away when the last process of the run is gone.
    """
    for left in Path(tempfile.gettempdir()).glob("rnnkit-grading-*"):
        with contextlib.suppress(OSError):
            remove_unlocked(left)
    before = tempfile.tempdir
    with tempfile.TemporaryDirectory(prefix="rnnkit-grading-", ignore_cleanup_errors=True) as folder:
        os.chmod(folder, 0o755)
        lock = os.open(folder, os.O_RDONLY)
        fcntl.flock(lock, fcntl.LOCK_EX)
        tempfile.tempdir = folder
        try:
            yield
        finally:
            tempfile.tempdir = before
            os.close(lock)


def remove_unlocked(folder: Path) -> None:
    """Raises OSError where a run still holds it. What was made just now may not be locked yet, and stays."""
    lock = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        if time.time() - os.fstat(lock).st_mtime > 2:
            shutil.rmtree(folder)
    finally:
        os.close(lock)
