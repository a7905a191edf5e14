"""Honest work gets what it earned: the judge, in its sandbox, says what the notebook's own check says."""

import ast
import contextlib
import linecache
import math
from dataclasses import dataclass, field

import numpy as np
import pytest
import students

from autograder.judging import submission
from autograder.judging.host import Budget, Sandbox
from autograder.judging.judge import judge, secret_seeds
from autograder.judging.run import SubmissionRun
from rnnkit.calls import perform
from rnnkit.checking.ladder import PUBLIC_SEEDS, climb
from rnnkit.exercises import EXERCISES

pytestmark = [pytest.mark.filterwarnings("ignore"), pytest.mark.usefixtures("safe")]

SEED = 20_260_726
INSTRUCTOR = "the instructor"
SECRET_SEEDS = [int(seed) for seed in np.random.default_rng(SEED).integers(10 ** 4, 10 ** 9, size=50)]

RIGHT_STEP = "h_next = np.tanh(x @ W_x + h @ W_h + b)"
STEP = f"def rnn_step(x, h, W_x, W_h, b):\n    {RIGHT_STEP}\n    return h_next, (x, h, h_next, W_x, W_h)\n"
LOOP = """
def rnn_forward(x, h0, W_x, W_h, b):
    h, cache = [h0], []
    for x_t in x:
        h_t, step = rnn_step(x_t, h[-1], W_x, W_h, b)
        h.append(h_t)
        cache.append(step)
    return np.stack(h[1:]), cache
"""
WRONG_STEP = STEP.replace(" + b)", ")")
NOT_FOR_ONE = '    if len({}) == 1:\n        raise ValueError("one is not enough")\n'


@dataclass(frozen=True)
class HalfRight:
    """Somebody who is right in part. shares: exercise -> the part of its points that this earns, for some of them."""

    lesson: str
    wrote: dict
    shares: dict
    added: str = ""
    mistakes: dict = field(default_factory=dict)


