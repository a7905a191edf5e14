"""Does the sandbox hold? And what did a submission try? Evidence for people; what protects is in `isolation`."""

import importlib
import os
import socket
import sys
from pathlib import Path

from . import wire

SUSPICIOUS = {"socket.": "tried to use the network", "subprocess.": "tried to start a process",
              "os.system": "tried to start a process", "os.exec": "tried to start a process",
              "os.fork": "tried to start a process", "os.posix_spawn": "tried to start a process",
              "os.spawn": "tried to start a process", "pty.": "tried to start a process",
              "os.kill": "tried to signal a process", "signal.pthread_kill": "tried to signal a process",
              "os.symlink": "tried to make a link", "os.link": "tried to make a link",
              "ctypes.dlopen": "loaded a library"}
SEE_A_FILE = "see whether a file is there"
OF_FILES = {"open", *(f"os.{name}" for name in ("listdir", "scandir", "chdir", "remove", "rename", "mkdir", "rmdir"))}


def tell(pipe: int, inside: tuple[str, ...]) -> None:
    """Tell the judge at once of what an instructor may want to look at. Evidence, not protection."""
    told = set()

    def look(event: str, arguments: tuple[object, ...]) -> None:
        what = next((text for start, text in SUSPICIOUS.items() if event.startswith(start)), "")
        if event == "ctypes.dlopen" and arguments[0] is None:
            return
        if event in OF_FILES and isinstance(arguments[0], str | bytes):
            path = os.path.abspath(os.fsdecode(arguments[0]))
            what = "" if path.startswith((*inside, "/dev/")) else f"tried to reach a file outside: {path[:100]}"
        if what and what not in told and len(told) < 20:
            told.add(what)
            wire.send(pipe, {"seen": what})

    sys.addaudithook(look)


def attempts(outside: str) -> list[str]:
    """Try what no worker may do. Returns the names of the attempts that succeeded: none, if the layers hold.

    outside: a file that the judge can read, and a folder that it can write.
    """
    succeeded = []
    for name, attempt in {
        SEE_A_FILE: lambda: os.stat(outside),  # before a change of root hides it
        "read a file outside its folder": lambda: Path(outside).read_bytes(),
        "write a file outside its folder": lambda: Path(outside).with_name("escaped").write_text("escaped"),
        "list the processes": lambda: Path("/proc/self/environ").read_bytes(),
        "open a socket": socket.socket,
        "open a local socket": socket.socketpair,
        "start a process": lambda: os.fork() or os._exit(0),
        "signal its parent": lambda: os.kill(os.getppid() or 1, 0),
        "become root": lambda: os.setuid(0) if os.getuid() else os.chroot("."),
        "take more memory than it may": lambda: bytearray(2 ** 37),
        "find the exercises": lambda: importlib.import_module("rnnkit.exercises"),
        "find PyTorch": lambda: importlib.import_module("torch"),
    }.items():
        try:
            attempt()
        except (OSError, MemoryError, ImportError):
            continue
        succeeded.append(name)
    return succeeded
