"""A pool of judges, each a process that judges one submission after the other in sandboxes of its own."""

import hashlib
import json
import os
import signal
import time
import traceback
from collections import deque
from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from multiprocessing import connection, get_context
from pathlib import Path
from typing import NamedTuple

import nbformat

from autograder.judging import submission
from autograder.judging.host import LAYERS, Limits, NotSafe, Sandbox
from autograder.judging.judge import judge, not_judged, own_seed
from autograder.judging.judgement import Judgement
from autograder.judging.notebook import Autograded, autograded
from autograder.lesson import Lesson
from autograder.sandbox import isolation

fork = get_context("fork")
Pipe = connection.Connection
MOST_TRACED = 20_000  # characters of a traceback, its end


@dataclass(frozen=True)
class Settings:
    """How a class is graded. seed: behind the random inputs. unsafe: run even where the sandbox does not hold."""

    seed: int
    limits: Limits = field(default_factory=Limits)
    workers: int = os.cpu_count() or 1
    layers: tuple[str, ...] = LAYERS
    unsafe: bool = False
    again: bool = False


@dataclass(frozen=True)
class Task:
    """One student's submission of one lesson."""

    student: str
    path: Path
    fingerprint: str


class Result(NamedTuple):
    """What became of a Task. trace: of the exception that the engine failed with; then there is no notebook."""

    task: Task
    judgement: Judgement
    notebook: Autograded | None
    trace: str = ""


def judged(lesson: Lesson, tasks: Iterable[Task], settings: Settings, held: list[str]) -> Iterator[Result]:
    """The Result of each task, in the order in which they are done.

    A judge that fails, that dies, or that does not finish in time, costs its one submission, and is replaced.
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
                result = judge_.result()
                if result.trace:
                    judges.remove(judge_)
                    judge_.dismiss()
                yield result
    finally:
        for judge_ in judges:
            judge_.dismiss()


class Judge:
    """A process that judges one submission after the other, in sandboxes of its own."""

    def __init__(self, lesson: Lesson, settings: Settings, held: list[str], others: list["Judge"]) -> None:
        self.lesson, self.task = lesson, None
        self.patience = settings.limits.total * settings.limits.patience + 600  # seconds by the clock
        self.pipe, theirs = fork.Pipe()
        strangers = [self.pipe, *(other.pipe for other in others)]
        self.process = fork.Process(target=serve, args=(theirs, strangers, lesson, settings, held), daemon=True)
        self.process.start()
        theirs.close()

    def begin(self, task: Task) -> None:
        self.task, self.until = task, time.monotonic() + self.patience
        with suppress(OSError):  # it died while it had nothing to do: `result` will say so
            self.pipe.send(task)

    def finished(self) -> bool:
        return self.pipe.poll() or not self.process.is_alive() or time.monotonic() > self.until

    def result(self) -> Result:
        """What became of its task. Whatever happened to the process, there is a Result."""
        task, self.task = self.task, None
        try:
            if self.pipe.poll():
                return self.pipe.recv()
            trace = f"The judge did not finish within {self.patience:g} seconds.\n"
        except Exception as error:  # the end of a process, or what cannot be read
            self.process.join(timeout=1)
            trace = f"The judge ended with exit code {self.process.exitcode}. {type(error).__name__}: {error}\n"
        self.process.kill()
        why = "The judge did not finish with it. Grade again; if it happens again, look at the file."
        return Result(task, not_judged(task.student, self.lesson, "failed", why), None, trace)

    def dismiss(self) -> None:
        """Let it clean up, unless it is busy or does not listen."""
        self.pipe.close()
        if not self.task:
            self.process.join(timeout=10)
        self.process.kill()
        self.process.join()


def serve(pipe: Pipe, strangers: list[Pipe], lesson: Lesson, settings: Settings, held: list[str]) -> None:
    """What a judge's process does: it takes tasks from the pipe until the coordinator is gone, or the engine fails."""
    isolation.die_with_parent()
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the coordinator
    for stranger in strangers:
        stranger.close()
    task = received(pipe)
    try:
        sources = [cell.source for cell in lesson.student.cells if cell.cell_type == "code"]
        with Sandbox(lesson.name, sources, settings.limits, settings.layers) as sandbox:
            while task:
                pipe.send(one(task, lesson, settings, held, sandbox))
                task = received(pipe)
    except Exception as error:
        with suppress(OSError):  # the coordinator is gone
            pipe.send(failed(task, lesson, error))


def received(pipe: Pipe) -> Task | None:
    """The next task; None where the coordinator is gone."""
    try:
        return pipe.recv()
    except EOFError:
        return None


def one(task: Task, lesson: Lesson, settings: Settings, held: list[str], sandbox: Sandbox) -> Result:
    """Judge one submission, whatever it is. Everything that is made of a student's text is made here.

    What is raised is the engine's own failure.
    """
    read = None
    try:
        read = submission.read(task.path, lesson)
        judgement = judge(task.student, lesson, read, sandbox, own_seed(settings.seed, lesson, read),
                          settings.seed)
        if judgement.layers != held:
            raise NotSafe(f"its sandbox had {', '.join(judgement.layers) or 'nothing'}, not {', '.join(held)}")
        judgement.seed = hashlib.sha256(str(settings.seed).encode()).hexdigest()[:12]
    except submission.Unreadable as why:
        judgement = not_judged(task.student, lesson, "unreadable", str(why))
    notebook = autograded(judgement, read, lesson)
    nbformat.validate(json.loads(notebook.text))
    return Result(task, judgement, notebook)


def failed(task: Task, lesson: Lesson, error: Exception) -> Result:
    """The Result where the engine failed."""
    why = f"The engine failed: {type(error).__name__}: {error}"[:500]
    trace = "".join(traceback.format_exception(error))[-MOST_TRACED:]
    return Result(task, not_judged(task.student, lesson, "failed", why), None, trace)
