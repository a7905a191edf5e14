"""Lesson 08: the bug museum. Six backward passes to repair; each knows the mistake that it was found with.

No two are called in the same way, so a repair is not another one under a second name.
The reference is the repaired exhibit, and its first misconception is the exhibit as it hangs in the lesson. Where a
repaired exhibit is a function that is there already, that function is the reference.
"""

import numpy as np

from rnnkit.activations import sigmoid  # noqa: F401  one exhibit squashes once too often
from rnnkit.exercises.exercise import ONE_STEP, Exercise, Misconception, normal
from rnnkit.exercises.lesson_03 import RNN_BACKWARD, SIZES
from rnnkit.exercises.lesson_07 import GATES, LSTM_BACKWARD, LSTM_STEP_BACKWARD
from rnnkit.lstm import lstm_forward, lstm_gates, lstm_step, lstm_step_backward  # noqa: F401  for the calls
from rnnkit.rnn import rnn_forward, rnn_step_backward  # noqa: F401

AS_FOUND = "Here the exhibit is still as it was found. "


def exhibit_sum(dh, cache):
    """rnn_backward, repaired: dx (T, N, D), dh0 (N, H), dW_x (D, H), dW_h (H, H), db (H,)."""
    x, h0, _, W_x, W_h = cache[0]
    dx, dh_next = np.zeros((len(cache), *x.shape)), np.zeros_like(h0)
    dW_x, dW_h, db = np.zeros_like(W_x), np.zeros_like(W_h), np.zeros_like(W_h[0])
    for t in reversed(range(len(cache))):
        dh_t = dh[t] + dh_next
        dx[t], dh_next, dW_x_t, dW_h_t, db_t = rnn_step_backward(dh_t, cache[t])
        dW_x += dW_x_t
        dW_h += dW_h_t
        db += db_t
    return dx, dh_next, dW_x, dW_h, db


def exhibit_carry(dh, dc_T, cache):
    """lstm_backward, repaired: dx (T, N, D), dh0, dc0 (N, H), dW_x (D, 4H), dW_h (H, 4H), db (4H,)."""
    x, h0, *_, W_x, W_h = cache[0]
    dx, dh_next, dc_next = np.zeros((len(cache), *x.shape)), np.zeros_like(h0), dc_T
    dW_x, dW_h, db = np.zeros_like(W_x), np.zeros_like(W_h), np.zeros_like(W_h[0])
    for t in reversed(range(len(cache))):
        dh_t = dh[t] + dh_next
        dx[t], dh_next, dc_next, dW_x_t, dW_h_t, db_t = lstm_step_backward(dh_t, dc_next, cache[t])
        dW_x += dW_x_t
        dW_h += dW_h_t
        db += db_t
    return dx, dh_next, dc_next, dW_x, dW_h, db


def exhibit_states(dh, x, h0, h, W_x, W_h):
    """rnn_backward, repaired: dx (T, N, D), dh0 (N, H), dW_x (D, H), dW_h (H, H), db (H,)."""
    h = [h0, *h]
    dx, dh_next = np.zeros_like(x), np.zeros_like(h0)
    dW_x, dW_h, db = np.zeros_like(W_x), np.zeros_like(W_h), np.zeros_like(W_h[0])
    for t in reversed(range(len(x))):
        da = (dh[t] + dh_next) * (1 - h[t + 1] ** 2)
        dx[t], dh_next = da @ W_x.T, da @ W_h.T
        dW_x += x[t].T @ da
        dW_h += h[t].T @ da
        db += da.sum(axis=0)
    return dx, dh_next, dW_x, dW_h, db


def exhibit_slope(dh_next, dc_next, x, h, c, i, f, g, o, c_next, W_x, W_h):
    """lstm_step_backward, repaired: dx (N, D), dh, dc (N, H), dW_x (D, 4H), dW_h (H, 4H), db (4H,)."""
    def slope(s):
        return s * (1 - s)

    tanh_c = np.tanh(c_next)
    dc_next = dc_next + dh_next * o * (1 - tanh_c ** 2)
    da_i, da_f = dc_next * g * slope(i), dc_next * c * slope(f)
    da_g, da_o = dc_next * i * (1 - g ** 2), dh_next * tanh_c * slope(o)
    da = np.concatenate([da_i, da_f, da_g, da_o], axis=1)
    dx, dh, dc = da @ W_x.T, da @ W_h.T, dc_next * f
    dW_x, dW_h, db = x.T @ da, h.T @ da, da.sum(axis=0)
    return dx, dh, dc, dW_x, dW_h, db


