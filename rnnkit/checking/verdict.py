"""What a check has found."""

from dataclasses import dataclass, field


@dataclass
class Verdict:
    """How far an answer came.

    share: of the points. lines: (mark, text), with the marks "ok", "wrong", "blank", "hint", "remark", "printed"; with
    "known" what a mistake was recognized by, with "stale" why this is not the newest version, with "built" what is to
    be said of a right answer.
    mistakes: the ids of the misconceptions that were recognized; of one in what the exercise is built on, with that
    exercise's name before it, "lstm_gates/bias-left-out"; of a slip, what it is in half a sentence. misshapen: the
    outputs whose numbers are right but that are not arrays of the expected shape. right: whether every output is right
    on the usual inputs, if not at the border; then digits says to how many they agree with the reference's.
    """

    name: str
    points: float
    share: float = 0.0
    lines: list = field(default_factory=list)
    mistakes: list = field(default_factory=list)
    misshapen: list = field(default_factory=list)
    right: bool = False
    digits: int = 0

    def __post_init__(self):
        self.points = float(self.points)

    @property
    def passed(self):
        return self.share == 1

    @property
    def earned(self):
        """The points as a plain float: nbgrader takes any other number for full marks."""
        return self.points if self.passed else round(self.points * self.share, 2)

    @property
    def written(self):
        return all(mark != "blank" for mark, _ in self.lines)

    @property
    def trouble(self):
        """The first thing that is wrong, and what is known about it."""
        first = [next((text for mark, text in self.lines if mark == kind), "") for kind in ("blank", "wrong", "hint")]
        return " ".join(filter(None, first))

    def say(self, mark, text):
        if (mark, text) not in self.lines:
            self.lines.append((mark, text))
