"""The judge: climbs the ladder of every exercise with the answers that come out of the sandbox.

What a student's code says is an answer and nothing else. It is compared here, in a process that no student's code has
ever run in, with numbers that were never sent anywhere.
"""

import hashlib
import json
from typing import TYPE_CHECKING

import numpy as np

from autograder.judging.host import Budget, Sandbox
from autograder.judging.judgement import Judgement
from autograder.judging.run import SubmissionRun, told
from rnnkit.checking import Verdict
from rnnkit.exercises import find

if TYPE_CHECKING:
    from autograder.judging.submission import Submission
    from autograder.lesson import Lesson


def own_seed(seed: int, lesson: "Lesson", submission: "Submission") -> int:
    """The seed of one submission's inputs, which anything changes that its worker is told.

    So what an answer printed of its inputs, and feedback showed, helps nobody later: who hands in anything that a
    worker could tell from it gets other inputs.
    """
    everything = json.dumps([seed, lesson.name, *told(lesson, submission)])
    return int.from_bytes(hashlib.sha256(everything.encode()).digest(), "big")


def secret_seeds(seed: int, lesson: str) -> tuple[int, ...]:
    """Seeds of the random inputs for one lesson: of both kinds, so that no size is the same for all of them."""
    drawn = np.random.default_rng([seed, *lesson.encode()]).integers(10 ** 4, 10 ** 9, size=3)
    return tuple(int(2 * number + kind) for number, kind in zip(drawn, (1, 0, 1), strict=True))


def judge(student: str, lesson: "Lesson", submission: "Submission", sandbox: Sandbox, seed: int,
          shared: int | None = None) -> Judgement:
    """The Judgement on a submission that could be read.

    seed: of its random inputs. shared: of those that may be the same for a class, which saves half of the time: the
    inputs on which a mistake is named, which earn nothing, and the large arrays, which nobody can print, and for which
    nobody can hand in what is right.
    """
    seeds = secret_seeds(seed, lesson.name)
    common = seeds if shared is None else secret_seeds(shared, lesson.name)
    for name in lesson.exercises:
        sandbox.lending(find(name).lent)  # is there before the clock runs
    (before, _), budget = sandbox.spent(), Budget(sandbox, sandbox.limits.total)
    with SubmissionRun(lesson, submission, sandbox, budget) as run:
        verdicts = {name: run.verdict(name, seeds, common) for name in run.order()}
    verdicts = {name: verdicts[name] for name in lesson.exercises}
    judgement = Judgement(student, lesson.name, verdicts=verdicts, printed=run.printed, layers=run.layers,
                          flags=run.flags + _differences(submission.claims, verdicts),
                          remarks=list(submission.remarks), megabytes=run.megabytes)
    judgement.seconds = sandbox.spent()[0] - before
    if run.out_of_time:
        judgement.status = "unfinished"
        judgement.detail = f"It took longer than the {sandbox.limits.total:g} seconds that a submission has."
    return judgement


def not_judged(student: str, lesson: "Lesson", status: str, detail: str) -> Judgement:
    """The Judgement on a submission that cannot be read, or is not there: no points, and the reason."""
    verdicts = {name: Verdict(name, points, lines=[("blank", detail)]) for name, points in lesson.exercises.items()}
    return Judgement(student, lesson.name, status, detail, verdicts)


def _differences(claims: dict[str, float], verdicts: dict[str, Verdict]) -> list[str]:
    return [f"its notebook shows {claims[name]:g} points for {name}, the judge gives {verdict.earned:g}"
            for name, verdict in verdicts.items() if abs(claims.get(name, verdict.earned) - verdict.earned) > 0.005]
