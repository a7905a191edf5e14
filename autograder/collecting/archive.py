"""The files in a folder or a zip that strangers filled, read without trusting a name, a header or a link.

Nothing is unpacked to disk. A file that is not what it should be is refused with a sentence, and the rest goes on.
"""

import errno
import io
import os
import re
import stat
import unicodedata
import zipfile
from collections import Counter
from collections.abc import Callable
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import NamedTuple

MEGABYTE = 2**20
FILE = 64 * MEGABYTE  # the largest file that is read
WHOLE = 4096 * MEGABYTE  # what is read of one archive, all of it together
RATIO, FLOOD = 200, 32 * MEGABYTE  # a file may unpack to 200 times its size, and to 32 MB in any case
ENTRIES = 20_000
DIRECTORY = 4 * MEGABYTE  # the zip's own table of its entries
BIDI = {"LRE", "RLE", "LRO", "RLO", "PDF", "LRI", "RLI", "FSI", "PDI"}
KINDS = {stat.S_IFLNK: "a symbolic link", stat.S_IFIFO: "a pipe", stat.S_IFSOCK: "a socket",
         stat.S_IFCHR: "a device", stat.S_IFBLK: "a device", stat.S_IFDIR: "a folder with the name of a file"}


class Refused(Exception):
    """A file was not taken. The text is the rest of a sentence that begins with its name."""


class Entry(NamedTuple):
    """A file: its path with slashes, its date (UTC), its size as claimed, and how to read it."""

    name: str
    modified: datetime
    size: int
    read: Callable[[], bytes]


@contextmanager
def opened(source):
    """The files of a folder or zip, and what is refused: ([Entry], [(name, why)]). Raises Refused for the whole."""
    if Path(source).is_dir():
        yield sort(folder_entries(source))
        return
    with Bounded(io.FileIO(source)) as file:
        try:
            archive = zipfile.ZipFile(file)
        except Refused:
            raise
        except Exception as error:  # zipfile raises half a dozen kinds on a broken table
            raise Refused(f"is no zip that can be read: {error}") from None
        yield sort(zip_entries(archive))


def sort(items):
    found, refused = [], []
    for name, item in items:
        if len(found) + len(refused) >= ENTRIES:
            raise Refused(f"holds more than {ENTRIES:,} files")
        if isinstance(item, Entry):
            found.append(item)
        else:
            refused.append((name, item))
    return found, refused


class Allowance:
    """What may still be read of one archive."""

    def __init__(self):
        self.left = WHOLE

    def read(self, file, most, why):
        """The whole of a file, at most so many bytes, counted as they come."""
        data = bytearray()
        while chunk := file.read(MEGABYTE):
            data += chunk
            self.left -= len(chunk)
            if len(data) > most:
                raise Refused(why)
            if self.left < 0:
                raise Refused(f"comes after {WHOLE // MEGABYTE:,} MB of other files: no more is read")
        return bytes(data)


@contextmanager
def beneath(folder, parts, make=False):
    """A descriptor of a folder below another; no symbolic link on the way is followed. make: what is missing."""
    fd = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        for part in parts:
            if make:
                with suppress(FileExistsError):
                    os.mkdir(part, dir_fd=fd)
            above, fd = fd, None
            try:
                fd = os.open(part, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW, dir_fd=above)
            except OSError as error:
                if error.errno not in (errno.ENOTDIR, errno.ELOOP):
                    raise
                raise Refused(f"would go through {part}, which is a symbolic link or no folder: remove that") from None
            finally:
                os.close(above)
        yield fd
    finally:
        if fd is not None:
            os.close(fd)


def read_beneath(fd, name, allowance):
    """An ordinary file in an open folder; raises Refused where it is a link, a pipe or too large."""
    try:
        file = os.open(name, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK, dir_fd=fd)
    except FileNotFoundError:
        raise
    except OSError as error:
        why = "is a symbolic link" if error.errno == errno.ELOOP else f"cannot be read: {error.strerror}"
        raise Refused(why) from None
    with open(file, "rb") as stream:
        mode = os.fstat(file).st_mode
        if not stat.S_ISREG(mode):
            raise Refused(f"is {KINDS[stat.S_IFMT(mode)]}")
        return allowance.read(stream, FILE, too_large())


