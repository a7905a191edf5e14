"""The files in a folder or a zip that strangers filled, read without trusting a name, a header or a link.

Nothing is unpacked to disk. A file that is not what it should be is refused with a sentence, and the rest goes on. A
folder at the top, which is a student's as a rule, has limits of its own: nobody can fill the archive for the others.
"""

import errno
import io
import os
import re
import stat
import unicodedata
import zipfile
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from itertools import islice
from pathlib import Path
from typing import BinaryIO, NamedTuple

MEGABYTE = 2**20
FILE = 64 * MEGABYTE  # the largest file that is read
WHOLE = 4096 * MEGABYTE  # what is read of one archive, all of it together
RATIO, FLOOD = 200, 32 * MEGABYTE  # a file may unpack to 200 times its size, and to 32 MB in any case
ENTRIES = 20_000  # files and folders at the top of an archive
FOLDER = 1_000  # files and folders in one of these folders, however deep
DEPTH = 20  # folders inside each other
DIRECTORY = 4 * MEGABYTE  # the zip's own table of its entries
BIDI = {"LRE", "RLE", "LRO", "RLO", "PDF", "LRI", "RLI", "FSI", "PDI"}
NOTEBOOK = re.compile(r"(?P<stem>.+)\.ipynb(\.txt|\.json)?", re.I | re.S)  # some browsers add a suffix
LEFT_BY_TOOLS = re.compile(r"(.*/)?((__MACOSX|\.ipynb_checkpoints|\.git)(/.*)?|\._[^/]*|\.DS_Store|Thumbs\.db"
                           r"|desktop\.ini)", re.S)
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


Item = tuple[str, Entry | str]  # a name, and the file or why it is refused


@contextmanager
def opened(source: Path) -> Iterator[tuple[list[Entry], list[tuple[str, str]]]]:
    """The files of a folder, a zip or a notebook, and what is refused: ([Entry], [(name, why)]).

    What tools leave behind (.git, __MACOSX, checkpoints) is not in it. Raises Refused for the whole.
    """
    source = Path(source)
    if source.is_dir():
        yield sort(folder_entries(source))
    elif NOTEBOOK.fullmatch(source.name):
        yield sort([item(source.parent, (source.name,), source.stat(), Allowance())])
    else:
        with Bounded(io.FileIO(source)) as file:
            try:
                archive = zipfile.ZipFile(file)
            except Refused:
                raise
            except Exception as error:  # zipfile raises half a dozen kinds on a broken table
                raise Refused(f"is no zip that can be read: {error}") from None
            yield sort(zip_entries(archive))


def sort(items: Iterable[Item]) -> tuple[list[Entry], list[tuple[str, str]]]:
    """The files, and the names of all others with the reason."""
    found, refused = [], []
    for name, file in items:
        if isinstance(file, Entry):
            found.append(file)
        else:
            refused.append((name, file))
    return found, refused


class Allowance:
    """What may still be read of one archive."""

    def __init__(self) -> None:
        self.left = WHOLE

    def read(self, file: BinaryIO, most: int, why: str) -> bytes:
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
def beneath(folder: Path, parts: Iterable[str], make: bool = False) -> Iterator[int]:
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


def read_beneath(fd: int, name: str, allowance: Allowance) -> bytes:
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


def folder_entries(root: Path) -> Iterator[Item]:
    """What lies in a folder. Folders that hold one folder and nothing else are no student's: the next level counts."""
    allowance, top = Allowance(), ()
    items = listing(root, top)
    while len(items) == 1 and stat.S_ISDIR(items[0][1].st_mode) and len(top) < DEPTH:
        top = (*top, items[0][0])
        items = listing(root, top)
    if len(items) > ENTRIES:
        raise Refused(f"holds more than {ENTRIES:,} files")
    for name, status in items:
        try:
            yield from list(walk(root, (*top, name), status, allowance))
        except Refused as error:
            yield "/".join((*top, name)), str(error)


def listing(root: Path, parts: tuple[str, ...], most: int = ENTRIES) -> list[tuple[str, os.stat_result]]:
    """The names in a folder and what they are, sorted; one more than `most` at the most. Raises Refused."""
    try:
        with beneath(root, parts) as fd, os.scandir(fd) as found:
            items = [(item.name, item.stat(follow_symlinks=False)) for item in islice(found, most + 1)
                     if not LEFT_BY_TOOLS.fullmatch(item.name)]
    except OSError as error:
        raise Refused(error.strerror) from None
    return sorted(items, key=lambda item: item[0])


