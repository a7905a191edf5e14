"""The arena: a class of attackers and honest students, graded by the real engine, and a watch on all around them.

    python tests/attacks/arena.py [--json] [MODE ...]      prints a table; exits with 1 where something broke

In every MODE the whole class is graded once; by default in all of them, one after the other.
"""

import ctypes
import hashlib
import json
import os
import secrets
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from contextlib import closing
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT), str(Path(__file__).parent)]

import answering  # noqa: E402
import breaking_out  # noqa: E402
import exhausting  # noqa: E402
import forging  # noqa: E402
import hunting  # noqa: E402
import objects  # noqa: E402
import patched  # noqa: E402
import structure  # noqa: E402
from attack import CELL, HONEST, SQUASHING, THROUGH_TIME, Attack  # noqa: E402
from autograder import course as courses  # noqa: E402
from autograder.archive import Refused  # noqa: E402
from autograder.build import build_lessons  # noqa: E402
from autograder.grade import Settings, grade  # noqa: E402
from autograder.layouts import student_id  # noqa: E402
from autograder.lesson import Course  # noqa: E402
from autograder.record import Book  # noqa: E402
from autograder.sandbox import layers as kernel  # noqa: E402
from autograder.sandboxed import LAYERS, Limits  # noqa: E402

CLASSES = (patched, objects, hunting, breaking_out, exhausting, forging, answering, structure)
LIMITS = Limits(cell=2, answer=1.5, total=8, computing=10, memory=512)
SOMEBODY = 61_234  # a user that no machine has
MODES = {  # name: without which layers, as whom
    "root": ((), 0),
    "root, no namespaces": (("namespaces",), 0),
    "user": ((), SOMEBODY),
    "user, no namespaces": (("namespaces",), SOMEBODY),
}
POINTS = {SQUASHING: {"sigmoid": 4}, CELL: {"rnn_step": 4, "rnn_forward": 5, "readout": 3},
          THROUGH_TIME: {"numerical_gradient": 4, "rnn_step_backward": 4, "rnn_backward": 5}}
CLASSMATES = [Attack(f"honest-{lesson[:2]}{letter}", {name: HONEST[name] for name in points}, lesson, points)
              for lesson, points in POINTS.items() for letter in ("", "-m", "-z")]
ATTACKS = [attack for module in CLASSES for attack in module.ATTACKS]
MARK = b"pwned"
SUBREAPER = 36


