"""A submission while it is judged: its cells run in a worker, as far as an exercise needs, and its functions are asked.

What a worker replies is taken apart here, and nothing of it is taken on trust.
"""

import contextlib
import inspect
import math
import re
from collections import defaultdict
from collections.abc import Callable
from functools import lru_cache, partial
from typing import TYPE_CHECKING

import numpy as np

from autograder.judging import full_size
from autograder.judging.host import Budget, Sandbox, Worker
from autograder.judging.submission import Unreadable
from autograder.lesson import nbgrader_of
from autograder.sandbox import wire
from autograder.sandbox.cells import DEFINITION
from rnnkit.calls import FLOAT_ERRORS, PROBLEMS, Answer, Call
from rnnkit.checking import Verdict
from rnnkit.checking.ladder import climb
from rnnkit.exercises import find

if TYPE_CHECKING:
    from autograder.judging.submission import Submission
    from autograder.lesson import Lesson
    from rnnkit.exercises.exercise import Exercise

DEATHS = 2  # of workers, in one function, before the rest of its calls count as lost
MOST_SAID = 200_000  # characters of what a notebook's cells printed
NOT_DEFINED = re.compile(r"NameError: name '(\w+)' is not defined")
LOST = (wire.Late, wire.Closed, wire.Garbled)


def told(lesson: "Lesson", submission: "Submission") -> tuple[list[list], dict[str, int]]:
    """All that a worker learns of a submission: its cells of code, and the check's place behind each exercise.

    Each cell is [number, text, is an untouched stub, is shown by the lesson]. They are counted from 0, so that nobody
    in there can tell what stands between them; the lesson's own, for what the notebook lost, have numbers below zero.
    """
    own = [cell.source for cell in lesson.student.cells
           if cell.cell_type == "code" and not {"solution", "grade"} & {k for k, v in nbgrader_of(cell).items() if v}]
    code = [cell for cell in submission.cells if cell.kind == "code"]
    cells = [*([number - len(own), source, False, False] for number, source in enumerate(own)),
             *([number, cell.source, cell.stub, cell.unchanged and not cell.stub] for number, cell in enumerate(code))]
    named = {cell.grade_id: number for number, cell in enumerate(code)}
    return cells, {name: named.get(f"check-{name}", -1) for name in lesson.exercises}


