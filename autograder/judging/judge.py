"""The judge: climbs the ladder of every exercise with the answers that come out of the sandbox.

What a student's code says is an answer and nothing else. It is compared here, in a process that no student's code has
ever run in, with numbers that were never sent anywhere.
"""

import inspect
import math
from collections import defaultdict

import numpy as np

from autograder.judging.host import Budget
from autograder.judging.judgement import Judgement
from autograder.judging.submission import Unreadable
from autograder.lesson import nbgrader_of
from autograder.sandbox import wire
from rnnkit.calls import Answer, Call
from rnnkit.checking import Verdict
from rnnkit.checking.ladder import climb
from rnnkit.exercises import find

DEATHS = 2  # of workers, in one function, before the rest of its calls count as lost
MOST_SAID = 200_000  # characters of what a notebook's cells printed
PROBLEMS = ("", "blank", "raised", "count", "type")


def secret_seeds(seed, lesson):
    """Seeds of the random inputs for one lesson: of both kinds, so that no size is the same for all of them."""
    drawn = np.random.default_rng([seed, *lesson.encode()]).integers(10 ** 4, 10 ** 9, size=3)
    return tuple(int(2 * number + kind) for number, kind in zip(drawn, (1, 0, 1), strict=True))


def judge(student, lesson, submission, sandbox, seed):
    """The Judgement on a submission that could be read."""
    (before, _), budget = sandbox.spent(), Budget(sandbox, sandbox.limits.total)
    with SubmissionRun(lesson, submission, sandbox, budget) as bench:
        verdicts = {name: bench.verdict(name, secret_seeds(seed, lesson.name)) for name in bench.order}
    verdicts = {name: verdicts[name] for name in lesson.exercises}
    judgement = Judgement(student, lesson.name, verdicts=verdicts, printed=bench.said, layers=bench.layers,
                          flags=bench.flags + _differences(submission.claims, verdicts),
                          remarks=list(submission.remarks), megabytes=bench.megabytes)
    judgement.seconds = sandbox.spent()[0] - before
    if bench.out_of_time:
        judgement.status = "unfinished"
        judgement.detail = f"It took longer than the {sandbox.limits.total:g} seconds that a submission has."
    return judgement


def not_judged(student, lesson, status, detail):
    """The Judgement on a submission that cannot be read, or is not there: no points, and the reason."""
    verdicts = {name: Verdict(name, points, lines=[("blank", detail)]) for name, points in lesson.exercises.items()}
    return Judgement(student, lesson.name, status, detail, verdicts)


def _differences(claims, verdicts):
    return [f"its notebook shows {claims[name]:g} points for {name}, the judge gives {verdict.earned:g}"
            for name, verdict in verdicts.items() if abs(claims.get(name, verdict.earned) - verdict.earned) > 0.005]