class Arena:
    """One class in a course of its own, with bait around it. broken: what should not have happened."""

    def __init__(self, folder, mode):
        self.folder, self.mode, self.broken = Path(folder), mode, []
        self.course, self.home = self.folder / "course", self.folder / "home"
        self.canary, self.temporary = self.folder / "canary", self.folder / "temporary"
        self.secret = secrets.token_hex(16)
        for place in (self.home, self.canary, self.temporary):
            place.mkdir()
            place.chmod(0o777)
        for place in (self.home, self.canary):
            (place / "file.txt").write_text("as it was")
            (place / "secret.txt").write_text(self.secret)
            (place / "file.txt").chmod(0o666)
        os.environ |= {"HOME": str(self.home), "TMPDIR": str(self.temporary), "CANARY": self.secret}
        tempfile.tempdir = None
        os.environ.pop("RNNKIT_COURSE", None)

    def prepare(self, students):
        """Make the course, build the lessons, and put everybody's notebook in its place."""
        courses.init(self.course, ROOT / "nbgrader_config.py")
        shop = self.folder / "repository"
        for lesson in POINTS:
            shutil.copytree(ROOT / "solutions" / lesson, shop / "solutions" / lesson)
        build_lessons(shop, (), Course(self.course / "nbgrader_config.py").config)
        released = {lesson: (shop / "lessons" / lesson / f"{lesson}.ipynb").read_text() for lesson in POINTS}
        for student in students:
            path = self.course / "submitted" / student.name / student.lesson / f"{student.lesson}.ipynb"
            path.parent.mkdir(parents=True)
            text = student.notebook(released[student.lesson], self.places)
            (student.write or Path.write_text)(path, text)

    def listen(self):
        """Bait on the network: nobody may knock."""
        name = f"arena-{secrets.token_hex(4)}"
        self.tcp, self.udp, self.abstract = (socket.socket(*kind) for kind in (
            (socket.AF_INET, socket.SOCK_STREAM), (socket.AF_INET, socket.SOCK_DGRAM), (socket.AF_UNIX,)))
        self.tcp.bind(("127.0.0.1", 0))
        self.udp.bind(("127.0.0.1", 0))
        self.abstract.bind(f"\0{name}")
        for listening in (self.tcp, self.abstract):
            listening.listen(100)
        site = next(path for path in sys.path if path.endswith("-packages"))
        self.places = {"canary": self.canary, "home": self.home, "course": self.course, "repository": ROOT, "site": site,
                       "temporary": self.temporary, "tcp": self.tcp.getsockname()[1], "udp": self.udp.getsockname()[1],
                       "abstract": name, **_public_answers()}

    def knocked(self):
        for name, bait in (("TCP", self.tcp), ("UDP", self.udp), ("abstract", self.abstract)):
            bait.setblocking(False)
            with closing(bait):
                try:
                    bait.recv(100) if name == "UDP" else bait.accept()
                    self.broken.append(f"somebody reached the {name} server")
                except BlockingIOError:
                    pass

    def run(self, attacks):
        """Grade the class. Returns what became of each attack: name -> earned, how it ended, what is wrong with that."""
        students = [*attacks, *CLASSMATES]
        self.listen()
        self.prepare(students)
        kernel.libc.prctl(SUBREAPER, 1, 0, 0, 0)
        before, lessons = self.look(), sorted({student.lesson for student in students})
        without, _ = MODES[self.mode]
        settings = Settings(courses.seed(Course(self.course / "nbgrader_config.py")), LIMITS, 2,
                            layers=tuple(layer for layer in LAYERS if layer not in without))
        course, started = Course(self.course / "nbgrader_config.py"), time.monotonic()
        try:
            grade(course, lessons, settings)
        except Exception as error:
            self.broken.append(f"the run was aborted: {type(error).__name__}: {error}"[:500])
        self.seconds = time.monotonic() - started
        self.knocked()
        self.compare(before, self.look())
        with Book(course) as book:
            found = {(judgement.student, judgement.lesson): judgement for judgement in book.judgements()}
        return {student.name: self.outcome(student, found.get((_known_as(student.name), student.lesson))) for student in students}

    def look(self):
        """The state of everything that must stay as it is: path -> content's hash."""
        files = {}
        for top in (self.course, self.home, self.canary, self.temporary):
            for path in sorted(top.rglob("*")):
                if not path.is_relative_to(self.course / "autograded") and path.name not in WRITTEN:
                    files[str(path)] = _content(path)
        for top in ("autograder", "rnnkit", "solutions", "lessons", "jupyter"):
            for path in (ROOT / top).rglob("*"):
                if path.suffix != ".pyc" and not path.is_dir():
                    files[str(path)] = "marked" if MARK in path.read_bytes() else "there"
        for top in ("/tmp", "/var/tmp", "/dev/shm", "/", "/run", ROOT, ROOT / "rnnkit", ROOT / "autograder"):
            files |= {str(path): "marked" for path in Path(top).glob("*pwned*")}
        return files

    def compare(self, before, after):
        for path in sorted(before.keys() | after.keys()):
            if before.get(path) != after.get(path) and not (path.startswith(str(ROOT)) and after.get(path) == "there"):
                self.broken.append(f"{path}: {before.get(path, 'not there')} before, {after.get(path, 'gone')} after")
        left = [pid for pid in _children() if pid not in _zombies()]
        self.broken += [f"left behind: process {pid}, {_command(pid)}" for pid in left]
        self.broken += [f"left behind: process {pid} of a worker's" for pid in _of_workers()]
        public = b"".join(path.read_bytes() for top in (self.course / "autograded", self.course / "gradebook.db")
                          for path in ([top] if top.is_file() else top.rglob("*")) if path.is_file())
        for what, secret in (("the canary's secret", self.secret),
                             ("the course's secret", (self.course / "secret").read_text().strip())):
            if secret.encode() in public:
                self.broken.append(f"{what} is in a notebook or the gradebook")

    def outcome(self, student, judgement):
        if judgement is None:
            return {"earned": {}, "ended": "not in the gradebook", "wrong": ["is not in the gradebook"], "seconds": 0}
        earned = {name: verdict.earned for name, verdict in judgement.verdicts.items()}
        wrong = [f"{name}: earned {points:g}, not {student.earns.get(name, 0):g}" for name, points in earned.items()
                 if points > student.earns.get(name, 0) or (points < student.earns.get(name, 0) and not student.upmost)]
        if judgement.status not in student.ends:
            wrong.append(f"ended as {judgement.status}: {judgement.detail}")
        texts = [*judgement.printed.values(), *(text for v in judgement.verdicts.values() for _, text in v.lines)]
        wrong += [f"got through: {text[text.find('pwned'):][:200]}" for text in texts if "pwned" in text]
        return {"earned": {name: points for name, points in earned.items() if points}, "ended": judgement.status,
                "seconds": round(judgement.seconds, 2), "wrong": wrong, "flags": judgement.flags,
                "said": [verdict.trouble[:150] for verdict in judgement.verdicts.values()]}


WRITTEN = {"gradebook.db", "gradebook.db-journal"}  # by the engine


def _known_as(name):
    """The id that the engine gives to a student whose folder has this name."""
    try:
        return student_id(name)
    except Refused:
        return "unnamed"


def _content(path):
    if path.is_symlink() or not path.is_file():
        return str(path.lstat().st_mode)
    return hashlib.sha256(path.read_bytes()).hexdigest() if path.stat().st_size < 2 ** 28 else "large"


