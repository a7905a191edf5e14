"""The arena: a class of attackers and honest students, graded by the real engine, and a watch on all around them."""

import hashlib
import json
import os
import secrets
import shutil
import signal
import socket
import sys
import tempfile
import time
from contextlib import closing
from pathlib import Path

from attack import CELL, HONEST, SQUASHING, THROUGH_TIME, Attack

from autograder.building.editions import build_lessons
from autograder.collecting.archive import Refused
from autograder.collecting.layouts import student_id
from autograder.course import Course, seed
from autograder.grade import grade
from autograder.init import init
from autograder.judging.host import Limits
from autograder.judging.pool import Settings
from autograder.marks.record import Records
from autograder.sandbox import isolation

ROOT = Path(__file__).resolve().parents[2]
LIMITS = Limits(cell=1.5, answer=1, total=10, memory=512)  # total: four times a cell and an answer, as by default
POINTS = {SQUASHING: {"sigmoid": 4}, CELL: {"rnn_step": 4, "rnn_forward": 5, "readout": 3},
          THROUGH_TIME: {"numerical_gradient": 4, "rnn_step_backward": 4, "rnn_backward": 5}}
CLASSMATES = [Attack(f"honest-{lesson[:2]}{letter}", {name: HONEST[name] for name in points}, lesson, points)
              for lesson, points in POINTS.items() for letter in ("", "-m", "-z")]
MARK = b"pwned"
SUBREAPER = 36
MOST_RECORDED = 1_000_000  # characters of one submission, in the gradebook
WRITTEN = {"gradebook.db", "gradebook.db-journal"}  # by the engine


class Arena:
    """One class in a course of its own, with bait around it. broken: what should not have happened.

    layers: those of the sandbox that are asked for. With too few, the class is graded unsafely.
    """

    def __init__(self, folder, layers):
        self.folder, self.layers, self.broken = Path(folder), layers, []
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

    def prepare(self, students, lessons):
        """Make the course, build the lessons, and put everybody's notebook in its place."""
        init(self.course, ROOT / "nbgrader_config.py")
        shop = self.folder / "repository"
        for lesson in lessons:
            shutil.copytree(ROOT / "solutions" / lesson, shop / "solutions" / lesson)
        build_lessons(shop, (), Course(self.course / "nbgrader_config.py").config)
        released = {lesson: (shop / "lessons" / lesson / f"{lesson}.ipynb").read_text() for lesson in lessons}
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
        self.places = {"canary": self.canary, "home": self.home, "course": self.course, "repository": ROOT,
                       "site": site, "temporary": self.temporary, "abstract": name, "public": _public_answers(),
                       "tcp": self.tcp.getsockname()[1], "udp": self.udp.getsockname()[1]}

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
        """Grade the class. Returns what became of each: name -> what it earned, how it ended, what is wrong there."""
        lessons = sorted({attack.lesson for attack in attacks})
        students = [*attacks, *(classmate for classmate in CLASSMATES if classmate.lesson in lessons)]
        self.listen()
        self.prepare(students, lessons)
        isolation.libc.prctl(SUBREAPER, 1, 0, 0, 0)  # whoever is left behind becomes a child of ours
        course, before = Course(self.course / "nbgrader_config.py"), self.look()
        settings = Settings(seed(course), LIMITS, workers=3, layers=self.layers,
                            unsafe="Landlock" not in self.layers)
        started = time.monotonic()
        try:
            grade(course, lessons, settings)
        except Exception as error:
            self.broken.append(f"the run was aborted: {type(error).__name__}: {error}"[:500])
        self.seconds = time.monotonic() - started
        self.knocked()
        self.compare(before, self.look())
        self.left_behind()
        self.told()
        with Records(course) as book:
            found = {(judgement.student, judgement.lesson): judgement for judgement in book.judgements()}
        return {student.name: self.outcome(student, found.get((_known_as(student.name), student.lesson)))
                for student in students}

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
            edited = path.startswith(str(ROOT)) and after.get(path) == "there"  # by somebody who works on it
            if before.get(path) != after.get(path) and not edited:
                self.broken.append(f"{path}: {before.get(path, 'not there')} before, {after.get(path, 'gone')} after")

    def left_behind(self):
        for pid in _children():
            status = Path(f"/proc/{pid}/status").read_text()
            if "\nState:\tZ" not in status:
                command = Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
                self.broken.append(f"left behind: process {pid}, {command[:100]}")
                os.kill(pid, signal.SIGKILL)

    def told(self):
        """Secrets in what a student, or whoever reads the gradebook, gets to see."""
        files = [*(self.course / "autograded").rglob("*.ipynb"), self.course / "gradebook.db"]
        public = b"".join(path.read_bytes() for path in files)
        for what, secret in (("the canary's", self.secret), ("the course's", (self.course / "secret").read_text())):
            if secret.strip().encode() in public:
                self.broken.append(f"{what} secret is in a notebook or the gradebook")
        cards = [output.get("data", {}).get("text/html", "") for path in files[:-1]
                 for cell in json.loads(path.read_text())["cells"] for output in cell.get("outputs", ())]
        if any("<script" in card for card in cards):
            self.broken.append("a card has a student's script in it")

    def outcome(self, student, judgement):
        if judgement is None:
            return {"earned": {}, "ended": "not in the gradebook", "wrong": ["is not in the gradebook"], "seconds": 0}
        earned = {name: verdict.earned for name, verdict in judgement.verdicts.items()}
        wrong = [f"{name}: earned {points:g}, not {student.earns.get(name, 0):g}" for name, points in earned.items()
                 if points > student.earns.get(name, 0) or (points < student.earns.get(name, 0) and not student.upmost)]
        if judgement.status not in student.ends:
            wrong.append(f"ended as {judgement.status}: {judgement.detail}")
        if (size := len(json.dumps(judgement.as_dict()))) > MOST_RECORDED:
            wrong.append(f"{size} characters are kept of it")
        texts = [*judgement.printed.values(), *(text for v in judgement.verdicts.values() for _, text in v.lines)]
        wrong += [f"got through: {text[text.find('pwned'):][:200]}" for text in texts if "pwned" in text]
        return {"earned": {name: points for name, points in earned.items() if points}, "ended": judgement.status,
                "printed": [text for verdict in judgement.verdicts.values() for mark, text in verdict.lines
                            if mark == "printed"],
                "seconds": round(judgement.seconds, 2), "wrong": wrong, "flags": judgement.flags,
                "said": [verdict.trouble[:150] for verdict in judgement.verdicts.values()]}


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
    return json.dumps(known)


def _children():
    return [int(pid) for task in Path("/proc/self/task").iterdir() for pid in (task / "children").read_text().split()]
