"""What is known about one submission after it was judged. Coordinator, gradebook and report pass it on."""

from dataclasses import asdict, dataclass, field
from typing import Any

from rnnkit.checking import Verdict

STATUSES = {
    "judged": "every answer was judged",
    "unfinished": "time ran out before every answer was judged",
    "unreadable": "the file is no notebook",
    "missing": "nothing was handed in",
    "failed": "the engine itself failed: grade again",
}


@dataclass
class Judgement:
    """What the judge found in one student's submission of one lesson.

    status: one of STATUSES. detail: a sentence for a person, where there is more to say than the status.
    verdicts: exercise -> Verdict, one for each exercise of the lesson, whatever happened.
    printed: position of a cell in the submitted notebook -> what it printed, or the error it stopped with.
    flags: what an instructor should look at, such as "tried to open a network connection".
    remarks: what was odd about the notebook and did no harm, such as "two cells called rnn_step".
    layers: the layers of the sandbox that held. seed: a fingerprint of the random inputs' seed. seconds, megabytes:
    spent by the worker.
    """

    student: str
    lesson: str
    status: str = "judged"
    detail: str = ""
    verdicts: dict[str, Verdict] = field(default_factory=dict)
    printed: dict[int, str] = field(default_factory=dict)
    flags: list[str] = field(default_factory=list)
    remarks: list[str] = field(default_factory=list)
    layers: list[str] = field(default_factory=list)
    seed: str = ""
    seconds: float = 0.0
    megabytes: float = 0.0

    @property
    def earned(self) -> float:
        """The points of all exercises together."""
        return sum(verdict.earned for verdict in self.verdicts.values())

    def as_dict(self) -> dict[str, Any]:
        """Plain data, for JSON."""
        return asdict(self)

    @classmethod
    def from_dict(cls, plain: dict[str, Any]) -> "Judgement":
        """What `as_dict` made, also after it went through JSON."""
        verdicts = {name: Verdict(**{**verdict, "lines": [tuple(line) for line in verdict["lines"]]})
                    for name, verdict in plain["verdicts"].items()}
        printed = {int(position): text for position, text in plain["printed"].items()}
        return cls(**{**plain, "verdicts": verdicts, "printed": printed})
