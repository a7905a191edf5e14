"""How far a reader has come: the points that the checks of their notebooks showed, lesson by lesson."""

import json
import math
from dataclasses import dataclass
from pathlib import Path

from rnnkit.checking import results

LESSONS = (
    "start here", "sequences and squashing", "the recurrent cell", "backpropagation through time",
    "vanishing and exploding", "training a character model", "the LSTM", "backpropagation through the LSTM",
    "the bug museum", "the GRU and its cousins", "against PyTorch, on the GPU", "who remembers?",
    "four applications", "limits, and what came next",
)


@dataclass(frozen=True)
class Progress:
    """The points of a lesson or of several: earned and possible at the checks, and what a person gives for essays."""

    earned: float = 0.0
    possible: float = 0.0
    by_hand: float = 0.0

    def __add__(self, other):
        return Progress(self.earned + other.earned, self.possible + other.possible, self.by_hand + other.by_hand)

    @property
    def share(self):
        """The share of the points at the checks, from 0 to 1."""
        return self.earned / self.possible if self.possible else 0

    @property
    def in_words(self):
        """As in '3 of 4 points'."""
        points = f"{round(self.earned, 2):g} of {round(self.possible, 2):g} point{'s' * (self.possible != 1)}"
        return points if self.possible else "nothing to earn"

    @property
    def aside(self):
        """As in '+3 by hand'; nothing where there is no essay."""
        return f"+{self.by_hand:g} by hand" if self.by_hand else ""


def find_notebook(folder, lesson):
    """The notebook of a lesson: the one named as its folder, or else the first. None where there is none."""
    notebooks = sorted(Path(folder).glob(f"{lesson:02}_*/{lesson:02}_*.ipynb"))
    namesakes = [path for path in notebooks if path.stem == path.parent.name]
    return next(iter(namesakes + notebooks), None)


def progress_in(notebook, now=False):
    """The Progress in a saved notebook. now: what the checks of this kernel showed counts instead of what was saved."""
    try:
        cells = json.loads(Path(notebook).read_text(encoding="utf-8"))["cells"]
        return sum((_of_cell(cell, results if now else {}) for cell in cells), Progress())
    except (OSError, ValueError, KeyError, TypeError, RecursionError):
        return Progress()


def _of_cell(cell, results):
    """The Progress of a check or of an essay; none for any other cell."""
    try:
        grading, kind = cell["metadata"]["nbgrader"], cell["cell_type"]
        name, possible = grading["grade_id"], float(grading["points"])
        check = kind == "code" and name.startswith("check-")
        essay = kind == "markdown" and grading["grade"]
    except (KeyError, TypeError, ValueError, AttributeError, OverflowError):
        return Progress()
    if not 0 < possible < math.inf or not (check or essay):
        return Progress()
    if essay:
        return Progress(by_hand=possible)
    shown = results.get(name.removeprefix("check-"), _shown(cell))
    return Progress(min(max(shown, 0.0), possible), possible)


def _shown(cell):
    """The number that a cell last showed as its result, or 0."""
    try:
        results = [output["data"]["text/plain"] for output in cell["outputs"]
                   if output["output_type"] == "execute_result"]
        number = float("".join(results[-1]))
    except (KeyError, TypeError, ValueError, IndexError, AttributeError):
        return 0.0
    return 0.0 if math.isnan(number) else number