def exhibit_upstream(dh, dh_T, cache):
    """rnn_backward, repaired: dx (T, N, D), dh0 (N, H), dW_x (D, H), dW_h (H, H), db (H,)."""
    x, *_, W_x, W_h = cache[0]
    dx, dh_next = np.zeros((len(cache), *x.shape)), dh_T
    dW_x, dW_h, db = np.zeros_like(W_x), np.zeros_like(W_h), np.zeros_like(W_h[0])
    for t in reversed(range(len(cache))):
        dh_t = dh[t] + dh_next
        dx[t], dh_next, dW_x_t, dW_h_t, db_t = rnn_step_backward(dh_t, cache[t])
        dW_x += dW_x_t
        dW_h += dW_h_t
        db += db_t
    return dx, dh_next, dW_x, dW_h, db


def from_above(dy, W_y):
    """The upstream gradient that a readout hands down: dh = dy W_y^T."""
    return dy @ W_y.T


def without(exercise, *ids):
    """The misconceptions of another exercise, but for some."""
    return tuple(m for m in exercise.misconceptions if m.id not in ids)


INPUTS = {"x": "T N D", "h0": "N H", "W_x": "D H", "W_h": "H H", "b": "H"}
RNN = {"after": RNN_BACKWARD.after, "inputs": normal(0.5, **INPUTS, dh="T N H"), "outputs": RNN_BACKWARD.outputs,
       "sizes": SIZES, "upstream": ("dh",), "edges": (ONE_STEP,), "whole": True, "solved_by": ("rnn_backward",)}
LSTM = {"after": LSTM_BACKWARD.after, "inputs": LSTM_BACKWARD.inputs, "outputs": LSTM_BACKWARD.outputs,
        "sizes": SIZES, "upstream": ("dh", "dc_T"), "edges": (ONE_STEP,), "blocks": GATES, "whole": True,
        "solved_by": ("lstm_backward",)}
LSTM_STEP = {"after": LSTM_STEP_BACKWARD.after, "inputs": LSTM_STEP_BACKWARD.inputs,
             "outputs": LSTM_STEP_BACKWARD.outputs, "sizes": SIZES, "upstream": ("dh_next", "dc_next"),
             "blocks": GATES, "whole": True, "solved_by": ("lstm_step_backward",)}

STEP = "dx[t], dh_next, dW_x_t, dW_h_t, db_t = rnn_step_backward(dh_t, cache[t])"

EXHIBIT_SUM = Exercise(
    name="exhibit_sum",
    built="You have repaired the sum over the steps.",
    signature="exhibit_sum(dh, cache) -> dx, dh0, dW_x, dW_h, db",
    reference=exhibit_sum,
    **RNN,
    misconceptions=(
        Misconception("as-found", f"{STEP}\n        dW_x += dW_x_t\n        dW_h += dW_h_t\n        db += db_t",
                      "dx[t], dh_next, dW_x, dW_h, db = rnn_step_backward(dh_t, cache[t])",
                      AS_FOUND + "Measure it with the judge, for T = 1 and for T = 3: which gradients are wrong, "
                      "and what do they have in common?"),
        *without(RNN_BACKWARD, "only-the-first-step"),
    ),
)

EXHIBIT_CARRY = Exercise(
    name="exhibit_carry",
    built="You have repaired the way of a gradient from step to step.",
    signature="exhibit_carry(dh, dc_T, cache) -> dx, dh0, dc0, dW_x, dW_h, db",
    reference=exhibit_carry,
    **LSTM,
    lent=("lstm_step_backward",),
    misconceptions=(
        Misconception("as-found", "(dh_t, dc_next, cache[t])", "(dh_t, dc_T, cache[t])",
                      AS_FOUND + "Measure it with the judge, and look at dx step by step: which is the last step "
                      "that is right, and what does the step before it have to be told?"),
        *LSTM_BACKWARD.misconceptions,
    ),
)

SHARED = "        dW_x += x[t].T @ da\n        dW_h += h[t].T @ da\n        db += da.sum(axis=0)"