class SubmissionRun:
    """One submission in the sandbox, as a context manager. `verdict` judges one exercise after the other.

    The exercises share a worker. One that dies, or does not come back, is replaced by another, in which the cells run
    again without the one that killed it; and from then on every exercise has a worker to itself, in which nothing but
    the cells that it needs has run: what one answer leaves behind costs no other.

    printed: position in the notebook -> what the cell printed and what stopped it. flags, layers, megabytes: as a
    Judgement has them. out_of_time: whether the budget did not last for everything.
    """

    def __init__(self, lesson: "Lesson", submission: "Submission", sandbox: Sandbox, budget: Budget) -> None:
        self.lesson, self.sandbox, self.budget = lesson, sandbox, budget
        self.cells, self.checks = told(lesson, submission)
        self.positions = [cell.position for cell in submission.cells if cell.kind == "code"]
        self.printed, self.flags, self.layers, self.megabytes, self.out_of_time = {}, [], [], 0.0, False
        self.stopped, self.killers = {}, set()  # number -> what stopped the cell; cells not to be run again
        self.needs, self.givers, self.complete = {}, {}, {}  # see `autograder.sandbox.cells.needed`
        self.apart = False  # whether each exercise has a worker to itself
        self.worker, self.lent, self.ran, self.asked = None, (), [], set()
        self.present = contextlib.ExitStack()  # the present worker

    def __enter__(self) -> "SubmissionRun":
        with contextlib.ExitStack() as undo:
            undo.enter_context(self.present)
            self._start(())
            undo.pop_all()
        return self

    def __exit__(self, *_: object) -> None:
        self.present.close()

    def order(self) -> list[str]:
        """The exercises, in the order in which their places in the notebook come."""
        return sorted(self.lesson.exercises, key=self._stop)

    def verdict(self, name: str, seeds: tuple[int, ...], shared: tuple[int, ...] | None = None) -> Verdict:
        """Judge one exercise on the random inputs of these seeds.

        shared: the seeds of what earns no points, and may be the same for a class: see `judge`.
        """
        exercise = find(name)
        if self.apart or exercise.lent != self.lent:
            self._start(exercise.lent)
        ask = partial(self._ask, exercise, defaultdict(list))
        verdict = climb(exercise, ask, self.lesson.exercises[name], seeds, shared)
        if verdict.share and exercise.backward:
            full_size.look(verdict, exercise, ask, (shared or seeds)[0])
        if not verdict.written:
            self._say_why_it_is_missing(verdict)
        self._say_which_helper_is_missing(verdict)
        return verdict

    def _ask(self, exercise: "Exercise", deaths: dict[str, list[str]], calls: tuple[str, ...], values: dict,
             wanted: tuple[str, ...]) -> Answer:
        """The Answer to some calls. deaths: by function, why the workers died that did not answer."""
        died = deaths[Call.parse(calls[-1]).name]
        while len(died) < DEATHS and self.budget.left() > 0:
            self._run_until(self._stop(exercise.name), self._cells_for(calls) if self.apart else self._all_cells())
            self.asked.add(exercise.name)
            alone = self.apart or (self.asked == {exercise.name} and self._cells_for(calls).issuperset(self.ran))
            try:
                reply = self.worker.do("ask", self._left("answer"), calls=list(calls), values=values,
                                       wanted=list(wanted), given=_sources(exercise))
                return answer_of(reply, values, wanted, self.sandbox.limits.printed)
            except LOST as lost:
                why, self.apart = self._why(lost, "answer"), True
                self._start(self.lent)
                if alone:
                    died.append(why)
                    return Answer(problem="raised", text=why)
        self.out_of_time |= len(died) < DEATHS
        return Answer(problem="raised", text=died[-1] if died else "There was no time left for it.")

    def _start(self, lent: tuple[str, ...]) -> None:
        """Begin anew, in a fresh worker. lent: the functions that its rnnkit has and that of other exercises lacks."""
        self.present.close()
        self.worker, self.lent, self.ran, self.asked = self.sandbox.lending(lent).worker(), lent, [], set()
        self.present.callback(self._account_for, self.worker)
        self.layers = self.present.enter_context(self.worker).layers
        names = {name for exercise in self.lesson.exercises for name in _names_in(find(exercise))}
        try:
            self.needs, self.givers, self.complete = self.worker.do(
                "plan", Budget(self.sandbox, 30).left, cells_=self.cells, wanted=sorted(names),
                answers=list(self.lesson.exercises))
        except (wire.Late, wire.Closed):
            raise Unreadable("Expected code that Python can read in 30 seconds and the memory that an answer may use. "
                             "Some cell is too long.") from None

    def _account_for(self, worker: Worker) -> None:
        """Keep what is known about a worker that is dead."""
        self.megabytes = max(self.megabytes, worker.used.get("megabytes", 0.0))
        self.flags += [flag for flag in dict.fromkeys(worker.seen) if flag not in self.flags]

    def _stop(self, name: str) -> float:
        """Where to stop running cells and judge an exercise: at its check, unless what it needs comes only after."""
        return self.checks[name] if self.givers[name] and self.complete[name] < self.checks[name] else math.inf

    def _cells_for(self, calls: tuple[str, ...]) -> set[int]:
        """The cells that the functions in these calls need."""
        return {number for text in calls for number in self.needs.get(Call.parse(text).name, ())}

    def _all_cells(self) -> set[int]:
        """The cells that any answer needs."""
        return {number for numbers in self.needs.values() for number in numbers}

    def _run_until(self, stop: float, needed: set[int]) -> None:
        """Run those of the needed cells that stand before this one; again from the first where one kills."""
        while self.budget.left() > 0:
            waiting = sorted(number for number in needed - self.killers - {*self.ran} if number < stop)
            if not waiting:
                return
            try:
                said = self._texts(self.worker.do("run", self._left("cell"), position=waiting[0]))
                self.ran.append(waiting[0])
            except LOST as lost:
                self.killers.add(waiting[0])
                said = "", self._why(lost, "cell")
                self._start(self.lent)
            self._note(waiting[0], *said)

    def _texts(self, reply: object) -> list[str]:
        if not (isinstance(reply, tuple) and len(reply) == 2 and all(isinstance(text, str) for text in reply)):
            raise wire.Garbled("expected two texts")
        return [text[: self.sandbox.limits.printed] for text in reply]

    def _note(self, number: int, printed: str, error: str) -> None:
        self.stopped[number] = error
        said = "\n".join(filter(None, [printed.rstrip("\n"), error]))
        if number >= 0 and said:
            position = self.positions[number]
            room = MOST_SAID - sum(len(text) for other, text in self.printed.items() if other != position)
            if room > 0:
                self.printed[position] = said[:room]

    def _say_why_it_is_missing(self, verdict: Verdict) -> None:
        givers = self.givers.get(verdict.name, [])
        errors = [self.stopped[number] for number in givers if self.stopped.get(number)]
        if not givers:
            verdict.lines = [("blank", f"No cell of the notebook defines {verdict.name}.")]
        elif errors and "NotImplementedError" not in errors[0]:
            verdict.say("hint", f"The cell that holds it stopped: {errors[0]}")

    def _say_which_helper_is_missing(self, verdict: Verdict) -> None:
        """A name that is not defined, because the cell that should define it stopped."""
        unknown = {name for mark, text in verdict.lines if mark == "wrong" for name in NOT_DEFINED.findall(text)}
        for number, source, *_ in self.cells:
            given = {name for names in DEFINITION.findall(source) for name in names} & unknown
            if given and self.stopped.get(number):
                found = " and ".join(sorted(given))
                verdict.say("hint", f"The cell that defines {found} stopped: {self.stopped[number]}")

    def _left(self, what: str) -> Callable[[], float]:
        return self.budget.part(getattr(self.sandbox.limits, what)).left

    def _why(self, lost: Exception, what: str) -> str:
        if isinstance(lost, wire.Late):
            return f"It did not come back within {getattr(self.sandbox.limits, what):g} seconds."
        if isinstance(lost, wire.Garbled):
            self.flags.append("sent the judge something that is no answer")
            return "What came back is no answer."
        return "It ended the process that it ran in."