def walk(root: Path, top: tuple[str, ...], status: os.stat_result, allowance: Allowance) -> Iterator[Item]:
    """The files of one folder at the top, or the one file. Raises Refused for the whole where it holds too many."""
    pending, seen = [(top, status)], 0
    while pending:
        parts, status = pending.pop()
        if not stat.S_ISDIR(status.st_mode):
            yield item(root, parts, status, allowance)
        elif len(parts) > DEPTH:
            yield "/".join(parts), f"lies more than {DEPTH} folders deep"
        else:
            try:
                found = listing(root, parts, FOLDER)
            except Refused as error:
                yield "/".join(parts), str(error)
                continue
            seen += len(found)
            if seen > FOLDER:
                raise Refused(too_many())
            pending += [((*parts, name), status) for name, status in found]


def item(root: Path, parts: tuple[str, ...], status: os.stat_result, allowance: Allowance) -> Item:
    """A file of a folder, or why it is refused."""
    name, kind = "/".join(parts), stat.S_IFMT(status.st_mode)
    if kind != stat.S_IFREG:
        return name, f"is {KINDS[kind]}"
    return name, strange(name) or Entry(name, date(status.st_mtime), status.st_size,
                                        reader(root, parts[:-1], parts[-1], allowance))


def reader(root: Path, parts: tuple[str, ...], name: str, allowance: Allowance) -> Callable[[], bytes]:
    """How to read a file of a folder, later."""
    def read() -> bytes:
        try:
            with beneath(root, parts) as fd:
                return read_beneath(fd, name, allowance)
        except FileNotFoundError:
            raise Refused("is gone") from None

    return read


class Bounded(io.BufferedReader):
    """A file of which no header makes zipfile read more than its table of entries may hold, at once."""

    def read(self, size: int | None = -1) -> bytes:
        if size is not None and size > DIRECTORY:
            raise Refused(f"has a table of entries of more than {DIRECTORY // MEGABYTE} MB")
        return super().read(size)


def zip_entries(archive: zipfile.ZipFile) -> Iterator[Item]:
    """What a zip says that it holds, one folder at the top after the other."""
    allowance = Allowance()
    infos = [info for info in archive.infolist() if not LEFT_BY_TOOLS.fullmatch(info.filename.rstrip("/"))]
    often = Counter(info.filename for info in infos)
    level = len(common_folders([info.orig_filename for info in infos if not info.filename.endswith("/")]))
    tops = defaultdict(list)
    for info in infos:
        tops["/".join(info.orig_filename.split("/")[:level + 1])].append(info)
    if len(tops) > ENTRIES:
        raise Refused(f"holds more than {ENTRIES:,} files")
    for top, below in tops.items():
        if len(below) > FOLDER:
            yield top, too_many()
            continue
        for info in below:
            name = info.orig_filename
            if info.filename.endswith("/"):
                continue
            if often[info.filename] > 1:
                yield name, "is in the archive more than once"
            else:
                yield name, strange(name) or forbidden(info) or Entry(
                    name, zip_date(info), info.file_size, lambda info=info: unpack(archive, info, allowance))


def common_folders(names: Iterable[str]) -> list[str]:
    """The folders that all of these files lie in, from the outside to the inside."""
    first, *others = [name.split("/")[:-1] for name in names] or [[]]
    for folders in others:
        same = (one == other for one, other in zip(first, folders, strict=False))
        first = first[:next((n for n, equal in enumerate(same) if not equal), min(len(first), len(folders)))]
    return first


def forbidden(info: zipfile.ZipInfo) -> str | None:
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


def unpack(archive: zipfile.ZipFile, info: zipfile.ZipInfo, allowance: Allowance) -> bytes:
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


def strange(name: str) -> str | None:
    """Why a path is not taken, or None: it leads outside, hides what it is, or lies too deep."""
    if "\0" in name or any(unicodedata.category(c) in ("Cc", "Cs", "Zl", "Zp") for c in name):
        return "has a control character in its name"
    if any(unicodedata.bidirectional(c) in BIDI for c in name):
        return "has a name that reads otherwise than it is written"
    parts = name.split("/")
    if "\\" in name or re.match(r"[A-Za-z]:", name) or {"", ".", ".."} & set(parts):
        return "points outside the archive, or has a path that is not plain"
    if len(name.encode()) > 1000:
        return "has a path of more than 1000 bytes"
    if len(parts) > DEPTH + 1:
        return f"lies more than {DEPTH} folders deep"
    return None


def too_large() -> str:
    """Why a file is not read."""
    return f"is larger than {FILE // MEGABYTE} MB"


def too_many() -> str:
    """Why a folder is not read."""
    return f"holds more than {FOLDER:,} files and folders: leave the notebooks in it, and collect it again"


def date(seconds: float) -> datetime:
    """Seconds since 1970, as a time; what no zip can say is brought to the nearest that one can."""
    return datetime.fromtimestamp(min(max(seconds, 0), 2**32), UTC)


def zip_date(info: zipfile.ZipInfo) -> datetime:
    """A zip knows no time zone: UTC is taken."""
    try:
        return datetime(*info.date_time, tzinfo=UTC)
    except ValueError:
        return datetime(1980, 1, 1, tzinfo=UTC)