EXHIBIT_STATES = Exercise(
    name="exhibit_states",
    built="You have repaired which state meets which gradient.",
    signature="exhibit_states(dh, x, h0, h, W_x, W_h) -> dx, dh0, dW_x, dW_h, db",
    reference=exhibit_states,
    **RNN,
    misconceptions=(
        Misconception("as-found", "1 - h[t + 1] ** 2", "1 - h[t] ** 2",
                      AS_FOUND + "Measure it with the judge for T = 1. db is the sum of da and nothing else: is "
                      "it right?"),
        Misconception("the-other-state-moved", "        dW_h += h[t].T", "        dW_h += h[t + 1].T",
                      "Now dW_h takes the state after the step. Both states are in the list: the slope belongs to the "
                      "one that the step made, W_h to the one that it read."),
        Misconception("the-wrong-one-moved",
                      f"1 - h[t + 1] ** 2)\n        dx[t], dh_next = da @ W_x.T, da @ W_h.T\n{SHARED}",
                      f"1 - h[t] ** 2)\n        dx[t], dh_next = da @ W_x.T, da @ W_h.T\n{SHARED}".replace(
                          "h[t].T", "h[t + 1].T"),
                      "You moved the index of the state that W_h read. That one was right."),
        Misconception("wraps-round", "        dW_h += h[t].T", "        dW_h += h[t - 1].T",
                      "dW_h is one state early, and at t = 0 the index is -1: that is the last state. Count from h0, "
                      "which is h[0] here."),
        Misconception("slope-wraps-round", "1 - h[t + 1] ** 2", "1 - h[t - 1] ** 2",
                      "The slope moved the wrong way. Which entry of the list did step t make?"),
        Misconception("slope-of-the-last-state", "1 - h[t + 1] ** 2", "1 - h[-1] ** 2",
                      "Every step has the slope of the last state. Each has its own."),
        Misconception("no-slope", "(dh[t] + dh_next) * (1 - h[t + 1] ** 2)", "dh[t] + dh_next",
                      "The slope of the tanh is gone. It has to multiply what arrives at the state."),
        Misconception("no-square", "1 - h[t + 1] ** 2", "1 - h[t + 1]",
                      "The square is missing from tanh's slope."),
        Misconception("tanh-twice", "1 - h[t + 1] ** 2", "1 - np.tanh(h[t + 1]) ** 2",
                      "tanh was applied twice. The states are its results already."),
        Misconception("slope-of-the-upstream-alone", "(dh[t] + dh_next) * (1 - h[t + 1] ** 2)",
                      "dh[t] * (1 - h[t + 1] ** 2) + dh_next",
                      "The slope multiplies dh[t] only. Both gradients meet in the state, and both go through its "
                      "tanh."),
        Misconception("carry-lost", "(dh[t] + dh_next)", "dh[t]",
                      "The carry is gone: what step t + 1 sent back has to meet dh[t]."),
        Misconception("dh-transpose-forgotten", "da @ W_h.T", "da @ W_h",
                      "The carry used W_h, not its transpose. That one was right before."),
        Misconception("h0-taken-as-zeros", "[h0, *h]", "[0 * h0, *h]",
                      "The list of states begins with zeros. It has to begin with h0."),
        Misconception("inputs-off-by-one", "        dW_x += x[t].T", "        dW_x += x[t - 1].T",
                      "Now the inputs are off by one. Step t read x[t]."),
    ),
)

BOTH = "da_i, da_f = dc_next * g * slope(i), dc_next * c * slope(f)"
SLOPE = "def slope(s):\n        return s * (1 - s)"

EXHIBIT_SLOPE = Exercise(
    name="exhibit_slope",
    built="You have repaired the slopes.",
    signature="exhibit_slope(dh_next, dc_next, x, h, c, i, f, g, o, c_next, W_x, W_h) -> dx, dh, dc, dW_x, dW_h, db",
    reference=exhibit_slope,
    **{**LSTM_STEP, "after": ("lstm_gates(x, h, W_x, W_h, b) -> i, f, g, o", *LSTM_STEP["after"])},
    misconceptions=(
        Misconception("as-found", SLOPE, "def slope(a):\n        return sigmoid(a) * (1 - sigmoid(a))",
                      AS_FOUND + "Measure it with the judge, block by block: which block of db is right, and what "
                      "do the others share that this one does not?"),
        Misconception("squashed-once-too-often", SLOPE, "def slope(s):\n        return sigmoid(s) * (1 - s)",
                      "Half of the slope is repaired: the other half still squashes what is a sigmoid already."),
        Misconception("slope-of-a-tanh", SLOPE, "def slope(s):\n        return 1 - s ** 2",
                      "The gates have the slope of a tanh now. They are sigmoids."),
        Misconception("no-slope", SLOPE, "def slope(s):\n        return 1",
                      "The gates have no slope at all now. The weights stand before the squashing."),
        Misconception("half-a-slope", SLOPE, "def slope(s):\n        return 1 - s",
                      "Half of the sigmoid's slope is missing. Measure it at one point, if you are in doubt."),
        Misconception("other-half-of-the-slope", SLOPE, "def slope(s):\n        return s",
                      "This is the gate, not its slope."),
        Misconception("sign", SLOPE, "def slope(s):\n        return s * (s - 1)",
                      "The slope has the wrong sign: a sigmoid only goes up."),
        Misconception("square", SLOPE, "def slope(s):\n        return 1 - s * (1 - s)",
                      "s (1 - s) is the slope itself. There is no 1 minus it."),
        Misconception("input-gate-only", BOTH, BOTH.replace("slope(f)", "sigmoid(f) * (1 - sigmoid(f))"),
                      "The forget gate is as it was. All three gates have the same slope."),
        Misconception("forget-gate-only", BOTH, BOTH.replace("slope(i)", "sigmoid(i) * (1 - sigmoid(i))"),
                      "The input gate is as it was. All three gates have the same slope."),
        Misconception("output-gate-as-found", "tanh_c * slope(o)", "tanh_c * sigmoid(o) * (1 - sigmoid(o))",
                      "The output gate is as it was. All three gates have the same slope."),
        Misconception("slope-of-the-candidate-too", "dc_next * i * (1 - g ** 2)", "dc_next * i * slope(g)",
                      "The candidate has a sigmoid's slope now. It is a tanh, and it was right."),
        Misconception("candidate-squashed-twice", "dc_next * i * (1 - g ** 2)", "dc_next * i * (1 - np.tanh(g) ** 2)",
                      "The candidate is squashed twice now. It was right before."),
    ),
)

