"""The layers that lock a worker in. Each stands by itself, so that one that fails leaves the others.

Linux's own interfaces, called through ctypes: namespaces(7), landlock(7), seccomp(2), setrlimit(2), capabilities(7).
`enclose` is for the fork server, `lock_in` for a worker, before the first line of a student's code. Nothing here can
be taken back by the process that did it.
"""

import contextlib
import ctypes
import math
import os
import resource
import signal
import struct
import sys
from collections.abc import Collection
from pathlib import Path
from typing import Any, NoReturn

from . import seccomp

libc = ctypes.CDLL(None, use_errno=True)

# The names are those of the kernel's headers.
CLONE_NEWNS, CLONE_NEWUTS, CLONE_NEWIPC = 0x20000, 0x4000000, 0x8000000                              # linux/sched.h
CLONE_NEWUSER, CLONE_NEWPID, CLONE_NEWNET = 0x10000000, 0x20000000, 0x40000000
MS_RDONLY, MS_NOSUID, MS_NODEV, MS_NOEXEC, MS_REMOUNT = 1, 2, 4, 8, 32                               # linux/mount.h
MS_BIND, MS_REC, MS_PRIVATE, MNT_DETACH = 4096, 16384, 1 << 18, 2
PR_SET_PDEATHSIG, PR_SET_DUMPABLE, PR_CAPBSET_DROP, PR_SET_NO_NEW_PRIVS = 1, 4, 24, 38               # linux/prctl.h
_LINUX_CAPABILITY_VERSION_3 = 0x20080522                                                        # linux/capability.h
SYS_PIVOT_ROOT, SYS_CAPSET = {"x86_64": (155, 126), "aarch64": (41, 91)}.get(os.uname().machine, (None, None))
SYS_LANDLOCK_CREATE_RULESET, SYS_LANDLOCK_ADD_RULE, SYS_LANDLOCK_RESTRICT_SELF = 444, 445, 446  # on every machine
LANDLOCK_CREATE_RULESET_VERSION, LANDLOCK_RULE_PATH_BENEATH = 1, 1                                # linux/landlock.h
LANDLOCK_ACCESS_FS_EXECUTE, LANDLOCK_ACCESS_FS_WRITE_FILE = 1 << 0, 1 << 1
LANDLOCK_ACCESS_FS_READ_FILE, LANDLOCK_ACCESS_FS_READ_DIR, LANDLOCK_ACCESS_FS_TRUNCATE = 1 << 2, 1 << 3, 1 << 14
LANDLOCK_ACCESS_FS = {1: 0x1FFF, 2: 0x3FFF, 3: 0x7FFF, 4: 0x7FFF, 5: 0xFFFF}  # all that a version knows
LANDLOCK_ACCESS_NET_BIND_TCP, LANDLOCK_ACCESS_NET_CONNECT_TCP = 1 << 0, 1 << 1
LANDLOCK_SCOPE_ABSTRACT_UNIX_SOCKET, LANDLOCK_SCOPE_SIGNAL = 1 << 0, 1 << 1
WORK = "/submission"  # in namespaces, a worker's own folder, and the only place where it can write
DEVICES = ("/dev/null", "/dev/zero", "/dev/urandom")


def called(result: int) -> int:
    """The result of a system call; raises OSError where it failed."""
    if result < 0:
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number))
    return result


def die_with_parent() -> None:
    """On Linux, have the kernel kill this process when its parent ends."""
    if sys.platform == "linux":
        called(libc.prctl(PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0))


def stay_on_one_processor() -> None:
    """So that a hundred threads take one processor from the class, and no more."""
    if sys.platform == "linux":
        os.sched_setaffinity(0, {called(libc.sched_getcpu())})


def mount(source: str | None, target: str | Path, kind: str | None = None, flags: int = 0,
          options: str | None = None) -> None:
    """mount(2); raises OSError where it failed."""
    texts = [text and str(text).encode() for text in (source, target, kind)]
    called(libc.mount(*texts, ctypes.c_ulong(flags), options and options.encode()))


