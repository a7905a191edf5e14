"""Write a submission into the course, whole or not at all: submitted/<student>/<lesson>/<lesson>.ipynb."""

import os
import secrets
from collections.abc import Mapping
from contextlib import suppress
from datetime import UTC, datetime

from autograder.collecting import layouts
from autograder.collecting.archive import Allowance, Refused, beneath, read_beneath
from autograder.course import Course


def place(course: Course, student: str, lesson: str, data: bytes, when: datetime, number: str = "") -> str:
    """Write one submission, unless it is there or a later one is. Gives "collected", "replaced", "unchanged" or "kept".

    number: Moodle's for the student in this lesson. It is kept in submitted/<student>/<lesson>.moodle. Raises Refused
    where another one is there, for then it is another person of the same name. Where the submission cannot be written,
    nothing is left of it.
    """
    parts = course.path("submitted", student, lesson).relative_to(course.folder).parts
    numbered = f"{lesson}.moodle"
    try:
        with beneath(course.folder, parts[:-1], make=True) as fd:
            before = content(fd, numbered)
        if number and before and before.decode(errors="replace").strip() != number:
            raise Refused(f"is another person's of the same name: in this lesson, Moodle's number is {number}, and was "
                          f"another. For a new assignment in Moodle, delete {'/'.join(parts[:-1])}/{numbered} first")
        with beneath(course.folder, parts, make=True) as fd:
            status = put(fd, f"{lesson}.ipynb", data, when)
        if number and not before:
            with beneath(course.folder, parts[:-1]) as fd:
                write(fd, {numbered: f"{number}\n".encode()})
        return status
    except BaseException:
        for depth in range(len(parts), 1, -1):
            with suppress(OSError, Refused), beneath(course.folder, parts[:depth - 1]) as fd:
                os.rmdir(parts[depth - 1], dir_fd=fd)  # which it does not where anything is in it
        raise


def put(fd: int, name: str, data: bytes, when: datetime) -> str:
    """As `place`, into an open folder."""
    there = content(fd, name)
    if there == data:
        return "unchanged"
    if there is not None and date_of(fd, name) > when:
        return "kept"
    stamp = when.replace(tzinfo=None).isoformat(" ", "microseconds") + " UTC"
    # The notebook comes last: a crash in between leaves something that is replaced.
    write(fd, {"timestamp.txt": stamp.encode(), name: data})
    return "collected" if there is None else "replaced"


def content(fd: int, name: str) -> bytes | None:
    """The bytes of a file in an open folder; None where it is not there."""
    try:
        return read_beneath(fd, name, Allowance())
    except FileNotFoundError:
        return None


def date_of(fd: int, name: str) -> datetime:
    """When the submission that is there was handed in: what its timestamp.txt says, else the file's date."""
    when = layouts.parse_time((content(fd, "timestamp.txt") or b"").decode(errors="replace"))
    return when or datetime.fromtimestamp(os.stat(name, dir_fd=fd, follow_symlinks=False).st_mtime, UTC)


def write(fd: int, files: Mapping[str, bytes]) -> None:
    """Put files in place in an open folder, all of them written before the first one moves."""
    new = {name: f".{name}.{secrets.token_hex(8)}" for name in files}
    try:
        for name, data in files.items():
            file = os.open(new[name], os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o660, dir_fd=fd)
            with open(file, "wb") as stream:
                stream.write(data)
        for name in files:
            os.replace(new[name], name, src_dir_fd=fd, dst_dir_fd=fd)
    except BaseException:
        for name in new.values():
            with suppress(FileNotFoundError):
                os.unlink(name, dir_fd=fd)
        raise
