"""Exercises in design: the student sets the weights, and the check runs the cell. What it does is compared.

Each behavior runs the library's own cell on random words, from zero states.
"""

import numpy as np

from rnnkit.exercises.behavior import Behavior
from rnnkit.exercises.exercise import Edge, Exercise, Misconception
from rnnkit.gru import gru_step
from rnnkit.lstm import lstm_forward
from rnnkit.rnn import rnn_forward
from rnnkit.weights import bracket_counter, gru_counter, latch


def lines(rng, T, N):
    """Two lines, each on at about two steps of T, and both in the first sequence: x (T, N, 2)."""
    x = (rng.random((T, N, 2)) < 2 / T).astype(float)
    x[T // 2, ::5] = 1
    x[0, ::5, 0] = 1
    return {"x": x}


def shown_bit(case, weights):
    """Whether the first unit is on, after every step: (T, N)."""
    h, _ = rnn_forward(case["x"], np.zeros((case["x"].shape[1], len(weights["b"]))), **weights)
    return {"on": (h[:, :, 0] > 0.5).astype(float)}


def first_wrong_bit(case, done, right):
    t, n = _first(done["on"], right["on"])
    words = {(0, 0): "-", (1, 0): "set", (0, 1): "reset", (1, 1): "both"}
    seen = " ".join(words[tuple(line)] for line in case["x"][: t + 1, n].astype(int).tolist())
    return f"After {_end_of(seen.split(' '), ' ')} it is {'on' if done['on'][t, n] else 'off'}."


LATCH = Exercise(
    name="latch",
    built="You have built a memory for one bit.",
    signature="latch() -> W_x, W_h, b",
    inputs=lines,
    outputs={"on": "T N"},
    sizes={"T": 12, "N": 40},
    reference=latch,
    behavior=Behavior({"W_x": "2 K", "W_h": "K K", "b": "K"}, shown_bit, says=first_wrong_bit),
    edges=(Edge("long sequences (T = 300)", {"T": 300}, "Does the state settle, or does it drift?"),),
    misconceptions=(
        Misconception("forgets", "[[2.0]]", "[[0.0]]", "It forgets: nothing leads from the old state to the new."),
        Misconception("dies-away", "[[2.0]]", "[[0.9]]",
                      "The state dies away. With no input, h = tanh(w h) has an answer besides zero only if w is large "
                      "enough."),
        Misconception("rings", "[[2.0]]", "[[-2.0]]",
                      "It rings: on, off, on, off. The old state comes back with the wrong sign."),
        Misconception("set-too-weak", "[3.0]", "[0.9]",
                      "A set cannot turn it on again after a reset. It has to be stronger than what the state sends "
                      "back to itself."),
        Misconception("reset-too-weak", "[-6.0]", "[-1.0]",
                      "A reset cannot turn it off. It has to be stronger than what the state sends back to itself."),
        Misconception("both-do-nothing", "[-6.0]", "[-3.0]",
                      "A set and a reset at once cancel each other, and leave it as it was. The reset is to win."),
        Misconception("lines-exchanged", "[[3.0], [-6.0]]", "[[-6.0], [3.0]]",
                      "The two lines are exchanged: the set turns it off. The first row of W_x belongs to the set."),
        Misconception("reset-turns-on", "[-6.0]", "[6.0]", "A reset turns it on. Look at its sign."),
        Misconception("on-from-the-start", "b = np.array([0.0])", "b = np.array([1.5])",
                      "It is on before anything was set. Does a bias push it?"),
    ),
)

SYMBOLS = "();a"


def texts(rng, T, N):
    """Texts in which no bracket closes that was not opened, one-hot: x (T, N, 4)."""
    x, depth = np.zeros((T, N, 4)), np.zeros(N)
    for t in range(T):
        symbol = rng.choice(4, N, p=(0.45, 0.3, 0.05, 0.2))
        symbol[(symbol == 1) & (depth == 0)] = 3
        depth = np.where(symbol == 2, 0, depth + (symbol == 0) - (symbol == 1))
        x[t, np.arange(N), symbol] = 1
    return {"x": x}


def counted(case, weights):
    """The first cell state after every step, as a whole number: (T, N)."""
    zeros = np.zeros((case["x"].shape[1], len(weights["W_h"])))
    _, c, _ = lstm_forward(case["x"], zeros, zeros, **weights)
    return {"count": np.rint(np.nan_to_num(c[:, :, 0]))}


def first_wrong_count(case, done, right):
    t, n = _first(done["count"], right["count"])
    text = "".join(SYMBOLS[k] for k in case["x"][: t + 1, n].argmax(axis=1))
    return (f"After {_end_of(text, '')} the cell state is near {done['count'][t, n]:.0f}; {right['count'][t, n]:.0f} "
            f"was expected.")


BRACKET_COUNTER = Exercise(
    name="bracket_counter",
    built="You have built a counter.",
    signature="bracket_counter() -> W_x, W_h, b",
    inputs=texts,
    outputs={"count": "T N"},
    sizes={"T": 24, "N": 40},
    reference=bracket_counter,
    behavior=Behavior({"W_x": "4 4K", "W_h": "K 4K", "b": "4K"}, counted, says=first_wrong_count),
    edges=(Edge("long texts (T = 300)", {"T": 300},
                "A gate that is nearly open leaks at every step. Drive the gates harder."),),
    misconceptions=(
        Misconception("never-forgets", "f = [40.0, 40, -40, 40]", "f = [40.0, 40, 40, 40]",
                      "A semicolon clears nothing. There the forget gate has to shut."),
        Misconception("forgets-always", "f = [40.0, 40, -40, 40]", "f = [-40.0, -40, -40, -40]",
                      "It keeps nothing: the forget gate is always shut. Its name is upside down, at 1 it keeps."),
        Misconception("forget-gate-upside-down", "f = [40.0, 40, -40, 40]", "f = [-40.0, -40, 40, -40]",
                      "The forget gate is upside down: it is open at a semicolon and shut elsewhere. At 1 it keeps."),
        Misconception("forgets-at-letters", "f = [40.0, 40, -40, 40]", "f = [40.0, 40, -40, -40]",
                      "A letter clears the count: there the forget gate has to stay open. Or are its block and that of "
                      "the input gate exchanged?"),
        Misconception("leaks", "f = [40.0, 40, -40, 40]", "f = [3.0, 3, -40, 3]",
                      "The forget gate is not quite open, and a part of the count leaks away at every step. Drive it "
                      "harder."),
        Misconception("candidate-without-sign", "g = [20.0, -20, 0, 0]", "g = [20.0, 20, 0, 0]",
                      "A closing bracket counts up. The candidate is the one of the four that can be negative. Or is "
                      "its block exchanged with that of the output gate?"),
        Misconception("candidate-upside-down", "g = [20.0, -20, 0, 0]", "g = [-20.0, 20, 0, 0]",
                      "It counts down where it should count up. Look at the sign of the candidate."),
        Misconception("candidate-too-small", "g = [20.0, -20, 0, 0]", "g = [1.0, -1, 0, 0]",
                      "A bracket counts for 0.76, which is the tanh of 1. Drive the candidate until its tanh is 1."),
        Misconception("input-gate-half-open", "i = [40.0, 40, -40, -40]", "i = [0.0, 0, -40, -40]",
                      "A bracket counts for a half. The sigmoid of 0 is 0.5, so the input gate is half open."),
        Misconception("input-gate-shut-at-closing", "i = [40.0, 40, -40, -40]", "i = [40.0, -40, -40, -40]",
                      "A closing bracket changes nothing. To take one away, the input gate has to open as well."),
    ),
)


def words(rng, M, N):
    """n = M, and N words a^k b^m with k and m up to n: the numbers k and m, some of them equal, some far apart."""
    a = rng.integers(1, M + 1, N)
    b = np.clip(a + rng.choice((0, 0, -1, 1, -M // 2, M // 2), N), 1, M)
    a[:6], b[:6] = (M, M, M - 1, 1, 2, 1), (M, M - 1, M, 1, 2, 2)
    return {"n": np.array(M), "a": a, "b": b}


def told(case, weights):
    """Which letter the first unit takes a word to have more of: 1 for a, -1 for b, 0 for neither: (N,)."""
    a, b = np.eye(2)[:, None]
    states = [np.zeros((1, len(weights["W_h"])))]
    for _ in range(case["a"].max()):
        states.append(gru_step(a, states[-1], **weights)[0])
    h = np.concatenate(states)[case["a"]]
    for t in range(case["b"].max()):
        after, _ = gru_step(np.repeat(b, len(h), axis=0), h, **weights)
        h = np.where((t < case["b"])[:, None], after, h)
    letter = states[1][0, 0]
    steps = np.nan_to_num(h[:, 0] / letter) if letter else np.zeros(len(h))
    return {"more": np.sign(steps) * (np.abs(steps) >= 0.5)}


def first_wrong_word(case, done, right):
    n = np.flatnonzero(done["more"] != right["more"])[0]
    said = {0: "as many of both", 1: "more a's", -1: "more b's"}[int(done["more"][n])]
    return f"Of {case['a'][n]} a's and {case['b'][n]} b's it says: {said}."


GRU_COUNTER = Exercise(
    name="gru_counter",
    built="You have built a counter that knows how far it counts.",
    signature="gru_counter(n) -> W_x, W_h, b_x, b_h",
    inputs=words,
    outputs={"more": "N"},
    sizes={"M": 30, "N": 60},
    reference=gru_counter,
    behavior=Behavior({"W_x": "2 3K", "W_h": "K 3K", "b_x": "3K", "b_h": "3K"}, told, says=first_wrong_word),
    edges=(Edge("n = 200", {"M": 200}, "Ten times as far takes steps a hundred times as small."),),
    misconceptions=(
        Misconception("steps-of-one-nth", "1 / n ** 2", "1 / n",
                      "It saturates. There is room for n steps of 1 / n, but tanh takes too much from each. How far "
                      "does a step of delta count?"),
        Misconception("step-without-n", "1 / n ** 2", "0.01",
                      "The step does not depend on n. One of 0.01 counts to 13."),
        Misconception("no-sign", "-delta]", "delta]", "A b counts up like an a. It has to go down."),
        Misconception("update-gate-open", "[40.0, -40, 0]", "[40.0, 40, 0]",
                      "The unit never moves. In this course z = 1 means no update."),
        Misconception("reset-gate-shut", "[40.0, -40, 0]", "[-40.0, -40, 0]",
                      "It remembers nothing but the last letter. The candidate does not hear the old state: is the "
                      "reset gate shut, or W_h in another block?"),
        Misconception("leaks", "[[0, 0, 1.0]]", "[[0, 0, 0.9]]",
                      "The count leaks away. The candidate has to hear the whole of the old state."),
        Misconception("grows", "[[0, 0, 1.0]]", "[[0, 0, 1.1]]",
                      "The count runs away, as in a switch. The candidate has to hear the old state once."),
        Misconception("b-counts-twice", "-delta]", "-2 * delta]", "A b takes away more than an a adds."),
    ),
)


def _first(done, right):
    """The place of the first difference: the step, and the sequence."""
    t, n = np.argwhere(done != right)[0]
    return t, n


def _end_of(symbols, joint, most=12):
    """The last of some symbols, and that there were more."""
    shown = joint.join(symbols[-most:])
    return f"{len(symbols)} steps, at last {shown}," if len(symbols) > most else shown
