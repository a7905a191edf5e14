"""A pool of judges, each a process that judges one submission after the other in sandboxes of its own."""

import hashlib
import json
import os
import signal
import time
from collections import deque
from dataclasses import dataclass, field
from multiprocessing import connection, get_context

from autograder.judging import submission
from autograder.judging.host import LAYERS, Limits, NotSafe, Sandbox
from autograder.judging.judge import judge, not_judged
from autograder.sandbox import isolation

fork = get_context("fork")


@dataclass(frozen=True)
class Settings:
    """How a class is graded. seed: behind the random inputs. unsafe: run even where the sandbox does not hold."""

    seed: int
    limits: Limits = field(default_factory=Limits)
    workers: int = os.cpu_count() or 1
    layers: tuple = LAYERS
    unsafe: bool = False
    again: bool = False


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
    isolation.die_with_parent()
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