def enclose(readable: list[str], root: str) -> int | None:
    """Give this process namespaces of its own and a file system that holds nothing but the readable paths, read-only.

    root: an empty folder to build that file system on. Forks: what returns, with a file descriptor of the new PID
    namespace, is its first process, and those that led there stay behind to wait for it. Where the kernel refuses any
    step, the process that called returns None, and nothing has changed for it.
    """
    reading, writing = os.pipe()
    if child := os.fork():
        os.close(writing)
        if os.read(reading, 1):
            _follow(child)
        os.waitpid(child, 0)
        return None
    try:
        die_with_parent()
        _unshare(os.getuid(), os.getgid())
        if child := os.fork():
            os.close(writing)
            _follow(child)
        die_with_parent()
        home = os.open("/proc/self/ns/pid", os.O_RDONLY)
        _build(readable, root)
        os.write(writing, b"!")
    except (OSError, AttributeError):
        os._exit(1)
    os.close(writing)
    os.close(reading)
    return home


def _follow(child: int) -> NoReturn:
    """End when the child does."""
    os._exit(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) and 1)


def _unshare(user: int, group: int) -> None:
    spaces = CLONE_NEWNS | CLONE_NEWUTS | CLONE_NEWIPC | CLONE_NEWNET | CLONE_NEWPID
    if user or libc.unshare(spaces) < 0:
        called(libc.unshare(spaces | CLONE_NEWUSER))
        Path("/proc/self/setgroups").write_text("deny")
        Path("/proc/self/uid_map").write_text(f"{user} {user} 1")
        Path("/proc/self/gid_map").write_text(f"{group} {group} 1")


def _build(readable: list[str], root: str) -> None:
    """Build the new file system on a folder, and leave the old one."""
    mount(None, "/", None, MS_REC | MS_PRIVATE)
    mount("none", root, "tmpfs", MS_NOSUID | MS_NODEV, "size=1m,mode=755")
    for path in [*readable, *DEVICES]:
        place = Path(f"{root}{path}")
        place.parent.mkdir(parents=True, exist_ok=True)
        place.mkdir(exist_ok=True) if os.path.isdir(path) else place.touch()
        mount(path, place, None, MS_BIND | MS_REC)
        locked = os.statvfs(place).f_flag & (MS_NODEV | MS_NOEXEC)  # who is not root may not take these away
        flags = MS_REMOUNT | MS_BIND | MS_NOSUID | locked
        mount(None, place, None, flags if path in DEVICES else flags | MS_RDONLY | MS_NODEV)
    Path(f"{root}{WORK}").mkdir()
    mount(None, root, None, MS_REMOUNT | MS_RDONLY | MS_NOSUID | MS_NODEV, "size=1m,mode=755")
    os.chdir(root)
    called(libc.syscall(SYS_PIVOT_ROOT, b".", b"."))
    called(libc.umount2(b".", MNT_DETACH))
    os.chdir("/")


def next_fork_begins_a_pid_namespace(home: int) -> None:
    """home: what `enclose` returned."""
    called(libc.setns(home, CLONE_NEWPID))
    called(libc.unshare(CLONE_NEWPID))


def own_folder(megabytes: int, uid: int) -> None:
    """An empty folder in memory, of limited size, that nobody else sees, and System V objects of one's own."""
    called(libc.unshare(CLONE_NEWNS | CLONE_NEWIPC))
    owner = f"uid={uid},gid={uid}," if os.getuid() == 0 else ""
    mount("none", WORK, "tmpfs", MS_NOSUID | MS_NODEV | MS_NOEXEC, f"{owner}size={megabytes}m,nr_inodes=1k,mode=700")


def lock_in(layers: Collection[str], readable: list[str], listed: list[str], writable: list[str],
            limits: dict[str, Any], uid: int) -> list[str]:
    """Lock this process in, for good. Returns the names of the layers that hold.

    layers: the names of those to try. readable: the paths that can be read; listed: the folders of which only the
    names in them can be; writable: the folders for files of one's own. limits: megabytes of memory and of
    files, seconds of processor time. uid: whom a process of root's becomes; 0 leaves it as it is.
    """
    held = []
    for name, layer in {
        "rlimits": lambda: limit(limits, bool(uid)),
        "own uid": lambda: become(uid),
        "no capabilities": drop_capabilities,
        "Landlock": lambda: landlock([*readable, *DEVICES[1:]], listed, [*writable, DEVICES[0]]),
        "seccomp": seccomp.install,
    }.items():
        with contextlib.suppress(OSError, ValueError, KeyError, AttributeError):  # the kernel has none, or refuses
            if name in layers:
                layer()
                held.append(name)
    return held


