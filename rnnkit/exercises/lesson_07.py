"""Lesson 07: the gradient through an LSTM, one step, a sequence, and a forget gate that begins open."""

import numpy as np

from rnnkit.exercises.exercise import BATCH_OF_ONE, ONE_STEP, Exercise, Misconception, normal
from rnnkit.exercises.through_an_lstm_step import GATES, LSTM_STEP_BACKWARD, SIZES
from rnnkit.exercises.through_time import THROUGH_TIME
from rnnkit.lstm import forget_bias, lstm_backward

STEP = "dx[t], dh_next, dc_next, dW_x_t, dW_h_t, db_t = lstm_step_backward(dh_t, dc_next, cache[t])"

LSTM_BACKWARD = Exercise(
    name="lstm_backward",
    built="You have built backpropagation through time for an LSTM.",
    torch="nn.LSTM",
    signature="lstm_backward(dh, dc_T, cache) -> dx, dh0, dc0, dW_x, dW_h, db",
    after=("lstm_forward(x, h0, c0, W_x, W_h, b) -> h, c, cache",),
    inputs=normal(x="T N D", h0="N H", c0="N H", W_x="D 4H", W_h="H 4H", b="4H", dh="T N H", dc_T="N H"),
    outputs={"dx": "T N D", "dh0": "N H", "dc0": "N H", "dW_x": "D 4H", "dW_h": "H 4H", "db": "4H"},
    sizes=SIZES,
    reference=lstm_backward,
    one_step="lstm_step_backward",
    upstream=("dh", "dc_T"),
    edges=(BATCH_OF_ONE, ONE_STEP),
    blocks=GATES,
    misconceptions=(
        *THROUGH_TIME,
        Misconception("dc-not-carried", "(dh_t, dc_next, cache[t])",
                      "(dh_t, dc_T if t == len(cache) - 1 else 0 * dc_T, cache[t])",
                      "The gradient of the hidden state is carried from step to step, that of the cell state is not. "
                      "Both go on: the route along c is what the LSTM was built for."),
        Misconception("no-dc-at-all", "(dh_t, dc_next, cache[t])", "(dh_t, 0 * dc_T, cache[t])",
                      "Every step was given zeros for the gradient of its cell state. The last step gets dc_T, every "
                      "other what step t + 1 sent back."),
        Misconception("dh-not-carried", "dh_t = dh[t] + dh_next", "dh_t = dh[t]",
                      "What step t + 1 sent back along the hidden state never arrives: add it to dh[t]."),
        Misconception("dc-never-updated", STEP, STEP.replace("dh_next, dc_next, dW", "dh_next, dc, dW"),
                      "dc_next is never updated: every step gets dc_T. What a step sends back is the next round's, and "
                      "in the end dc0."),
        Misconception("dh-never-updated", STEP, STEP.replace("dh_next, dc_next, dW", "_, dc_next, dW"),
                      "dh_next is added but never updated, so it stays zero. What a step sends back along the hidden "
                      "state is the next round's, and in the end dh0."),
        Misconception("nothing-updated", STEP, STEP.replace("dh_next, dc_next, dW", "_, _, dW"),
                      "Neither dh_next nor dc_next is ever updated. What a step sends back, along the hidden state and "
                      "along the cell state, is the next round's."),
        Misconception("dh-summed", STEP, STEP.replace("dh_next, dc_next, dW", "dh_prev, dc_next, dW")
                      + "\n        dh_next = dh_next + dh_prev",
                      "The carry of dh is summed up over the steps. Each step replaces it: what t sends back already "
                      "contains what t + 1 sent."),
        Misconception("dc-summed", STEP, STEP.replace("dh_next, dc_next, dW", "dh_next, dc_prev, dW")
                      + "\n        dc_next = dc_next + dc_prev",
                      "The carry of dc is summed up over the steps. Each step replaces it: what t sends back already "
                      "contains what t + 1 sent."),
        Misconception("dx-without-the-carry", STEP, STEP.replace("dx[t], dh_next", "_, dh_next")
                      + "\n        dx[t] = lstm_step_backward(dh[t], 0 * dc_T, cache[t])[0]",
                      "dx was computed from dh[t] alone. An input moves every later state too, so dx needs both "
                      "carries as much as the weights do."),
        Misconception("dc_T-ignored", "np.zeros_like(h0), dc_T", "np.zeros_like(h0), np.zeros_like(dc_T)",
                      "dc_T plays no part. The last cell state has an upstream gradient of its own; begin with it."),
        Misconception("dc_T-at-every-step", "(dh_t, dc_next, cache[t])",
                      "(dh_t, dc_next + (t < len(cache) - 1) * dc_T, cache[t])",
                      "dc_T is added at every step. It is the gradient of the last cell state only."),
        Misconception("upstream-ignored", "dh_t = dh[t] + dh_next", "dh_t = dh_next",
                      "What comes from above, dh[t], is never used. Every step adds it to dh_next."),
        Misconception("only-the-first-step", "        dW_x += dW_x_t\n        dW_h += dW_h_t\n        db += db_t",
                      "        dW_x, dW_h, db = dW_x_t, dW_h_t, db_t",
                      "The weight gradients hold one step only: = where += belongs. A shared weight collects from "
                      "every step."),
        Misconception("states-off-by-one", "lstm_step_backward(dh_t, dc_next, cache[t])",
                      "lstm_step_backward(dh_t, dc_next, cache[t - 1])",
                      "The cache is one step off: step t was taken back with what step t - 1 kept."),
        Misconception("carries-exchanged", STEP, STEP.replace("dh_next, dc_next, dW", "dc_next, dh_next, dW"),
                      "The two carries are exchanged: a step sends back dh first, then dc."),
        Misconception("dh0-and-dc0-zero", "return dx, dh_next, dc_next,",
                      "return dx, np.zeros_like(dh_next), np.zeros_like(dc_next),",
                      "dh0 and dc0 are zero. They are what the first step sends back."),
        Misconception("dc0-is-dh0", "return dx, dh_next, dc_next,", "return dx, dh_next, dh_next,",
                      "dc0 is a copy of dh0. It is what the first step sends back along the cell state."),
        Misconception("dc0-without-f", "return dx, dh_next, dc_next,", "return dx, dh_next, dc_next / cache[0][4],",
                      "dc0 misses one forget gate, the first step's. On the way from c_1 back to c0 it multiplies like "
                      "any other."),
        Misconception("divided-by-T", "return dx, dh_next, dc_next, dW_x, dW_h, db",
                      "return dx, dh_next, dc_next, dW_x / len(cache), dW_h / len(cache), db / len(cache)",
                      "The weight gradients are means over the steps. They should be sums: any averaging belongs to "
                      "the loss."),
        Misconception("dh-to-the-cell-state", "dh_t = dh[t] + dh_next", "dh_t, dc_next = dh_next, dc_next + dh[t]",
                      "dh[t] was added to the cell state's carry. It comes from above, and above reads h."),
        Misconception("dh-to-both", "dh_t = dh[t] + dh_next", "dh_t, dc_next = dh[t] + dh_next, dc_next + dh[t]",
                      "dh[t] was added to both carries. Nobody above reads c."),
        Misconception("carries-exchanged-going-in", "dh_t = dh[t] + dh_next",
                      "dh_t, dc_next = dh[t] + dc_next, dh_next",
                      "The two carries are exchanged on their way into the step."),
        Misconception("dh0-and-dc0-exchanged", "return dx, dh_next, dc_next,", "return dx, dc_next, dh_next,",
                      "dh0 and dc0 are exchanged in the return."),
        Misconception("dc0-zero", "return dx, dh_next, dc_next,", "return dx, dh_next, np.zeros_like(dc_next),",
                      "dc0 is zero. It is what the first step sends back along the cell state."),
        Misconception("dc0-is-dc_T", "return dx, dh_next, dc_next,", "return dx, dh_next, dc_T,",
                      "dc0 is dc_T, the gradient of the last cell state. It has to come back through all the steps."),
        Misconception("both-summed",
                      "dx[t], dh_next, dc_next, dW_x_t, dW_h_t, db_t = lstm_step_backward(dh_t, dc_next, cache[t])",
                      "dx[t], dh_prev, dc_prev, dW_x_t, dW_h_t, db_t = lstm_step_backward(dh_t, dc_next, cache[t])\n"
                      "        dh_next, dc_next = dh_next + dh_prev, dc_next + dc_prev",
                      "Both carries are summed up over the steps. Each step replaces them: what t sends back already "
                      "contains what t + 1 sent."),
        Misconception("averaged-over-the-batch", "return dx, dh_next, dc_next, dW_x, dW_h, db",
                      "return dx, dh_next, dc_next, dW_x / len(h0), dW_h / len(h0), db / len(h0)",
                      "The weight gradients are means over the batch. They should be sums over it: any averaging "
                      "belongs to the loss."),
        Misconception("dc_T-twice", "np.zeros_like(h0), dc_T", "np.zeros_like(h0), 2 * dc_T",
                      "dc_T counts twice at the last step: it is the carry before the loop, and nothing is added to "
                      "it."),
        Misconception("returned-but-never-carried",
                      "dx[t], dh_next, dc_next, dW_x_t, dW_h_t, db_t = lstm_step_backward(dh_t, dc_next, cache[t])\n"
                      "        dW_x += dW_x_t\n"
                      "        dW_h += dW_h_t\n"
                      "        db += db_t\n"
                      "    return dx, dh_next, dc_next,",
                      "dx[t], dh_prev, dc_prev, dW_x_t, dW_h_t, db_t = lstm_step_backward(dh_t, dc_next, cache[t])\n"
                      "        dW_x += dW_x_t\n"
                      "        dW_h += dW_h_t\n"
                      "        db += db_t\n"
                      "    return dx, dh_prev, dc_prev,",
                      "dh_next and dc_next are never updated, so every step gets what the last one got. What a step "
                      "sends back is the next round's dh_next and dc_next."),
    ),
)