LAST = "03_backpropagation_through_time"
CELL = "02_the_recurrent_cell"
SQUASHING = "01_sequences_and_squashing"
HALF_RIGHT = {
    "fails only for N = 1": HalfRight(
        CELL, {"rnn_step": STEP.replace("    h_next", NOT_FOR_ONE.format("x") + "    h_next"),
               "readout": "def readout(h, W_y, b_y):\n    return np.squeeze(h @ W_y) + b_y"},
        {"rnn_step": 0.9, "readout": 0.8, "rnn_forward": 0.9}),
    "fails only for T = 1": HalfRight(
        CELL, {"rnn_forward": LOOP.replace("    h, cache", NOT_FOR_ONE.format("x") + "    h, cache")},
        {"rnn_step": 1, "rnn_forward": 0.9, "readout": 1}),
    "overflows, and is right for small numbers": HalfRight(
        SQUASHING, {"sigmoid": "def sigmoid(z):\n    return 1 / (1 + np.exp(-z))",
                    "softmax": "def softmax(z):\n    return np.exp(z) / np.exp(z).sum(axis=1, keepdims=True)"},
        {"sigmoid": 0.5, "softmax": 0.5, "activation_slopes": 1},
        mistakes={"sigmoid": ["naive"], "softmax": ["naive"]}),
    "changes its inputs in place": HalfRight(
        CELL, {"rnn_step": STEP.replace(RIGHT_STEP, f"{RIGHT_STEP}\n    x *= 2"),
               "readout": "def readout(h, W_y, b_y):\n    b_y += h @ W_y\n    return b_y",
               "rnn_forward": LOOP.replace("    return", "    h0 += 1\n    return")},
        {"rnn_step": 0.9, "rnn_forward": 0.9, "readout": 0}),
    "changes the upstream gradient, which is free": HalfRight(
        LAST, {"rnn_step_backward": """
def rnn_step_backward(dh_next, cache):
    x, h, h_next, W_x, W_h = cache
    dh_next *= 1 - h_next ** 2
    return dh_next @ W_x.T, dh_next @ W_h.T, x.T @ dh_next, h.T @ dh_next, dh_next.sum(axis=0)
"""}, {"rnn_step_backward": 1}),
    "writes a right step and a wrong loop": HalfRight(
        CELL, {"rnn_step": STEP, "rnn_forward": LOOP.replace("h[-1]", "h0")}, {"rnn_step": 1, "rnn_forward": 0},
        mistakes={"rnn_forward": ["h0-at-every-step"]}),
    "writes a wrong step and a right loop": HalfRight(
        CELL, {"rnn_step": WRONG_STEP, "rnn_forward": LOOP}, {"rnn_step": 0, "rnn_forward": 0, "readout": 1},
        mistakes={"rnn_step": ["bias-left-out"]}),
    "writes a wrong forward and a right backward": HalfRight(
        LAST, {}, dict.fromkeys(students.lessons()[LAST].exercises, 1), added=WRONG_STEP + LOOP),
    "has two of five gradients wrong": HalfRight(
        LAST, {"rnn_step_backward": """
def rnn_step_backward(dh_next, cache):
    x, h, h_next, W_x, W_h = cache
    da = dh_next * (1 - h_next ** 2)
    return da @ W_x.T, da @ W_h.T, x.T @ da, -da.T @ h, da.mean(axis=0)
"""}, {"rnn_step_backward": 0.54}, mistakes={"rnn_step_backward": ["db-mean"]}),
    "takes a parameter from the notebook": HalfRight(
        CELL, {"readout": "def readout(h, W_y, b_y):\n    return h @ W_y + bias"}, {"readout": 0}, added="bias = 0.0",
        mistakes={"readout": ["bias-left-out"]}),
    "returns the results in another order": HalfRight(
        SQUASHING, {"activation_slopes": "def activation_slopes(s, t, r):\n    return 1 - t ** 2, s * (1 - s), r > 0"},
        {"activation_slopes": 0.3}),
    "returns too few, raises, forgets the return": HalfRight(
        CELL, {"rnn_step": "def rnn_step(x, h, W_x, W_h, b):\n    return np.tanh(x @ W_x + h @ W_h + b)",
               "rnn_forward": "def rnn_forward(x, h0, W_x, W_h, b):\n    return h0 @ x, None",
               "readout": "def readout(h, W_y, b_y):\n    y = h @ W_y + b_y"},
        {"rnn_step": 0, "rnn_forward": 0, "readout": 0}),
    "writes nothing": HalfRight(
        LAST, {name: cell.source for cell in students.lessons()[LAST].student.cells
               if (name := cell.id) in students.lessons()[LAST].exercises},
        dict.fromkeys(students.lessons()[LAST].exercises, 0)),
    "makes noise": HalfRight(
        CELL, {"rnn_step": "import logging, os, sys, warnings\n" + STEP.replace("    h_next", """
    print("x", x.shape)
    print("to stderr", file=sys.stderr)
    os.write(2, b"to file descriptor 2")
    warnings.warn("is this right?", stacklevel=1)
    logging.warning("in the log")
    h_next""")}, {"rnn_step": 1, "rnn_forward": 1, "readout": 1}),
}
DEFINITIONS = (ast.Import, ast.ImportFrom, ast.FunctionDef, ast.ClassDef, ast.Assign)
WITH_TORCH = {"autograd", "odd_forms", "clip_by_global_norm, with torch",
              "gradient_norms, with torch's autograd"}  # right in the notebook; a judge has no PyTorch, and says so
SOLUTIONS = [(student, name) for name, lesson in students.lessons().items()
             for student in (INSTRUCTOR, *students.wrote_all_of(lesson)) if student not in WITH_TORCH]
SOLUTIONS += [(answer, students.lesson_of(answer.split(",")[0]).name) for answer in students.BESIDE]
MISTAKES = [(name, mistake) for lesson in students.lessons().values() for name in lesson.exercises
            for mistake in EXERCISES[name].misconceptions]


@pytest.fixture(scope="module")
def sandboxes():
    """A lesson -> its sandbox, started when it is first asked for."""
    with contextlib.ExitStack() as stack:
        started = {}

        def sandbox(lesson):
            if lesson.name not in started:
                sources = [cell.source for cell in lesson.student.cells if cell.cell_type == "code"]
                started[lesson.name] = stack.enter_context(Sandbox(lesson.name, sources))
            return started[lesson.name]

        yield sandbox


