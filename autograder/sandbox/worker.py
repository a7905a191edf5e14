"""A worker: it locks itself in, and then runs one submission's cells and answers calls, until it is killed.

From the first cell on, student's code runs here, and nothing that this process says can be relied on. What it says is
therefore never more than another answer: the judge, elsewhere, compares it.
"""

import os
import random
import sys
import types
from collections.abc import Collection
from typing import NoReturn

import numpy as np

from rnnkit.calls import Answer, Printed, perform, quiet

from . import audit, cells, wire

MOST_ASKED = 2 ** 26  # bytes; a notebook's code is the longest that the judge sends


class Nothing:
    """Stands for what a notebook has and no answer needs, such as `get_ipython()`: whatever is done does nothing."""

    def __getattr__(self, name: str) -> "Nothing":
        return self

    def __call__(self, *arguments: object, **settings: object) -> "Nothing":
        return self


class Worker:
    """One submission's notebook, as far as it has run."""

    def __init__(self, most_printed: int) -> None:
        self.cells, self.most_printed = {}, most_printed
        main = types.ModuleType("__main__")
        sys.modules["__main__"] = main
        self.namespace = main.__dict__
        self.namespace |= {"display": Nothing(), "get_ipython": Nothing()}
        random.seed(0)
        np.random.seed(0)

    def plan(self, cells_: list[list], wanted: Collection[str], answers: Collection[str] = ()) -> cells.Plan:
        """Which cells will have to run, and which of them give each exercise's name a value."""
        self.cells = {cell[0]: cells.CodeCell(*cell) for cell in cells_}
        return cells.needed(list(self.cells.values()), wanted, answers)

    def attempt(self, outside: str) -> list[str]:
        """What a probe could do that a worker must not: see `audit.attempts`."""
        return audit.attempts(outside)

    def run(self, position: int) -> tuple[str, str]:
        """Run one cell: what it printed, and what stopped it."""
        printed = Printed(self.most_printed)
        with quiet(printed):
            error = cells.run(self.cells[position], self.namespace)
        return printed.getvalue(), error[: self.most_printed]

    def ask(self, calls: list[str], values: dict[str, object], wanted: list[str],
            given: list[str]) -> dict[str, object]:
        """Make the calls on the values: a `rnnkit.calls.Answer`, as plain data."""
        functions = dict(self.namespace)
        for source in given:
            exec(source, {"np": np}, functions)
        try:
            answer = perform(calls, functions, values, wanted)
        except BaseException as error:  # KeyboardInterrupt, which stops a notebook and not a judge
            answer = Answer(problem="raised", text=f"{type(error).__name__} was raised.")
        return {**vars(answer), "float_errors": sorted(answer.float_errors),
                "text": answer.text[: self.most_printed], "printed": answer.printed[: self.most_printed]}


def work(pipe: int, most_printed: int) -> NoReturn:
    """Serve the judge: each message is {"do": what, and its arguments}, each reply what that returns."""
    worker = Worker(most_printed)
    while True:
        try:
            asked = wire.receive(pipe, most=MOST_ASKED, most_head=MOST_ASKED)
        except wire.Closed:
            os._exit(0)
        wire.send(pipe, getattr(worker, asked.pop("do"))(**asked))
