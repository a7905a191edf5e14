"""Grade a class: judges in processes of their own, and one coordinator, which alone writes to the gradebook."""

import hashlib
import json
import os
import signal
import time
from collections import Counter, deque
from dataclasses import dataclass, field
from multiprocessing import connection, get_context
from pathlib import Path

from rich.console import Console
from rich.table import Table

from autograder import submission
from autograder.archive import Refused
from autograder.judge import judge, not_judged
from autograder.layouts import student_id
from autograder.record import Book
from autograder.sandbox import layers as kernel
from autograder.sandboxed import LAYERS, Limits, NotSafe, Sandbox, insist, probe, scratch

fork = get_context("fork")
UNSAFE = "judged by --unsafe, so that nothing here can be relied on"


@dataclass(frozen=True)
class Settings:
    """How a class is graded. seed: behind the random inputs. unsafe: run even where the sandbox does not hold."""

    seed: int
    limits: Limits = field(default_factory=Limits)
    workers: int = os.cpu_count() or 1
    layers: tuple = LAYERS
    unsafe: bool = False
    again: bool = False


@dataclass(frozen=True)
class Task:
    """One student's submission of one lesson."""

    student: str
    path: Path
    fingerprint: str


@scratch()
def grade(course, names, settings, watch=lambda tasks, total: tasks):
    """Grade what was handed in for these lessons, but for what is graded already. Returns the new Judgements.

    watch: wraps the iterator over the submissions of a lesson, as tqdm does. Raises NotSafe where this machine cannot
    lock a student's code in, and NoLesson. Stopped at any moment, even by SIGKILL, it leaves everything that it
    finished in the gradebook, and the next call goes on from there.
    """
    held, escapes = probe(settings.layers)
    unsafe = []
    try:
        insist(held, escapes)
    except NotSafe as why:
        if not settings.unsafe:
            raise
        unsafe = [f"{UNSAFE}: {why}"]
    found, lessons = [], [course.lesson(name) for name in names]
    with Book(course) as book:
        for lesson in lessons:
            book.register(lesson)
            tasks = [task for task in handed_in(course, lesson, settings)
                     if settings.again or book.fingerprint(task.student, lesson.name) != task.fingerprint]
            for task, judgement, read in watch(judged(lesson, tasks, settings, held), total=len(tasks)):
                judgement.flags += unsafe
                book.record(judgement, read, lesson, task.fingerprint)
                found.append(judgement)
        for lesson in lessons:  # now that everybody who handed in anything is enrolled
            book.record_missing(lesson)
    return found


def begun(course):
    """The lessons of which somebody handed something in. In the others nobody is missing yet."""
    return [name for name in course.lessons() if any(_folders(course, name))]


def _folders(course, lesson_name):
    return course.path("submitted", "x", "x").parent.parent.glob(f"*/{lesson_name}")


def handed_in(course, lesson, settings):
    """The submissions of a lesson, each with a fingerprint of all that its marks depend on.

    Formgrader prints a student's id into its pages as it is, so one that `collect` would not give is made safe here.
    """
    shared = hashlib.sha256(repr((settings.seed, settings.limits, settings.layers, settings.unsafe)).encode())
    shared.update(json.dumps(lesson.instructor).encode())
    taken = set()
    found = _folders(course, lesson.name)
    for folder in sorted(found, key=lambda folder: (_free(folder.parent.name, ()) != folder.parent.name, folder)):
        path = folder / f"{lesson.name}.ipynb"
        if not os.path.lexists(path):
            path = next(iter(sorted(folder.glob("*.ipynb"))), path)  # under another name
        path = next((link for link in (folder.parent, folder) if link.is_symlink()), path)  # others' work: refused
        own = shared.copy()
        try:
            own.update(submission.content(path))
        except submission.Unreadable as why:
            own.update(str(why).encode())
        taken.add(student := _free(folder.parent.name, taken))
        yield Task(student, path, own.hexdigest())


def _free(name, taken):
    """A safe student id for a folder of this name, which nobody else has."""
    try:
        student = student_id(name)
    except Refused:
        student = "unnamed"
    while student in taken:
        student += "_"
    return student


def judged(lesson, tasks, settings, held):
    """Each task with its Judgement and the Submission that was read, in the order in which they are done.

    A judge that dies, or that does not finish in time, costs its one submission, which is "failed", and is replaced.
    """
    waiting, judges = deque(tasks), []
    try:
        while waiting or any(judge.task for judge in judges):
            while waiting and len(judges) < settings.workers:
                judges.append(Judge(lesson, settings, held, judges))
            for judge_ in judges:
                if waiting and not judge_.task:
                    judge_.begin(waiting.popleft())
            connection.wait([judge_.pipe for judge_ in judges if judge_.task], timeout=1)
            for judge_ in [judge_ for judge_ in judges if judge_.task and judge_.finished()]:
                yield judge_.result()
                if not judge_.process.is_alive():
                    judges.remove(judge_)
    finally:
        for judge_ in judges:
            judge_.dismiss()


