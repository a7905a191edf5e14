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
import struct
import sys
from pathlib import Path

from . import seccomp

libc = ctypes.CDLL(None, use_errno=True)

NEWNS, NEWUTS, NEWIPC, NEWUSER, NEWPID, NEWNET = 0x20000, 0x4000000, 0x8000000, 0x10000000, 0x20000000, 0x40000000
RDONLY, NOSUID, NODEV, NOEXEC, REMOUNT, BIND, REC, PRIVATE = 1, 2, 4, 8, 32, 4096, 16384, 1 << 18
DETACH = 2
SET_PDEATHSIG, SET_DUMPABLE, CAPBSET_DROP, SET_NO_NEW_PRIVS = 1, 4, 24, 38
PIVOT_ROOT, CAPSET = {"x86_64": (155, 126), "aarch64": (41, 91)}.get(os.uname().machine, (None, None))
SIGKILL = 9
WORK = "/submission"  # in namespaces, a worker's own folder, and the only place where it can write
DEVICES = ("/dev/null", "/dev/zero", "/dev/urandom")


def called(result):
    """The result of a system call; raises OSError where it failed."""
    if result < 0:
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number))
    return result


def die_with_parent():
    if sys.platform == "linux":
        called(libc.prctl(SET_PDEATHSIG, SIGKILL, 0, 0, 0))


def stay_on_one_processor():
    """So that a hundred threads take one processor from the class, and no more."""
    if sys.platform == "linux":
        os.sched_setaffinity(0, {called(libc.sched_getcpu())})


def mount(source, target, kind=None, flags=0, options=None):
    texts = [text and str(text).encode() for text in (source, target, kind)]
    called(libc.mount(*texts, ctypes.c_ulong(flags), options and options.encode()))


def enclose(readable, root):
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


def _follow(child):
    """End when the child does."""
    os._exit(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) and 1)


def _unshare(user, group):
    spaces = NEWNS | NEWUTS | NEWIPC | NEWNET | NEWPID
    if user or libc.unshare(spaces) < 0:
        called(libc.unshare(spaces | NEWUSER))
        Path("/proc/self/setgroups").write_text("deny")
        Path("/proc/self/uid_map").write_text(f"{user} {user} 1")
        Path("/proc/self/gid_map").write_text(f"{group} {group} 1")


def _build(readable, root):
    """Build the new file system on a folder, and leave the old one."""
    mount(None, "/", None, REC | PRIVATE)
    mount("none", root, "tmpfs", NOSUID | NODEV, "size=1m,mode=755")
    for path in [*readable, *DEVICES]:
        place = Path(f"{root}{path}")
        place.parent.mkdir(parents=True, exist_ok=True)
        place.mkdir(exist_ok=True) if os.path.isdir(path) else place.touch()
        mount(path, place, None, BIND | REC)
        locked = os.statvfs(place).f_flag & (NODEV | NOEXEC)  # who is not root may not take these away
        mount(None, place, None, REMOUNT | BIND | NOSUID | locked | (0 if path in DEVICES else RDONLY | NODEV))
    Path(f"{root}{WORK}").mkdir()
    mount(None, root, None, REMOUNT | RDONLY | NOSUID | NODEV, "size=1m,mode=755")
    os.chdir(root)
    called(libc.syscall(PIVOT_ROOT, b".", b"."))
    called(libc.umount2(b".", DETACH))
    os.chdir("/")


def next_fork_begins_a_pid_namespace(home):
    """home: what `enclose` returned."""
    called(libc.setns(home, NEWPID))
    called(libc.unshare(NEWPID))


def own_folder(megabytes, uid):
    """An empty folder in memory, of limited size, that nobody else sees, and System V objects of one's own."""
    called(libc.unshare(NEWNS | NEWIPC))
    owner = f"uid={uid},gid={uid}," if os.getuid() == 0 else ""
    mount("none", WORK, "tmpfs", NOSUID | NODEV | NOEXEC, f"{owner}size={megabytes}m,nr_inodes=1k,mode=700")


def lock_in(layers, readable, listed, writable, limits, uid):
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


def limit(limits, own_uid):
    """setrlimit(2): memory, processor time, files. The number of threads only where nobody else has this user's id."""
    megabyte = 2 ** 20
    for name, value in {
        "AS": limits["memory"] * megabyte, "FSIZE": limits["file"] * megabyte, "CPU": math.ceil(limits["total"]) + 1,
        "NOFILE": 64, "CORE": 0, "MEMLOCK": 0, "MSGQUEUE": 0, **({"NPROC": limits["threads"]} if own_uid else {}),
    }.items():
        if hasattr(resource, f"RLIMIT_{name}"):
            resource.setrlimit(getattr(resource, f"RLIMIT_{name}"), (value, value))


def become(uid):
    if not uid or os.getuid():
        raise ValueError("only root can become somebody else")
    os.setgroups([])
    os.setresgid(uid, uid, uid)
    os.setresuid(uid, uid, uid)


def drop_capabilities():
    for capability in range(64):
        libc.prctl(CAPBSET_DROP, capability, 0, 0, 0)
    head = struct.pack("<II", 0x20080522, 0)
    called(libc.syscall(CAPSET, head, bytes(24)))
    called(libc.prctl(SET_NO_NEW_PRIVS, 1, 0, 0, 0))
    called(libc.prctl(SET_DUMPABLE, 0, 0, 0, 0))
    die_with_parent()


READ, READ_DIR, EVERYTHING = 0b1100, 0b1000, {1: 0x1FFF, 2: 0x3FFF, 3: 0x7FFF, 4: 0x7FFF, 5: 0xFFFF}
WRITE_TO_FILE = 0b10 | 1 << 14  # and truncate


def landlock(readable, listed, writable):
    """Restrict files to these paths, and where the kernel knows how, refuse TCP, and signals to others."""
    version = called(libc.syscall(444, None, 0, 1))
    every = EVERYTHING[min(version, 5)]
    handled = struct.pack("<QQQ", every, 0b11 * (version >= 4), 0b11 * (version >= 6))
    size = 24 if version >= 6 else 16 if version >= 4 else 8
    rules = called(libc.syscall(444, handled, size, 0))
    of_files = (READ & ~READ_DIR) | WRITE_TO_FILE
    for paths, rights in ((readable, READ), (listed, READ_DIR), (writable, every & ~1)):
        for path in paths:
            place = os.open(path, os.O_PATH | os.O_CLOEXEC)
            allowed = rights if os.path.isdir(path) else rights & of_files & every
            called(libc.syscall(445, rules, 1, struct.pack("<Qi", allowed, place), 0))
            os.close(place)
    called(libc.prctl(SET_NO_NEW_PRIVS, 1, 0, 0, 0))
    called(libc.syscall(446, rules, 0))
    os.close(rules)
