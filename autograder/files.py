"""Files that are written whole or not at all, and who may read them."""

import fcntl
import os
import stat
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path

GROUP = stat.S_ISGID | stat.S_IWGRP  # of a folder that a group shares: what is made in it belongs to that group, too


def replace(files: Mapping[Path, str | bytes], public: bool = False) -> None:
    """Put the new contents in place, all of them written before the first one moves.

    Their owner alone can read and write them, and the group in a folder that a group shares. public: everybody can
    read them.
    """
    with ExitStack() as left:
        moves = {}
        for folder in sorted({path.parent for path in files}):
            make_folder(folder, public)
            left.callback(os.close, lock := os.open(folder, os.O_RDONLY))
            fcntl.flock(lock, fcntl.LOCK_EX)  # the kernel takes it away from a process that is killed
        for path, content in files.items():
            new = path.with_name(f"{path.name}.new")
            new.unlink(missing_ok=True)  # of one that was killed
            left.callback(new.unlink, missing_ok=True)
            with open(new, "xb", opener=lambda name, flags: os.open(name, flags, 0o600)) as stream:
                os.fchmod(stream.fileno(), mode_in(path.parent, public) & 0o666)
                stream.write(content.encode() if isinstance(content, str) else content)
            moves[new] = path
        for new, path in moves.items():
            os.replace(new, path)


def make_folder(path: Path, public: bool = False) -> None:
    """Make a folder and those above it, as far as they are missing, each with the mode that `replace` gives."""
    if not path.is_dir():
        make_folder(path.parent, public)
        path.mkdir(mode=0o700, exist_ok=True)
        path.chmod(mode_in(path.parent, public))


def unused(path: Path) -> Path:
    """The path, or the first of path-2, path-3, ... that is free."""
    number, free = 1, path
    while free.exists():
        number += 1
        free = path.with_stem(f"{path.stem}-{number}")
    return free


def mode_in(folder: Path, public: bool = False) -> int:
    """The mode of a new folder in this one. That of a new file is the same, but for the right to enter it."""
    return 0o700 | (0o2070 if shared(folder) else 0) | (0o055 if public else 0)


def shared(folder: Path) -> bool:
    """Whether what is made in a folder is for the folder's group as well as for its owner."""
    return folder.is_dir() and folder.stat().st_mode & GROUP == GROUP


def close(folder: Path, group: int | None = None) -> bool:
    """Take a folder and all that is in it away from everybody but its owner; or from all but its owner and a group.

    group: its number; without one, a folder that is shared already stays so. Gives whether anything had to be changed.
    """
    together, changed = group is not None or shared(folder), False
    for place, _, names in os.walk(folder):
        for path in (Path(place), *(Path(place, name) for name in names)):
            if path.is_symlink():
                continue
            if group not in (None, path.stat().st_gid):
                os.chown(path, -1, group)
                changed = True
            owners = path.stat().st_mode & 0o700
            mode = owners | (owners >> 3 | (stat.S_ISGID if path.is_dir() else 0) if together else 0)
            if mode != stat.S_IMODE(path.stat().st_mode):
                path.chmod(mode)
                changed = True
    return changed


@contextmanager
def umask(mask: int) -> Iterator[None]:
    """For what other packages write: the rights that their new files and folders do not have."""
    before = os.umask(mask)
    try:
        yield
    finally:
        os.umask(before)