def _public_answers():
    """What a student can work out at home: the answers for the seeds of the notebook's own check."""
    from rnnkit.checking.ladder import PUBLIC_SEEDS
    from rnnkit.exercises import find

    exercise = find("rnn_step")
    known = {hashlib.sha256(case["x"].tobytes()).hexdigest(): exercise.answer(case).outputs["h_next"].tolist()
             for case in map(exercise.case, PUBLIC_SEEDS)}
    return {"public": json.dumps(known)}


def _children():
    return [int(pid) for task in Path("/proc/self/task").iterdir() for pid in (task / "children").read_text().split()]


def _zombies():
    return {pid for pid in _children() if "\nState:\tZ" in Path(f"/proc/{pid}/status").read_text()}


def _command(pid):
    return Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")[:100]


def _of_workers():
    """Processes with a uid that only workers of ours have."""
    mine = []
    for status in Path("/proc").glob("[0-9]*/status"):
        try:
            text = status.read_text()
        except OSError:
            continue
        uid = int(text.split("Uid:")[1].split()[0])
        if 2_000_000_000 <= uid and any(f"PPid:\t{pid}\n" in text for pid in (os.getpid(), 1)):
            mine.append(status.parent.name)
    return mine


def become(uid, folder):
    """Become an ordinary user, where root's folders hide the interpreter too: in a mount namespace of our own.

    Raises OSError where that would need a namespace, and the kernel gives none.
    """
    needed = [Path(path).resolve() for path in (sys.base_prefix, sys.prefix, ROOT)]
    closed = {path: next((place for place in reversed(path.parents) if not place.stat().st_mode & 1), None)
              for path in needed}
    if any(closed.values()):
        kernel.called(kernel.libc.unshare(kernel.NEWNS))
        kernel.mount(None, "/", None, kernel.REC | kernel.PRIVATE)
        kept = {path: folder / f"kept{k}" for k, path in enumerate(needed) if closed[path]}
        for path, place in kept.items():
            place.mkdir()
            kernel.mount(path, place, None, kernel.BIND | kernel.REC)
        for place in {place for place in closed.values() if place}:
            kernel.mount("none", place, "tmpfs", 0, "mode=755")
        for path, place in kept.items():
            path.mkdir(parents=True)
            kernel.mount(place, path, None, kernel.BIND | kernel.REC)
    os.setgroups([])
    os.setresgid(uid, uid, uid)
    os.setresuid(uid, uid, uid)


def contest(mode, names=()):
    """Grade a class in this mode, in a process of its own. Returns its report; a text where that cannot be done here."""
    _, uid = MODES[mode]
    if not uid and os.getuid():
        return "needs root"
    with tempfile.TemporaryDirectory(prefix="arena-") as folder:
        os.chmod(folder, 0o755)
        if uid and not os.getuid():
            os.chown(folder, uid, uid)
        command = [sys.executable, "-B", str(Path(__file__)), "--in", folder, mode, *names]
        done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode:
        return done.stderr[-3000:]
    return json.loads(done.stdout)


def one(folder, mode, names):
    """What `contest` starts."""
    _, uid = MODES[mode]
    if uid and not os.getuid():
        become(uid, Path(folder))
        os.execv(sys.executable, [sys.executable, *sys.argv])
    arena = Arena(folder, mode)
    students = arena.run([attack for attack in ATTACKS if not names or attack.name in names])
    print(json.dumps({"mode": mode, "seconds": arena.seconds, "broken": arena.broken, "students": students}))


def main(arguments):
    if arguments[:1] == ["--in"]:
        return one(arguments[1], arguments[2], arguments[3:])
    from rich.console import Console
    from rich.table import Table

    modes = [mode for mode in arguments if mode in MODES] or list(MODES)
    reports = {mode: contest(mode, [name for name in arguments if name not in MODES]) for mode in modes}
    table = Table("attack", *modes)
    ran = {mode: report for mode, report in reports.items() if isinstance(report, dict)}
    names = list(dict.fromkeys(name for report in ran.values() for name in report["students"]))
    for name in names:
        table.add_row(ascii(name)[1:-1], *(_entry(report["students"][name]) if mode in ran else "" for mode, report in reports.items()))
    Console(width=200).print(table)
    for mode, report in reports.items():
        if mode not in ran:
            print(f"{mode}: not done. {report}")
            continue
        print(f"{mode}: {len(report['students'])} submissions in {report['seconds']:.0f} s")
        for broken in report["broken"]:
            print(f"  {broken}")
        for name, student in report["students"].items():
            for wrong in student["wrong"]:
                print(f"  {name!a}: {wrong}")
    sys.exit(any(report["broken"] or any(s["wrong"] for s in report["students"].values()) for report in ran.values()))


def _entry(student):
    earned = ", ".join(f"{name} {points:g}" for name, points in student["earned"].items()) or "0"
    return f"{earned} ({student['ended']}, {student['seconds']:.1f} s)" + " [red]BROKEN[/]" * bool(student["wrong"])


if __name__ == "__main__":
    main(sys.argv[1:])