def folder_entries(root):
    allowance = Allowance()
    pending = [()]
    while pending:
        parts = pending.pop()
        try:
            with beneath(root, parts) as fd, os.scandir(fd) as listing:
                for item in sorted(listing, key=lambda item: item.name):
                    name = "/".join((*parts, item.name))
                    status = item.stat(follow_symlinks=False)
                    kind = stat.S_IFMT(status.st_mode)
                    if kind == stat.S_IFDIR:
                        pending.append((*parts, item.name))
                    elif kind != stat.S_IFREG:
                        yield name, f"is {KINDS[kind]}"
                    else:
                        yield name, strange(name) or Entry(name, date(status.st_mtime), status.st_size,
                                                           reader(root, parts, item.name, allowance))
        except (OSError, Refused) as error:
            yield "/".join(parts), getattr(error, "strerror", None) or str(error)


def reader(root, parts, name, allowance):
    def read():
        try:
            with beneath(root, parts) as fd:
                return read_beneath(fd, name, allowance)
        except FileNotFoundError:
            raise Refused("is gone") from None

    return read


class Bounded(io.BufferedReader):
    """A file of which no header makes zipfile read more than its table of entries may hold, at once."""

    def read(self, size=-1):
        if size is not None and size > DIRECTORY:
            raise Refused(f"has a table of entries of more than {DIRECTORY // MEGABYTE} MB")
        return super().read(size)


def zip_entries(archive):
    allowance = Allowance()
    infos = [info for info in archive.infolist() if not info.filename.endswith("/")]
    often = Counter(info.filename for info in infos)
    for info in infos:
        name = info.orig_filename
        if often[info.filename] > 1:
            yield name, "is in the archive more than once"
        else:
            yield name, strange(name) or forbidden(info) or Entry(
                name, zip_date(info), info.file_size, lambda info=info: unpack(archive, info, allowance))


def forbidden(info):
    """Why an entry of a zip is not even opened, or None."""
    kind = stat.S_IFMT(info.external_attr >> 16)
    if kind not in (0, stat.S_IFREG):
        return f"is {KINDS.get(kind, 'no ordinary file')}"
    if info.flag_bits & 0x2041:
        return "is encrypted"
    if info.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
        return "is packed in an unusual way: expected an ordinary zip"
    if info.file_size > FILE:
        return too_large()
    return None


def unpack(archive, info, allowance):
    """The bytes of an entry; raises Refused where it is damaged, or grows larger than it may."""
    packed = min(info.compress_size, os.fstat(archive.fp.fileno()).st_size)
    most = min(FILE, max(FLOOD, RATIO * packed))
    why = too_large() if most == FILE else f"unpacks to more than {RATIO} times its size, as a zip bomb does"
    try:
        with archive.open(info) as file:
            data = allowance.read(file, most, why)
    except Refused:
        raise
    except Exception as error:  # as in `opened`
        raise Refused(f"is damaged: {error}") from None
    if len(data) != info.file_size:
        raise Refused(f"is damaged: {info.file_size} bytes were promised, {len(data)} came")
    return data


def strange(name):
    """Why a path is not taken, or None: it leads outside, or hides what it is."""
    if "\0" in name or any(unicodedata.category(c) in ("Cc", "Cs", "Zl", "Zp") for c in name):
        return "has a control character in its name"
    if any(unicodedata.bidirectional(c) in BIDI for c in name):
        return "has a name that reads otherwise than it is written"
    parts = name.split("/")
    if "\\" in name or re.match(r"[A-Za-z]:", name) or {"", ".", ".."} & set(parts):
        return "points outside the archive, or has a path that is not plain"
    if len(name.encode()) > 1000:
        return "has a path of more than 1000 bytes"
    return None


def too_large():
    return f"is larger than {FILE // MEGABYTE} MB"


def date(seconds):
    return datetime.fromtimestamp(min(max(seconds, 0), 2**32), UTC)


def zip_date(info):
    """A zip knows no time zone: UTC is taken."""
    try:
        return datetime(*info.date_time, tzinfo=UTC)
    except ValueError:
        return datetime(1980, 1, 1, tzinfo=UTC)