SET = "b_new[H:2 * H] = value"

FORGET_BIAS = Exercise(
    name="forget_bias",
    built="You have built a bias with which an LSTM begins by keeping.",
    signature="forget_bias(b, value) -> b_new",
    inputs=lambda rng, H: {"b": rng.standard_normal(4 * H), "value": np.array(1 + rng.random())},
    outputs={"b_new": "4H"},
    sizes={"H": 5},
    reference=forget_bias,
    blocks={"b_new": "i f g o"},
    misconceptions=(
        Misconception("input-block", SET, "b_new[:H] = value",
                      "You set the first block, which is the input gate's. The forget gate's is the second."),
        Misconception("third-block", SET, "b_new[2 * H:3 * H] = value",
                      "You set the third block, which is the candidate's. The forget gate's is the second."),
        Misconception("output-block", SET, "b_new[3 * H:] = value",
                      "You set the last block, which is the output gate's. The forget gate's is the second."),
        Misconception("added", SET, "b_new[H:2 * H] += value",
                      "The value was added to the bias that was there. It should replace it."),
        Misconception("twice", SET, "b_new[H:2 * H] = 2 * value",
                      "The bias is twice the value. Was it set in two places?"),
        Misconception("everywhere", SET, "b_new[:] = value",
                      "Every block was set. Only the forget gate should begin open."),
        Misconception("from-the-second-block-on", SET, "b_new[H:] = value",
                      "Everything from the second block on was set. The forget gate's block ends at 2 H."),
        Misconception("every-fourth", SET, "b_new[1::4] = value",
                      "Every fourth entry was set. The gates' biases do not alternate: they lie in blocks of H."),
        Misconception("negative", SET, "b_new[H:2 * H] = -value",
                      "The sign is wrong: a negative bias closes the gate. It should begin open."),
        Misconception("squashed", SET, "b_new[H:2 * H] = 1 / (1 + np.exp(-value))",
                      "The bias is the sigmoid of the value. The gate does the squashing; the bias stands before it."),
        Misconception("two-blocks", SET, "b_new[H:3 * H] = value",
                      "The candidate's block was set as well. The forget gate's block ends at 2 H."),
        Misconception("one-entry", SET, "b_new[H] = value",
                      "Only one number was set. The forget gate has H biases, one for each unit."),
        Misconception("one-short", SET, "b_new[H:2 * H - 1] = value",
                      "The last unit of the block was left out. A slice ends before its second number."),
        Misconception("wrong-length", "H = len(b) // 4", "H = len(b)",
                      "Nothing was set: the slice is empty. b has 4H numbers; how many is H?"),
        Misconception("others-zero", "b.copy()", "np.zeros_like(b)",
                      "The other three blocks are zero. Copy b, and change one block."),
        Misconception("whole-numbers", "b.copy()", "b.astype(int)",
                      "The array holds whole numbers, so every bias lost its fraction."),
    ),
)

EXERCISES = (LSTM_STEP_BACKWARD, LSTM_BACKWARD, FORGET_BIAS)