class SubmissionRun:
    """One submission in the sandbox: its cells run as far as an exercise needs, and its functions answer calls.

    A worker that dies, or does not come back, is replaced by another in which the cells run again, without the one
    that killed it. said: position -> what a cell printed and what stopped it.
    """

    def __init__(self, lesson, submission, sandbox, budget):
        self.lesson, self.sandbox, self.budget = lesson, sandbox, budget
        self.said, self.flags, self.layers, self.megabytes, self.out_of_time = {}, [], [], 0.0, False
        self.stopped, self.killers = {}, set()   # position -> what stopped the cell; cells not to be run again
        self.cells = _cells(lesson, submission)
        self.checks = {cell.grade_id: cell.position for cell in submission.cells if cell.kind == "code"}

    def __enter__(self):
        try:
            self._start()
        except Unreadable:
            self.__exit__()
            raise
        self.order = sorted(self.lesson.exercises, key=self._stop)
        return self

    def __exit__(self, *_):
        self.worker.__exit__()
        self.megabytes = max(self.megabytes, self.worker.used["megabytes"])
        self.flags += [flag for flag in dict.fromkeys(self.worker.seen) if flag not in self.flags]

    def _start(self):
        self.worker, self.ran = self.sandbox.worker().__enter__(), []
        self.layers = self.worker.layers
        wanted = {Call.parse(text).name for name in self.lesson.exercises for text in _all_calls(find(name))}
        try:
            self.needed, self.givers, self.complete = self.worker.do(
                "plan", Budget(self.sandbox, 30).left, cells_=self.cells, wanted=sorted(wanted),
                answers=list(self.lesson.exercises))
        except (wire.Late, wire.Closed):
            raise Unreadable("Expected code that Python can read in 30 seconds and the memory that an answer may use. "
                             "Some cell is too long.") from None

    def _restart(self):
        self.__exit__()
        self._start()

    def _stop(self, name):
        """Where to stop running cells and judge an exercise: at its check, unless what it needs comes only after."""
        check = self.checks.get(f"check-{name}", -1)
        return check if self.givers[name] and self.complete[name] < check else math.inf

    def _run_until(self, stop):
        """Run the cells that are needed, and that stand before this position; again from the first where one kills."""
        while self.budget.left() > 0:
            waiting = [position for position in self.needed if position < stop
                       and position not in self.ran and position not in self.killers]
            if not waiting:
                return
            try:
                said = self._texts(self.worker.do("run", self._left("cell"), position=waiting[0]))
                self.ran.append(waiting[0])
            except (wire.Late, wire.Closed, wire.Garbled) as lost:
                self.killers.add(waiting[0])
                said = "", self._why(lost, "cell")
                self._restart()
            self._note(waiting[0], *said)

    def _texts(self, reply):
        if not (isinstance(reply, tuple) and len(reply) == 2 and all(isinstance(text, str) for text in reply)):
            raise wire.Garbled("expected two texts")
        return [text[: self.sandbox.limits.printed] for text in reply]

    def _note(self, position, printed, error):
        self.stopped[position] = error
        said = "\n".join(filter(None, [printed.rstrip("\n"), error]))
        room = MOST_SAID - sum(len(text) for other, text in self.said.items() if other != position)
        if position >= 0 and said and room > 0:
            self.said[position] = said[:room]

    def verdict(self, name, seeds):
        exercise, points, lost_in = find(name), self.lesson.exercises[name], defaultdict(list)

        def ask(calls, values, wanted):
            deaths = lost_in[Call.parse(calls[-1]).name]
            if len(deaths) == DEATHS or self.budget.left() <= 0:
                self.out_of_time |= len(deaths) < DEATHS
                return Answer(problem="raised", text=deaths[-1] if deaths else "There was no time left for it.")
            self._run_until(self._stop(name))
            try:
                reply = self.worker.do("ask", self._left("answer"), calls=list(calls), values=values,
                                       wanted=list(wanted), given=_sources(exercise))
                return _answer(reply, values, wanted, self.sandbox.limits.printed)
            except (wire.Late, wire.Closed, wire.Garbled) as lost:
                deaths.append(self._why(lost, "answer"))
                self._restart()
                return Answer(problem="raised", text=deaths[-1])

        verdict = climb(exercise, ask, points, seeds)
        if not verdict.written:
            self._say_why_it_is_missing(verdict)
        return verdict

    def _say_why_it_is_missing(self, verdict):
        givers = self.givers.get(verdict.name, [])
        errors = [self.stopped[position] for position in givers if self.stopped.get(position)]
        if not givers:
            verdict.lines = [("blank", f"No cell of the notebook defines {verdict.name}.")]
        elif errors and "NotImplementedError" not in errors[0]:
            verdict.say("hint", f"The cell that holds it stopped: {errors[0]}")

    def _left(self, what):
        return self.budget.part(getattr(self.sandbox.limits, what)).left

    def _why(self, lost, what):
        if isinstance(lost, wire.Late):
            return f"It did not come back within {getattr(self.sandbox.limits, what):g} seconds."
        if isinstance(lost, wire.Garbled):
            self.flags.append("sent the judge something that is no answer")
            return "What came back is no answer."
        return "It ended the process that it ran in."


def _cells(lesson, submission):
    """The code that may run: the notebook's, and, for what it lost, the lesson's own at positions below zero."""
    own = [cell.source for cell in lesson.student.cells
           if cell.cell_type == "code" and not {"solution", "grade"} & {k for k, v in nbgrader_of(cell).items() if v}]
    return [*([position - len(own), source, False] for position, source in enumerate(own)),
            *([cell.position, cell.source, cell.stub, cell.unchanged and not cell.stub]
              for cell in submission.cells if cell.kind == "code")]


def _all_calls(exercise):
    """The calls that judging an exercise may make: its own, and for a hint those of its step and its forward pass."""
    return [*exercise.calls, *(find(exercise.one_step).calls if exercise.one_step else ())]


def _sources(exercise):
    return [inspect.getsource(function) for function in (exercise.given or {}).values()]


def _answer(reply, values, wanted, most):
    """An Answer made of a worker's reply, of which nothing is taken on trust. Raises Garbled."""
    try:
        answer = Answer(**reply)
        arrays = {name: answer.outputs[name].astype(np.float64) for name in wanted} if not answer.problem else {}
        texts = [answer.text, answer.printed, *answer.odd, *answer.odd.values(), *answer.changed, *answer.float_errors]
        if answer.problem not in PROBLEMS or not all(isinstance(text, str) for text in texts):
            raise TypeError("a text is no text")
    except (TypeError, KeyError, AttributeError, ValueError) as error:
        raise wire.Garbled(f"{type(error).__name__}: {error}") from None
    answer.outputs, answer.text, answer.printed = arrays, answer.text[:most], answer.printed[:most]
    answer.changed = tuple(name for name in values if name in answer.changed)
    answer.float_errors = frozenset(answer.float_errors) & {"overflow", "divide by zero", "invalid value"}
    answer.odd = {name: answer.odd[name][:100] for name in answer.odd if name.isidentifier()}
    return answer