def _names_in(exercise: "Exercise") -> set[str]:
    """The functions that judging an exercise may call: its own, and for a hint those of its step's."""
    calls = [*exercise.calls, *(find(exercise.one_step).calls if exercise.one_step else ())]
    return {Call.parse(text).name for text in calls}


@lru_cache
def _sources(exercise: "Exercise") -> list[str]:
    return [inspect.getsource(function) for function in (exercise.given or {}).values()]


def answer_of(reply: object, values: dict, wanted: tuple[str, ...], most: int) -> Answer:
    """An Answer made of a worker's reply, of which nothing is taken on trust. Raises Garbled."""
    try:
        answer = Answer(**reply)
        arrays = {name: answer.outputs[name].astype(np.float64) for name in wanted} if not answer.problem else {}
        texts = [answer.text, answer.printed, *answer.odd, *answer.odd.values(), *answer.changed, *answer.float_errors]
        if answer.problem not in ("", *PROBLEMS) or not all(isinstance(text, str) for text in texts):
            raise TypeError("a text is no text")
    except Exception as error:  # of whatever kind: there is no end to what a reply can be
        raise wire.Garbled(f"{type(error).__name__}: {error}") from None
    answer.outputs, answer.printed = arrays, answer.printed[:most]
    answer.text = answer.text[:most] if answer.text.strip() or not answer.problem else "It did not say what is wrong."
    answer.changed = tuple(name for name in values if name in {*answer.changed})
    answer.float_errors = frozenset(answer.float_errors) & FLOAT_ERRORS
    answer.odd = {name: answer.odd[name][:100] for name in answer.odd if name.isidentifier()}
    return answer