ORDER = "[da_i, da_f, da_g, da_o]"

EXHIBIT_GATES = Exercise(
    name="exhibit_gates",
    built="You have repaired the order of the blocks.",
    torch="nn.LSTMCell",
    signature="exhibit_gates(dh_next, dc_next, cache) -> dx, dh, dc, dW_x, dW_h, db",
    reference=lstm_step_backward,
    **LSTM_STEP,
    misconceptions=(
        Misconception("as-found", ORDER, "[da_i, da_f, da_o, da_g]",
                      AS_FOUND + "Measure it with the judge, block by block. Then print the wrong blocks of db "
                      "beside the measured ones: have you seen these numbers before?"),
        Misconception("order-i-o-f-g", ORDER, "[da_i, da_o, da_f, da_g]",
                      "The order is i, o, f, g now. It has to be that of the weights."),
        Misconception("order-f-i-g-o", ORDER, "[da_f, da_i, da_g, da_o]",
                      "The last two are right, the first two are exchanged now."),
        Misconception("order-i-g-f-o", ORDER, "[da_i, da_g, da_f, da_o]",
                      "The order is i, g, f, o now. It has to be that of the weights."),
        Misconception("order-i-o-g-f", ORDER, "[da_i, da_o, da_g, da_f]",
                      "The forget gate and the output gate are exchanged now. It has to be the order of the weights."),
        *without(LSTM_STEP_BACKWARD, "order-of-the-blocks", "order-i-o-f-g", "order-f-i-g-o", "order-i-g-f-o",
                 "order-i-o-g-f"),
    ),
)

EXHIBIT_UPSTREAM = Exercise(
    name="exhibit_upstream",
    built="You have repaired what happens to the caller's gradient.",
    signature="exhibit_upstream(dh, dh_T, cache) -> dx, dh0, dW_x, dW_h, db",
    reference=exhibit_upstream,
    after=(*RNN["after"], "from_above(dy, W_y) -> dh", "exhibit_upstream(dh, dh_T, cache) -> dx, dh0, dW_x, dW_h, db",
           *RNN["after"]),
    given={"from_above": from_above},
    inputs=normal(0.5, **INPUTS, dy="T N V", W_y="H V", dh_T="N H"),
    outputs=RNN["outputs"],
    sizes={**SIZES, "V": 7},
    edges=(ONE_STEP,),
    whole=True,
    misconceptions=(
        Misconception("as-found", f"dh_t = dh[t] + dh_next\n        {STEP}",
                      f"dh[t] += dh_next\n        {STEP}".replace("(dh_t,", "(dh[t],"),
                      "dh is still changed, as it was when the exhibit was found. The check hands one dh to it twice, "
                      "as two cells do that share an upstream gradient, and looks at the second answer. Do the same, "
                      "and compare the two."),
        Misconception("dh_T-ignored", "*x.shape)), dh_T", "*x.shape)), np.zeros_like(dh_T)",
                      "dh_T is not used: it is what arrives at the last state from the steps after it, and the carry "
                      "begins with it."),
        *without(RNN_BACKWARD, "carry-seeded-with-ones", "last-upstream-twice"),
    ),
)

EXERCISES = (EXHIBIT_SUM, EXHIBIT_CARRY, EXHIBIT_STATES, EXHIBIT_SLOPE, EXHIBIT_GATES, EXHIBIT_UPSTREAM)