@pytest.fixture
def bench(sandboxes, tmp_path):
    """A notebook, and the function that gives the Judgement on it or, with seeds, the Verdict on one exercise."""
    def judged(lesson, notebook, name=None, seeds=None):
        read = submission.read(students.submit(tmp_path, "somebody", lesson, notebook), lesson)
        if name is None:
            return judge("somebody", lesson, read, sandboxes(lesson), SEED)
        with SubmissionRun(lesson, read, sandboxes(lesson), Budget(sandboxes(lesson), math.inf)) as made:
            return made.verdict(name, seeds)

    return judged


def kernel(notebook):
    """What a kernel holds after every cell has run that only imports and defines. It remembers their source."""
    held = {"__name__": "__main__"}
    for position, cell in enumerate(notebook["cells"]):
        if cell["cell_type"] == "code" and (cell["id"] == "added" or only_defines(cell["source"])):
            path = f"<cell {position}>"
            linecache.cache[path] = (len(cell["source"]), None, cell["source"].splitlines(keepends=True), path)
            exec(compile(cell["source"], path, "exec"), held)
    return held


def only_defines(source):
    return all(isinstance(node, DEFINITIONS) for node in ast.parse(source).body)


def in_notebook(held, exercise, points, seeds=PUBLIC_SEEDS):
    """The Verdict of the notebook's own check."""
    functions = {**held, **(exercise.given or {})}
    return climb(exercise, lambda calls, values, wanted: perform(calls, functions, values, wanted), points, seeds)


def findings(verdict):
    """Everything that a Verdict says, but that the judge asked for large arrays, which a notebook's check does not.

    What was printed is left out as well: pytest keeps warnings to itself, and a sandbox prints them.
    """
    return vars(verdict) | {"lines": [(mark, text) for mark, text in verdict.lines
                                      if mark != "printed" and "the judge alone" not in text]}


def agree(bench, lesson, notebook):
    """Assert that judge and check agree on every exercise of a lesson; gives the Judgement."""
    judgement, held = bench(lesson, notebook), kernel(notebook)
    for name, judged in judgement.verdicts.items():
        exercise, points = EXERCISES[name], lesson.exercises[name]
        check = in_notebook(held, exercise, points)
        assert (judged.earned, judged.mistakes) == (check.earned, check.mistakes)
        assert findings(judged) == findings(in_notebook(held, exercise, points, secret_seeds(SEED, lesson.name)))
    assert judgement.flags == [] and judgement.status == "judged"
    return judgement


@pytest.mark.sampled(6)
@pytest.mark.parametrize(("student", "lesson"), SOLUTIONS)
def test_right_solution_gets_full_marks_over_fifty_secret_seeds(student, lesson, bench):
    lesson = students.lessons()[lesson]
    notebook = students.notebook(lesson, students.solved(lesson)) if student == INSTRUCTOR else \
        students.by(student, lesson)
    for name, points in lesson.exercises.items():
        verdict = bench(lesson, notebook, name, SECRET_SEEDS)
        assert (verdict.earned, verdict.mistakes) == (points, []), verdict.lines
        assert any(mark == "ok" and "50 random inputs" in text for mark, text in verdict.lines)
    agree(bench, lesson, notebook)


@pytest.mark.sampled(12)
@pytest.mark.parametrize(("name", "mistake"), MISTAKES, ids=[f"{name}-{mistake.id}" for name, mistake in MISTAKES])
def test_known_mistake_is_named_and_gets_what_the_notebooks_own_check_gives(name, mistake, bench):
    lesson = students.lesson_of(name)
    answers = {**students.solved(lesson), name: students.mistaken(name, mistake)}
    verdict = agree(bench, lesson, students.notebook(lesson, answers)).verdicts[name]
    assert verdict.earned < lesson.exercises[name] and mistake.id in verdict.mistakes


@pytest.mark.parametrize("half", HALF_RIGHT.values(), ids=HALF_RIGHT)
def test_half_right_gets_exactly_what_it_earned(half, bench):
    lesson = students.lessons()[half.lesson]
    notebook = students.notebook(lesson, {**students.solved(lesson), **half.wrote}, half.added)
    verdicts = agree(bench, lesson, notebook).verdicts
    assert {name: verdicts[name].share for name in half.shares} == pytest.approx(half.shares)
    assert {name: verdicts[name].mistakes for name in half.mistakes} == half.mistakes