def limit(limits: dict[str, Any], own_uid: bool) -> None:
    """setrlimit(2): memory, processor time, files. The number of threads only where nobody else has this user's id."""
    megabyte = 2 ** 20
    for name, value in {
        "AS": limits["memory"] * megabyte, "FSIZE": limits["file"] * megabyte, "CPU": math.ceil(limits["total"]) + 1,
        "NOFILE": 64, "CORE": 0, "MEMLOCK": 0, "MSGQUEUE": 0, **({"NPROC": limits["threads"]} if own_uid else {}),
    }.items():
        if hasattr(resource, f"RLIMIT_{name}"):
            resource.setrlimit(getattr(resource, f"RLIMIT_{name}"), (value, value))


def become(uid: int) -> None:
    """Become another user for good; raises ValueError where this is not root, or no other user is given."""
    if not uid or os.getuid():
        raise ValueError("only root can become somebody else")
    os.setgroups([])
    os.setresgid(uid, uid, uid)
    os.setresuid(uid, uid, uid)


def drop_capabilities() -> None:
    """Give up every capability for good, and every way of getting one from a program that is run."""
    for capability in range(64):
        libc.prctl(PR_CAPBSET_DROP, capability, 0, 0, 0)
    head = struct.pack("<II", _LINUX_CAPABILITY_VERSION_3, 0)
    called(libc.syscall(SYS_CAPSET, head, bytes(24)))
    called(libc.prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0))
    called(libc.prctl(PR_SET_DUMPABLE, 0, 0, 0, 0))
    die_with_parent()


def landlock(readable: list[str], listed: list[str], writable: list[str]) -> None:
    """Restrict files to these paths, and where the kernel knows how, refuse TCP, and signals to others."""
    version = called(libc.syscall(SYS_LANDLOCK_CREATE_RULESET, None, 0, LANDLOCK_CREATE_RULESET_VERSION))
    every = LANDLOCK_ACCESS_FS[min(version, 5)]
    net = (LANDLOCK_ACCESS_NET_BIND_TCP | LANDLOCK_ACCESS_NET_CONNECT_TCP) * (version >= 4)
    scoped = (LANDLOCK_SCOPE_ABSTRACT_UNIX_SOCKET | LANDLOCK_SCOPE_SIGNAL) * (version >= 6)
    size = 24 if version >= 6 else 16 if version >= 4 else 8
    rules = called(libc.syscall(SYS_LANDLOCK_CREATE_RULESET, struct.pack("<QQQ", every, net, scoped), size, 0))
    reading = LANDLOCK_ACCESS_FS_READ_FILE | LANDLOCK_ACCESS_FS_READ_DIR
    of_a_file = LANDLOCK_ACCESS_FS_READ_FILE | LANDLOCK_ACCESS_FS_WRITE_FILE | LANDLOCK_ACCESS_FS_TRUNCATE
    for paths, rights in ((readable, reading), (listed, LANDLOCK_ACCESS_FS_READ_DIR),
                          (writable, every & ~LANDLOCK_ACCESS_FS_EXECUTE)):
        for path in paths:
            place = os.open(path, os.O_PATH | os.O_CLOEXEC)
            allowed = rights if os.path.isdir(path) else rights & of_a_file & every
            rule = struct.pack("<Qi", allowed, place)
            called(libc.syscall(SYS_LANDLOCK_ADD_RULE, rules, LANDLOCK_RULE_PATH_BENEATH, rule, 0))
            os.close(place)
    called(libc.prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0))
    called(libc.syscall(SYS_LANDLOCK_RESTRICT_SELF, rules, 0))
    os.close(rules)
