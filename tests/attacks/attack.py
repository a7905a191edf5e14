"""What an attack is: which cells of a released lesson are other than they should be, and what that may earn."""

import json
import string
from collections.abc import Callable
from dataclasses import dataclass, field

CELL, THROUGH_TIME = "02_the_recurrent_cell", "03_backpropagation_through_time"
SQUASHING = "01_sequences_and_squashing"
LSTM, MUSEUM = "07_backpropagation_through_the_lstm", "08_the_bug_museum"

HONEST = {
    "sigmoid": """
def sigmoid(z):
    e = np.exp(-np.abs(z))
    return np.where(z >= 0, 1 / (1 + e), e / (1 + e))
""",
    "rnn_step": """
def rnn_step(x, h, W_x, W_h, b):
    h_next = np.tanh(x @ W_x + h @ W_h + b)
    return h_next, (x, h, h_next, W_x, W_h)
""",
    "rnn_forward": """
def rnn_forward(x, h0, W_x, W_h, b):
    h, caches, state = [], [], h0
    for x_t in x:
        state = np.tanh(x_t @ W_x + state @ W_h + b)
        h.append(state)
        caches.append(None)
    return np.array(h), caches
""",
    "readout": """
def readout(h, W_y, b_y):
    return h @ W_y + b_y
""",
    "numerical_gradient": """
def numerical_gradient(f, x, eps=1e-6):
    gradient = np.zeros_like(x)
    for i in np.ndindex(x.shape):
        step = np.zeros_like(x)
        step[i] = eps
        gradient[i] = (f(x + step) - f(x - step)) / (2 * eps)
    return gradient
""",
    "rnn_step_backward": """
def rnn_step_backward(dh_next, cache):
    x, h, h_next, W_x, W_h = cache
    da = dh_next * (1 - h_next ** 2)
    return da @ W_x.T, da @ W_h.T, x.T @ da, h.T @ da, da.sum(axis=0)
""",
    "rnn_backward": """
def rnn_backward(dh, cache):
    total, dx, carry = None, [], 0
    for t in reversed(range(len(cache))):
        dx_t, carry, *weights = rnn_step_backward(dh[t] + carry, cache[t])
        total = weights if total is None else [a + b for a, b in zip(total, weights)]
        dx.append(dx_t)
    return np.array(dx[::-1]), carry, *total
""",
}

PRELUDE = """
import ctypes, importlib, os, signal, socket, subprocess, sys, threading, time
import numpy as np

libc = ctypes.CDLL(None, use_errno=True)

def attempt(what, *arguments, **settings):
    # Say so where something succeeds that must not.
    try:
        result = what(*arguments, **settings)
    except BaseException:
        return None
    print("pw" + "ned", what, str(result)[:200])
    return result

def syscall(number, *arguments):
    result = libc.syscall(ctypes.c_long(number), *[ctypes.c_long(a) if isinstance(a, int) else a for a in arguments])
    if result < 0:
        raise OSError(ctypes.get_errno(), "refused")
    return result

"""

GUESS = """
def rnn_step(x, h, W_x, W_h, b):
    return np.zeros_like(h), None
"""


@dataclass(frozen=True)
class Attack:
    """One hostile submission.

    name: also the student's. cells: grade_id of an answer or check -> its text, None for a cell that is removed; the
    others stay as they were handed out. earns: exercise -> points, exactly; those not named earn nothing.
    edit: what else is done to the notebook, a dict. write: how the file is written, where it is not JSON in a file.
    ends: the statuses that it may end in. upmost: whether `earns` says what may be earned at most.
    """

    name: str
    cells: dict
    lesson: str = CELL
    earns: dict = field(default_factory=dict)
    edit: Callable = None
    write: Callable = None
    ends: tuple = ("judged",)
    upmost: bool = False

    def notebook(self, released, places):
        """The text of the notebook. released: the lesson's, as text. places: $name -> what an attack aims at."""
        notebook = json.loads(released)
        for name, text in self.cells.items():
            at = next(k for k, cell in enumerate(notebook["cells"]) if _grade_id(cell) == name)
            if text is None:
                del notebook["cells"][at]
            else:
                notebook["cells"][at]["source"] = string.Template(text).safe_substitute(places)
        if self.edit:
            self.edit(notebook)
        return json.dumps(notebook)


def _grade_id(cell):
    return cell["metadata"].get("nbgrader", {}).get("grade_id")


def text(source):
    """A cell of text."""
    return {"cell_type": "markdown", "metadata": {}, "source": source}


def code(source, **metadata):
    """A code cell of the student's own."""
    return {"cell_type": "code", "execution_count": None, "metadata": metadata, "outputs": [], "source": source}


def on_step(name, text, **more):
    """An attack from the cell of rnn_step, which answers with zeros; beside it stands an honest readout."""
    if "def rnn_step" not in text and "rnn_step =" not in text:
        text += GUESS
    return Attack(name, **{"cells": {"rnn_step": PRELUDE + text, "readout": HONEST["readout"]},
                           "earns": {"readout": 3}, **more})


def during_call(name, text, **more):
    """The same from inside the answer, when it is called."""
    body = "".join(f"    {line}\n" for line in text.strip("\n").splitlines())
    return on_step(name, f"\ndef rnn_step(x, h, W_x, W_h, b):\n{body}    return np.zeros_like(h), None\n", **more)


def returning(name, expression, **more):
    """The same with an answer that is this expression."""
    return during_call(name, f"return {expression}, None", **more)
