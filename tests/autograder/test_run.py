"""A submission while it is judged: what its worker is told, and what is made of whatever it replies."""

import itertools
import json
import math

import numpy as np
import pytest
import students
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from autograder.judging.host import Limits
from autograder.judging.judge import judge, own_seed
from autograder.judging.notebook import autograded
from autograder.judging.submission import Submission, SubmittedCell
from autograder.sandbox import cells, wire
from rnnkit.calls import FLOAT_ERRORS, PROBLEMS

LESSON = students.lessons()["02_the_recurrent_cell"]
BACK = students.lessons()["03_backpropagation_through_time"]
SOURCES = {name: students.solved(LESSON)[name] for name in LESSON.exercises}


class FakeSandbox:
    """A sandbox whose workers run nothing: they keep what they were told, and reply as they are told to.

    reply: (what was asked for, its wanted results) -> the reply.
    """

    def __init__(self, reply):
        self.limits, self.reply, self.messages, self.layers = Limits(), reply, [], ["a fake"]
        self.seen, self.used = [], {"megabytes": 1.0}

    def lending(self, names):
        return self

    def spent(self):
        return 0.0, 0.0

    def worker(self):
        return self

    def __enter__(self):
        return self

    def __exit__(self, *_):
        pass

    def do(self, what, left, **arguments):
        self.messages.append(plain({"do": what, **arguments}))
        if what == "plan":
            found = [cells.CodeCell(*cell) for cell in arguments["cells_"]]
            return cells.needed(found, arguments["wanted"], arguments["answers"])
        reply = self.reply(what, arguments.get("wanted", ()))
        if isinstance(reply, Exception):
            raise reply
        return reply


def plain(message):
    """A message as the bytes that go to the worker."""
    parts = []
    head = json.dumps(wire._plain(message, parts)).encode()
    return head + b"".join(array.tobytes() for array in parts)


def zeros(what, wanted):
    """The reply of a worker whose answers are zeros, of no right shape."""
    if what == "run":
        return "", ""
    return {"outputs": {name: np.zeros(1) for name in wanted}, "problem": "", "text": "", "odd": {}, "changed": (),
            "float_errors": [], "printed": ""}


def submitted(drawn, lesson=LESSON):
    """A Submission of these cells: (kind, source, grade_id, stub, unchanged)."""
    return Submission(tuple(SubmittedCell(position, *cell) for position, cell in enumerate(drawn)))


CELLS = st.lists(st.tuples(
    st.sampled_from(["code", "code", "markdown", "raw"]),
    st.sampled_from([*SOURCES.values(), "import numpy as np", "check(rnn_step)", "", "x = 1"]),
    st.sampled_from(["", *SOURCES, *(f"check-{name}" for name in SOURCES), "title"]),
    st.booleans(), st.booleans()), max_size=8)


@given(CELLS, st.data())
@settings(max_examples=200, deadline=None)
def test_who_has_the_same_seed_has_a_worker_that_is_told_the_same_bytes(drawn, data):
    """Whatever one changes in a notebook, a worker cannot tell, or else it meets other inputs."""
    others = list(drawn)
    for _ in range(data.draw(st.integers(1, 3))):
        change, at = data.draw(st.sampled_from(["add", "drop", "swap", "edit"])), data.draw(st.integers(0, len(others)))
        if change == "add":
            others.insert(at, data.draw(CELLS.filter(bool))[0])
        elif change == "drop":
            del others[at : at + 1]
        elif change == "swap":
            others[at : at + 2] = others[at : at + 2][::-1]
        elif at < len(others):
            place = data.draw(st.integers(0, 4))
            others[at] = (*others[at][:place], data.draw(CELLS.filter(bool))[0][place], *others[at][place + 1:])
    assert_told_the_same_or_asked_otherwise(drawn, others)


def assert_told_the_same_or_asked_otherwise(drawn, others):
    """Gives whether both have the same seed."""
    first, second = submitted(drawn), submitted(others)
    same = own_seed(7, LESSON, first) == own_seed(7, LESSON, second)
    if same:
        messages = []
        for each in (first, second):
            sandbox = FakeSandbox(zeros)
            judge("somebody", LESSON, each, sandbox, own_seed(7, LESSON, each))
            messages.append(sandbox.messages)
        assert messages[0] == messages[1]
    return same