class Judge:
    """A process that judges one submission after the other, in sandboxes of its own."""

    def __init__(self, lesson, settings, held, others):
        self.lesson, self.task = lesson, None
        self.patience = settings.limits.total + 120
        self.pipe, theirs = fork.Pipe()
        strangers = [self.pipe, *(other.pipe for other in others)]
        self.process = fork.Process(target=serve, args=(theirs, strangers, lesson, settings, held), daemon=True)
        self.process.start()
        theirs.close()

    def begin(self, task):
        self.task, self.until = task, time.monotonic() + self.patience
        self.pipe.send(task)

    def finished(self):
        return self.pipe.poll() or not self.process.is_alive() or time.monotonic() > self.until

    def result(self):
        """The task, its Judgement and the Submission, or None for one that could not be read."""
        task, self.task = self.task, None
        try:
            if self.pipe.poll():
                return task, *self.pipe.recv()
        except (EOFError, OSError):
            pass
        self.process.kill()
        self.dismiss()
        why = "The judge did not finish with it. Grade again; if it happens again, look at the file."
        return task, not_judged(task.student, self.lesson, "failed", why), None

    def dismiss(self):
        """Let it clean up, unless it is busy or does not listen."""
        self.pipe.close()
        if not self.task:
            self.process.join(timeout=10)
        self.process.kill()
        self.process.join()


def serve(pipe, strangers, lesson, settings, held):
    """What a judge's process does: it takes tasks from the pipe until the coordinator is gone."""
    kernel.die_with_parent()
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the coordinator
    for stranger in strangers:
        stranger.close()
    sources = [cell.source for cell in lesson.student.cells if cell.cell_type == "code"]
    sandbox = Sandbox(lesson.name, sources, settings.limits, settings.layers)
    with sandbox:
        while True:
            try:
                task = pipe.recv()
            except EOFError:
                return
            pipe.send(one(task, lesson, settings, held, sandbox))


def one(task, lesson, settings, held, sandbox):
    """The Judgement on one submission, whatever it is, and the Submission if it can be read."""
    read = None
    try:
        read = submission.read(task.path, lesson)
        judgement = judge(task.student, lesson, read, sandbox, own_seed(settings.seed, read))
        if judgement.layers != held:
            raise NotSafe(f"its sandbox had {', '.join(judgement.layers) or 'nothing'}, not {', '.join(held)}")
    except submission.Unreadable as why:
        return not_judged(task.student, lesson, "unreadable", str(why)), read
    except Exception as error:
        sandbox.renew()
        why = f"The engine failed: {type(error).__name__}: {error}"[:500]
        return not_judged(task.student, lesson, "failed", why), read
    judgement.seed = hashlib.sha256(str(settings.seed).encode()).hexdigest()[:12]
    return judgement, read


def own_seed(seed, read):
    """The seed of one submission's inputs: what an answer printed of them, and feedback showed, helps nobody later."""
    code = json.dumps([cell.source for cell in read.cells if cell.kind == "code"])
    return int.from_bytes(hashlib.sha256(f"{seed} {code}".encode()).digest(), "big")


def summary(judgements):
    """Print a line for each lesson: how many were graded, how they ended, and what they earned."""
    table = Table("lesson", "graded", "how they ended", "mean points", "to look at")
    for name in dict.fromkeys(judgement.lesson for judgement in judgements):
        of_lesson = [judgement for judgement in judgements if judgement.lesson == name]
        endings = Counter(judgement.status for judgement in of_lesson)
        most = sum(verdict.points for verdict in of_lesson[0].verdicts.values())
        mean = sum(judgement.earned for judgement in of_lesson) / len(of_lesson)
        table.add_row(name, str(len(of_lesson)), ", ".join(f"{count} {status}" for status, count in endings.items()),
                      f"{mean:.2f} of {most:g}", str(sum(bool(judgement.flags) for judgement in of_lesson)))
    if judgements:
        Console().print(table)
        layers = next((judgement.layers for judgement in judgements if judgement.layers), ["none"])
        unsafe = {flag for judgement in judgements for flag in judgement.flags if flag.startswith(UNSAFE)}
        Console().print(f"Sandbox: {', '.join(layers)}.", *(f"[bold red]{flag}[/]" for flag in unsafe))
    else:
        Console().print("Nothing to grade: everything that was handed in is graded already.")
