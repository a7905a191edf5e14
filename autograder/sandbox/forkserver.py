"""The fork server: a process that has NumPy in memory, and forks a locked-in worker on request.

    python -m sandbox.forkserver SETTINGS     (a file of JSON; the judge writes it, see autograder/judging/host.py)

The judge sends "F" with one end of a socket pair: a worker is forked that talks through it. "K" kills the worker with
everything it may have started, and answers with what it used. When the judge is gone, so is everybody here.
"""

import gc
import importlib
import json
import os
import signal
import socket
import sys
import traceback
from pathlib import Path
from typing import Any, NoReturn

from . import audit, cells, isolation, wire, worker

WARM = ("numpy.random", "numpy.linalg", "numpy.fft", "numpy.polynomial", "numpy.testing", "rnnkit", "copy",
        "dataclasses", "functools", "itertools", "math", "collections", "typing", "platform", "warnings", "logging")


class ForkServer:
    """settings: what the judge says; see `autograder.judging.host.Sandbox`."""

    def __init__(self, settings: dict[str, Any]) -> None:
        self.control = socket.socket(fileno=settings["control"])
        self.readable, self.listed = settings["readable"], settings["listed"]
        self.sources, self.layers = settings["sources"], settings["layers"]
        self.limits, self.uid = settings["limits"], settings["uid"]
        isolation.die_with_parent()
        self.home = isolation.enclose(self.readable, settings["root"]) if "namespaces" in self.layers else None
        if self.home is None and not all(map(anybody_reaches, self.readable)):
            self.uid = 0
        self.folder = settings["root"] if self.home is None else isolation.WORK
        self.child = None

    def serve(self) -> NoReturn:
        """Do what the judge says, until it is gone."""
        for name in WARM:
            importlib.import_module(name)
        for source in self.sources:
            cells.names(source)
        gc.freeze()
        while True:
            command, ends, _, _ = socket.recv_fds(self.control, 1, 1)
            if command == b"F":
                self.fork(ends[0])
            elif command == b"K":
                wire.send(self.control.fileno(), self.kill())
            else:
                os._exit(0)

    def fork(self, end: int) -> None:
        """Fork a worker that talks through this file descriptor."""
        if self.home is not None:
            isolation.next_fork_begins_a_pid_namespace(self.home)
        self.child = os.fork()
        if not self.child:
            self.become_worker(end)
        os.close(end)

    def become_worker(self, pipe: int) -> NoReturn:
        """Never returns."""
        try:
            self.control.close()
            os.setsid()
            isolation.die_with_parent()
            isolation.stay_on_one_processor()
            held, writable = [], []  # a folder on disk, which nothing could keep small, is not for writing
            if self.home is not None:
                os.close(self.home)
                isolation.own_folder(self.limits["files"], self.uid)
                held, writable = ["namespaces"], [self.folder]
            os.chdir(self.folder)
            held += isolation.lock_in(self.layers, self.readable, self.listed, writable, self.limits, self.uid)
            wire.send(pipe, held)
            os.dup2(0, 2)  # from here on, nobody listens
            audit.tell(pipe, (*self.readable, *sys.path, self.folder))
            worker.work(pipe, self.limits["printed"])
        except BaseException:
            traceback.print_exc()
        finally:
            os._exit(1)

    def kill(self) -> dict[str, float]:
        """Kill the worker, and say how it ended and what it used."""
        os.kill(self.child, signal.SIGKILL)
        _, status, usage = os.wait4(self.child, 0)
        return {"status": status, "seconds": usage.ru_utime + usage.ru_stime, "megabytes": usage.ru_maxrss / 1024}


def anybody_reaches(path: str) -> bool:
    """Whether every user may enter this path and all folders above it."""
    return all(place.stat().st_mode & 0o001 for place in [Path(path), *Path(path).parents])


if __name__ == "__main__":
    ForkServer(json.loads(Path(sys.argv[1]).read_text())).serve()