def test_cells_of_text_and_their_number_do_not_reach_the_worker():
    code = [("code", source, name, False, False) for name, source in SOURCES.items()]
    text = [("markdown", "", "", True, False)] * len(code)
    spread = [cell for pair in zip(code, text, strict=True) for cell in pair]
    assert assert_told_the_same_or_asked_otherwise(code, spread)
    assert own_seed(7, LESSON, submitted(code)) != own_seed(8, LESSON, submitted(code))
    assert own_seed(7, LESSON, submitted(code)) != own_seed(7, LESSON, submitted(code[::-1]))


def test_what_a_cell_printed_stands_at_its_place_in_the_notebook():
    drawn = [("markdown", "", "", True, False), ("code", SOURCES["rnn_step"], "rnn_step", False, False),
             ("markdown", "", "", True, False), ("code", SOURCES["readout"], "readout", False, False)]
    sandbox = FakeSandbox(lambda what, wanted: ("said", "") if what == "run" else zeros(what, wanted))
    assert judge("somebody", LESSON, submitted(drawn), sandbox, 7).printed == {1: "said", 3: "said"}


TEXTS = st.text(max_size=20) | st.sampled_from(
    ["", " ", "\n", "\r", "\x85", "\x00", "\ud800", "<b>", "a\n\nb", "x" * 500])
ODD = st.none() | st.booleans() | st.integers() | st.floats() | TEXTS | arrays.arrays("<f8", arrays.array_shapes(
    min_dims=0, max_side=3), elements=st.floats())
NESTED = st.recursive(ODD, lambda inside: st.lists(inside, max_size=3) | st.lists(inside, max_size=3).map(tuple)
                      | st.dictionaries(TEXTS, inside, max_size=3), max_leaves=6)
NAMES = st.sampled_from(["h_next", "x", "W_h", "h", "y"]) | TEXTS
FIELDS = {"problem": st.sampled_from(["", *PROBLEMS]), "text": TEXTS, "printed": TEXTS,
          "odd": st.dictionaries(NAMES, TEXTS, max_size=3), "changed": st.lists(NAMES, max_size=3).map(tuple),
          "float_errors": st.lists(st.sampled_from(sorted(FLOAT_ERRORS)) | TEXTS, max_size=3),
          "outputs": st.dictionaries(NAMES, arrays.arrays(
              "<f8", arrays.array_shapes(min_dims=0, max_side=6), elements=st.floats()))}
REPLIES = (st.fixed_dictionaries(FIELDS) | NESTED
           | st.fixed_dictionaries({name: kind | NESTED for name, kind in FIELDS.items()}, optional={"more": ODD})
           | st.sampled_from([wire.Late("late"), wire.Closed("gone"), wire.Garbled("what?")]))


@given(st.lists(REPLIES, min_size=1, max_size=3), st.tuples(TEXTS, TEXTS) | NESTED)
@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
@pytest.mark.parametrize("lesson", [LESSON, BACK], ids=lambda lesson: lesson.name)
def test_whatever_a_worker_replies_becomes_a_judgement_and_a_notebook(lesson, replies, ran):
    drawn = [("code", source, name, False, False) for name, source in students.solved(lesson).items()]
    read, turns = submitted(drawn), itertools.cycle(replies)
    sandbox = FakeSandbox(lambda what, wanted: next(turns) if what == "ask" else ran)
    judgement = judge("somebody", lesson, read, sandbox, 7)
    assert list(judgement.verdicts) == list(lesson.exercises)
    for verdict in judgement.verdicts.values():
        assert type(verdict.earned) is float and 0 <= verdict.earned < verdict.points
        assert all(isinstance(mark, str) and isinstance(text, str) for mark, text in verdict.lines)
    json.loads(json.dumps(judgement.as_dict()).encode())
    json.loads(autograded(judgement, read, lesson).text)


@pytest.mark.parametrize("problem", PROBLEMS)
def test_a_problem_without_words_gets_some(problem):
    reply = {**zeros("ask", ["h_next"]), "problem": problem}
    sandbox = FakeSandbox(lambda what, wanted: ("", "") if what == "run" else reply)
    drawn = [("code", SOURCES["rnn_step"], "rnn_step", False, False)]
    verdict = judge("somebody", LESSON, submitted(drawn), sandbox, 7).verdicts["rnn_step"]
    assert verdict.earned == 0 and all(text.strip() for _, text in verdict.lines)
    assert not math.isnan(verdict.earned)
