"""The judge's side of the sandbox: start the fork server, ask for workers, talk to them, kill them."""

import contextlib
import importlib
import json
import os
import re
import select
import shutil
import socket
import struct
import subprocess
import sys
import sysconfig
import tempfile
import time
from collections.abc import Callable, Collection, Iterable
from dataclasses import asdict, dataclass, fields
from pathlib import Path

import numpy as np

from autograder.files import umask
from autograder.judging import student_rnnkit
from autograder.sandbox import audit, wire

LAYERS = ("namespaces", "rlimits", "own uid", "no capabilities", "Landlock", "seccomp")
NUMPY = Path(np.__file__).resolve().parent  # inside the sandbox there are no links on the way
PACKAGES = (NUMPY, NUMPY.parent / "numpy.libs")
PACKAGES_INSIDE = ("site-packages", "dist-packages", "test")
ONE_THREAD = {name: "1" for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")}
ENVIRONMENT = {**ONE_THREAD, "PYTHONHASHSEED": "0", "LANG": "C.UTF-8", "HOME": "/submission", "PATH": ""}
PROMPT = 120  # seconds by the clock for what takes a moment, such as to start a worker, on however busy a machine
MOMENT = 0.01  # seconds: more often nobody looks how much a worker has used
CPUCLOCK_SCHED = 2  # of a process's clocks the one that the scheduler keeps: see clock_getcpuclockid(3)
PASSCRED = getattr(socket, "SO_PASSCRED", None)  # have each message say who sent it: unix(7)
CREDENTIALS = struct.Struct("iII")  # process, user, group

INSTEAD = ("Grade in a Linux virtual machine; or, if you trust everything that was handed in, say --unsafe: it then "
           "runs with your own rights.")


class NotSafe(Exception):
    """This machine does not give the layers that a student's code is to be run behind."""


@dataclass(frozen=True)
class Limits:
    """What one submission may use.

    cell, answer, total: seconds for a cell, for one call of an answer, and for everything; a worker that needs more is
    killed. They are seconds of processor time, of all its threads together, which no other program on the machine can
    use up. patience: how many times as long it may take by the clock, since what sleeps uses no processor time; there
    it does not count how long the worker waits for a processor.
    memory, files, file: megabytes, of memory, of all its files, and of a file. threads: their number.
    printed: characters that are kept of what a cell or call prints.
    """

    cell: float = 10.0
    answer: float = 5.0
    total: float = 60.0
    patience: float = 5.0
    memory: int = 1024
    files: int = 16
    file: int = 16
    threads: int = 32
    printed: int = 10_000

    @classmethod
    def of(cls, texts: Iterable[str]) -> "Limits":
        """Limits set by texts such as "memory=512". Raises ValueError for any other."""
        kinds = {field.name: type(field.default) for field in fields(cls)}
        given = {}
        for text in texts:
            name, _, number = text.partition("=")
            if name not in kinds or not re.fullmatch(r"\d{1,9}(\.\d{1,9})?", number) or not float(number):
                raise ValueError(f"--limit {text}: expected a name, = and a number above zero, as in memory=512. "
                                 f"The names are {', '.join(kinds)}.")
            given[name] = kinds[name](float(number))
        return cls(**given)


class Budget:
    """Processor time that a sandbox's workers may still use, and `Limits.patience` times as much by the clock.

    The clock stands still while a worker waits for a processor that others use. `left` is what
    `autograder.sandbox.wire` waits by.
    """

    def __init__(self, sandbox: "Sandbox", seconds: float) -> None:
        self.sandbox, now = sandbox, time.monotonic()
        used, waited = sandbox.spent()
        self.most, self.ends = used + seconds, now - waited + seconds * sandbox.limits.patience
        self.soonest = now + seconds

    def part(self, seconds: float) -> "Budget":
        """A budget of so many seconds, or of what is left of this one."""
        part = Budget(self.sandbox, seconds)
        part.most, part.ends = min(part.most, self.most), min(part.ends, self.ends)
        part.soonest = min(part.soonest, self.soonest)
        return part

    def left(self) -> float:
        """The seconds before which it cannot be used up; none, or fewer, where it is.

        A worker runs on one processor. So the kernel is asked what it used only when that could be everything.
        """
        if (now := time.monotonic()) >= self.soonest:
            used, waited = self.sandbox.spent()
            left = min(self.most - used, self.ends + waited - now)
            self.soonest = now + (max(left, MOMENT) if left > 0 else left)
        return self.soonest - now


class Sandbox:
    """A fork server for the submissions of one lesson. A context manager: on leaving, everything in it is killed.

    lesson: its name. sources: of the cells that most submissions have, which are then read only once.
    layers: those to ask the kernel for. lent: what rnnkit has here although the lesson withholds it.
    """

    def __init__(self, lesson: str, sources: Iterable[str] = (), limits: Limits | None = None,
                 layers: Iterable[str] = LAYERS, lent: tuple[str, ...] = ()) -> None:
        self.lesson, self.sources, self.limits, self.layers = lesson, sources, limits or Limits(), layers
        self.pid, self.before = 0, (0.0, 0.0)  # of the worker, if there is one; what those before it spent
        self.lent, self.lenders = lent, {}
        self.parts = contextlib.ExitStack()  # what goes when it is left

    @umask(0o022)  # a worker has another uid than we, and has to read its library
    def __enter__(self) -> "Sandbox":
        with contextlib.ExitStack() as undo:
            undo.enter_context(self.parts)
            self.folder = Path(tempfile.mkdtemp(prefix="rnnkit-judge-")).resolve()
            self.parts.callback(shutil.rmtree, self.folder, ignore_errors=True)
            self.folder.chmod(0o755)
            student_rnnkit.write(self.folder / "library", self.lesson, self.lent)
            (self.folder / "root").mkdir()
            self._start()
            self.parts.callback(self._stop)
            undo.pop_all()
        return self

    def __exit__(self, *_: object) -> None:
        self.parts.close()
        self.lenders.clear()

    def lending(self, names: tuple[str, ...]) -> "Sandbox":
        """A sandbox for what may use these functions of rnnkit, which the lesson withholds from the others."""
        if not names:
            return self
        if names not in self.lenders:
            lender = Sandbox(self.lesson, self.sources, self.limits, self.layers, names)
            self.lenders[names] = self.parts.enter_context(lender)
        return self.lenders[names]

    def _start(self) -> None:
        self.control, theirs = socket.socketpair()
        settings = {
            "control": theirs.fileno(), "root": str(self.folder / "root"), "layers": self.layers,
            "readable": readable(self.folder / "library"), "listed": standard_library(),
            "limits": asdict(self.limits), "sources": list(self.sources),
            "uid": 0 if os.getuid() else 2_000_000_000 + os.getpid(),
        }
        (self.folder / "settings").write_text(json.dumps(settings))
        paths = os.pathsep.join(map(str, (self.folder / "library", PACKAGES[0].parent)))
        command = [sys.executable, "-s", "-S", "-P", "-B", "-m", "sandbox.forkserver", str(self.folder / "settings")]
        with open(self.folder / "complaints", "w") as complaints:
            self.parent = subprocess.Popen(
                command, env={**ENVIRONMENT, "PYTHONPATH": paths}, cwd="/", pass_fds=[theirs.fileno()],
                stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=complaints)
        theirs.close()
        self.control.settimeout(PROMPT)

    def _stop(self) -> None:
        self.control.close()
        self.parent.kill()
        self.parent.wait()

    def worker(self) -> "Worker":
        """A fresh worker, as a context manager."""
        return Worker(self)

    def fork(self) -> int:
        """The file descriptor through which a new worker is reached."""
        ours, theirs = socket.socketpair()
        if PASSCRED:
            ours.setsockopt(socket.SOL_SOCKET, PASSCRED, 1)
        with theirs:
            try:
                socket.send_fds(self.control, [b"F"], [theirs.fileno()])
            except OSError as error:
                raise NotSafe(f"The fork server is gone: {error}. {self.complaints()}") from None
        ours.setblocking(False)  # a worker that does not read shall not hold the judge
        return ours.detach()

    def complaints(self) -> str:
        """What the parent and its workers wrote before they were locked in."""
        return (self.folder / "complaints").read_text()[-2000:]

    def kill(self) -> dict[str, float]:
        """Kill the worker and all that it started; what it used."""
        self.before, self.pid = self._spent(), 0
        try:
            self.control.sendall(b"K")
            return wire.receive(self.control.fileno(), wire.within(PROMPT))
        except (OSError, wire.Closed, wire.Late) as error:
            raise NotSafe(f"The fork server is gone: {error}. {self.complaints()}") from None

    def spent(self) -> tuple[float, float]:
        """What all workers so far spent, in seconds: computing, by all their threads together; and in waiting for a
        processor. The kernel counts both. 0 where it does not.
        """
        used, waited = zip(*(sandbox._spent() for sandbox in (self, *self.lenders.values())), strict=True)
        return sum(used), sum(waited)

    def _spent(self) -> tuple[float, float]:
        used, waited = self.before
        with contextlib.suppress(OSError):
            used += time.clock_gettime(~self.pid << 3 | CPUCLOCK_SCHED) if self.pid else 0
            waited += int(Path(f"/proc/{self.pid}/schedstat").read_text().split()[1]) / 1e9 if self.pid else 0
        return used, waited


class Worker:
    """A worker, from its first message to its death. used: seconds and megabytes, once it is dead."""

    def __init__(self, sandbox: Sandbox) -> None:
        self.sandbox, self.seen, self.used = sandbox, [], {}

    def __enter__(self) -> "Worker":
        self.pipe = self.sandbox.fork()
        try:
            self.sandbox.pid = sender(self.pipe)
            self.layers = wire.receive(self.pipe, wire.within(PROMPT))
        except (wire.Closed, wire.Late) as error:
            self.__exit__()
            raise NotSafe(f"A worker could not lock itself in: {error}. {self.sandbox.complaints()}") from None
        return self

    def __exit__(self, *_: object) -> None:
        self.used = self.sandbox.kill()
        os.close(self.pipe)

    def do(self, what: str, left: Callable[[], float], **arguments: object) -> object:
        """The reply to one message. left: says how many seconds to wait still, as `Budget.left` does.

        Raises wire.Late, wire.Closed or wire.Garbled where there is none.
        """
        wire.send(self.pipe, {"do": what, **arguments}, left)
        while True:
            reply = wire.receive(self.pipe, left)
            if not (isinstance(reply, dict) and reply.keys() == {"seen"}):
                return reply
            if len(self.seen) < 50:
                self.seen.append(str(reply["seen"])[:200])
            if left() <= 0:
                raise wire.Late("it tells and tells, and does not reply")


def sender(pipe: int) -> int:
    """The process that sent what will be received next, as the kernel knows it here; 0 where it does not say."""
    if not PASSCRED or not select.select([pipe], [], [], PROMPT)[0]:
        return 0
    with socket.socket(fileno=os.dup(pipe)) as end:
        _, ancillary, _, _ = end.recvmsg(1, socket.CMSG_SPACE(CREDENTIALS.size), socket.MSG_PEEK)
    return next((CREDENTIALS.unpack(data)[0] for _, kind, data in ancillary if kind == socket.SCM_CREDENTIALS), 0)


def standard_library() -> list[str]:
    """The folders of the interpreter's own library. Packages may lie in them too."""
    base = {"base": sys.base_prefix, "platbase": sys.base_exec_prefix}
    return sorted({os.path.realpath(sysconfig.get_path(name, vars=base)) for name in ("stdlib", "platstdlib")})


def readable(library_folder: Path) -> list[str]:
    """What a worker can read: the standard library without the packages in it, NumPy, our small rnnkit, and the
    system's folders of the shared libraries that these load.
    """
    for name in ("ctypes", "hashlib", "ssl"):
        importlib.import_module(name)  # so that what they load is among the mapped ones
    modules = [path for place in standard_library() for path in Path(place).iterdir()
               if path.name not in PACKAGES_INSIDE]
    mapped = Path("/proc/self/maps")
    loaded = re.findall(r"(/(?:usr/)?lib\S*)/[^/\s]+\.so[.\d]*\n", mapped.read_text()) if mapped.exists() else []
    paths = [*PACKAGES, *modules, *loaded, library_folder, "/etc/ld.so.cache"]
    return sorted({os.path.realpath(path) for path in paths if os.path.exists(path)})


@umask(0o022)
def probe(layers: Iterable[str] = LAYERS) -> tuple[list[str], list[str]]:
    """The layers that hold on this machine, and what a worker behind them could still do that none may: it tries."""
    with tempfile.TemporaryDirectory() as folder:
        os.chmod(folder, 0o777)  # so that no right is missing but the layers'
        secret = Path(folder) / "secret"
        secret.write_text("secret")
        with Sandbox("00", layers=layers) as sandbox, sandbox.worker() as worker:
            return worker.layers, worker.do("attempt", wire.within(PROMPT), outside=str(secret))


def insist(layers: Collection[str], escapes: Collection[str]) -> None:
    """Raise NotSafe unless what `probe` found is enough to run a stranger's code.

    Only namespaces prevent that a worker sees whether a file is there, which it can neither read nor change. That is
    named beside the layers, and is no reason not to grade.
    """
    if sys.platform != "linux":
        raise NotSafe(f"A student's code is locked in by Linux's own means, and this is {sys.platform}.")
    if lacking := [name for name in ("rlimits", "no capabilities", "seccomp") if name not in layers]:
        raise NotSafe(f"This machine's kernel does not give: {', '.join(lacking)}.")
    if not {"namespaces", "Landlock"} & set(layers):
        raise NotSafe("This machine's kernel gives neither namespaces nor Landlock.")
    if escapes := [name for name in escapes if name != audit.SEE_A_FILE]:
        raise NotSafe(f"From inside the sandbox, a probe could {', '.join(escapes)}.")
