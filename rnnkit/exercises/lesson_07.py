"""Lesson 07: the gradient through an LSTM, one step, a sequence, and a forget gate that begins open."""

import numpy as np

from rnnkit.exercises.exercise import BATCH_OF_ONE, ONE_STEP, Exercise, Misconception, normal, orders
from rnnkit.exercises.through_time import THROUGH_TIME
from rnnkit.lstm import forget_bias, lstm_backward, lstm_step_backward

SIZES = {"T": 5, "N": 3, "D": 4, "H": 6}
GATES = {name: "i f g o" for name in ("dW_x", "dW_h", "db")}
GATE_LINES = """da_i = dc_next * g * i * (1 - i)
    da_f = dc_next * c * f * (1 - f)
    da_g = dc_next * i * (1 - g ** 2)
    da_o = dh_next * tanh_c * o * (1 - o)"""
BLOCKS = "np.concatenate([da_i, da_f, da_g, da_o], axis=1)"
BACK = "dx, dh, dc = da @ W_x.T, da @ W_h.T, dc_next * f"
MEET = "dc_next = dc_next + dh_next * o * (1 - tanh_c ** 2)"
FLAT = "The slope {slope} is missing from the {gate}: only its block of the gradients is wrong. A gate's own slope " \
       "multiplies what reached it."

LSTM_STEP_BACKWARD = Exercise(
    name="lstm_step_backward",
    built="You have built one step of backpropagation through an LSTM.",
    torch="nn.LSTMCell",
    signature="lstm_step_backward(dh_next, dc_next, cache) -> dx, dh, dc, dW_x, dW_h, db",
    after=("lstm_step(x, h, c, W_x, W_h, b) -> h_next, c_next, cache",),
    inputs=normal(x="N D", h="N H", c="N H", W_x="D 4H", W_h="H 4H", b="4H", dh_next="N H", dc_next="N H"),
    outputs={"dx": "N D", "dh": "N H", "dc": "N H", "dW_x": "D 4H", "dW_h": "H 4H", "db": "4H"},
    sizes=SIZES,
    reference=lstm_step_backward,
    upstream=("dh_next", "dc_next"),
    edges=(BATCH_OF_ONE,),
    blocks=GATES,
    misconceptions=(
        Misconception("route-through-h-lost", MEET, "dc_next = dc_next + 0 * dh_next",
                      "The cell state reaches the loss through h_next as well. That route, dh_next * o * (1 - "
                      "tanh(c_next)^2), is missing."),
        Misconception("dc_next-not-added", MEET, "dc_next = dh_next * o * (1 - tanh_c ** 2)",
                      "What arrives along the cell state, dc_next, is not added. Two gradients meet in c_next."),
        Misconception("slope-of-tanh-on-both-routes", MEET, "dc_next = (dc_next + dh_next * o) * (1 - tanh_c ** 2)",
                      "The slope of tanh multiplies dc_next as well. Only what came through h_next went through the "
                      "tanh."),
        Misconception("slope-of-c-not-of-tanh-c", "(1 - tanh_c ** 2)", "(1 - c_next ** 2)",
                      "The slope of tanh was taken at c_next itself, 1 - c^2. It is 1 - tanh(c)^2: the square belongs "
                      "to what tanh returned."),
        Misconception("no-slope-of-tanh-c", "dh_next * o * (1 - tanh_c ** 2)", "dh_next * o",
                      "On the way from h_next to c_next the slope of the tanh is missing."),
        Misconception("output-gate-missing-from-the-route", "dh_next * o * (1 - tanh_c ** 2)",
                      "dh_next * (1 - tanh_c ** 2)",
                      "On the way from h_next to c_next the output gate is missing: h_next is o * tanh(c_next)."),
        Misconception("output-gate-from-c", "dh_next * tanh_c * o * (1 - o)", "dh_next * c_next * o * (1 - o)",
                      "The output gate multiplied tanh(c_next), not c_next."),
        Misconception("output-gate-from-tanh-of-h", "dh_next * tanh_c * o", "dh_next * np.tanh(o * tanh_c) * o",
                      "The output gate was given tanh(h_next). It multiplied tanh(c_next)."),
        Misconception("output-gate-from-dc", "dh_next * tanh_c * o", "dc_next * tanh_c * o",
                      "The output gate acts on h_next only, so its upstream gradient is dh_next and not dc_total."),
        Misconception("forget-gate-from-h", "dc_next * c * f * (1 - f)", "dc_next * h * f * (1 - f)",
                      "The forget gate multiplied the old cell state c, not the hidden state h."),
        Misconception("forget-gate-from-the-new-cell-state", "dc_next * c * f * (1 - f)",
                      "dc_next * c_next * f * (1 - f)",
                      "The forget gate multiplied the old cell state c. You used the new one."),
        Misconception("input-gate-and-candidate-exchanged", GATE_LINES,
                      GATE_LINES.replace("dc_next * g * i", "dc_next * i * i").replace("i * (1 - g", "g * (1 - g"),
                      "i and g multiply each other, so each one's gradient holds the other. You gave each its own."),
        Misconception("input-slope-missing", "dc_next * g * i * (1 - i)", "dc_next * g",
                      FLAT.format(slope="i (1 - i)", gate="input gate")),
        Misconception("forget-slope-missing", "dc_next * c * f * (1 - f)", "dc_next * c",
                      FLAT.format(slope="f (1 - f)", gate="forget gate")),
        Misconception("candidate-slope-missing", "dc_next * i * (1 - g ** 2)", "dc_next * i",
                      FLAT.format(slope="1 - g^2", gate="candidate").replace("A gate's own", "Its own")),
        Misconception("output-slope-missing", "dh_next * tanh_c * o * (1 - o)", "dh_next * tanh_c",
                      FLAT.format(slope="o (1 - o)", gate="output gate")),
        Misconception("no-slope-anywhere",
                      GATE_LINES,
                      "da_i, da_f, da_g, da_o = dc_next * g, dc_next * c, dc_next * i, dh_next * tanh_c",
                      "These are the gradients of the gates, after the squashing. The weights stand before it: "
                      "multiply each by its gate's slope."),
        Misconception("sigmoid-twice", GATE_LINES,
                      "slope = lambda gate: np.exp(-gate) / (1 + np.exp(-gate)) ** 2\n"
                      "    da_i, da_f = dc_next * g * slope(i), dc_next * c * slope(f)\n"
                      "    da_g, da_o = dc_next * i * (1 - g ** 2), dh_next * tanh_c * slope(o)",
                      "The slope was taken of sigma(i), sigma(f) and sigma(o). The gates are sigmoids already, so it "
                      "is i (1 - i) and so on."),
        Misconception("squashed-where-the-slope-belongs", GATE_LINES,
                      "sigma = lambda gate: 1 / (1 + np.exp(-gate))\n"
                      "    da_i, da_f = dc_next * g * sigma(i), dc_next * c * sigma(f)\n"
                      "    da_g, da_o = dc_next * i * np.tanh(g), dh_next * tanh_c * sigma(o)",
                      "Each gate was squashed once more where its slope belongs. If your function has a flag for the "
                      "derivative, it was not set."),
        Misconception("candidate-with-a-gates-slope", "dc_next * i * (1 - g ** 2)", "dc_next * i * g * (1 - g)",
                      "The candidate is a tanh, and its slope is 1 - g^2. You used a sigmoid's."),
        Misconception("candidate-slope-without-the-square", "(1 - g ** 2)", "(1 - g)",
                      "The candidate is a tanh, and its slope is 1 - g^2. The square is missing."),
        Misconception("order-of-the-blocks", BLOCKS, BLOCKS.replace("da_g, da_o", "da_o, da_g"),
                      "The blocks were put together in the order i, f, o, g. The weights lie in the order i, f, g, o."),
        *orders(BLOCKS, ("da_i, da_f, da_g, da_o",), "i f g o",
                "The blocks were put together in the order {order}. The weights lie in the order i, f, g, o.",
                known=("i f o g",)),
        Misconception("dc-is-not-multiplied-by-f", "dc_next * f\n", "dc_next\n",
                      "dc went past the forget gate as if it were open. Back along the cell state everything is "
                      "multiplied by f."),
        Misconception("dc-from-the-upstream-alone", BACK,
                      BACK.replace("dc_next * f", "(dc_next - dh_next * o * (1 - tanh_c ** 2)) * f"),
                      "dc carries on only what came along the cell state. What came through h_next at this step has to "
                      "travel on as well: multiply their sum by f."),
        Misconception("one-gate-missing-from-dh", "da @ W_h.T,", "da[:, : -len(f[0])] @ W_h[:, : -len(f[0])].T,",
                      "The output gate's part is missing from dh. All four blocks look at h."),
        Misconception("dx-and-dh-from-the-forget-block-alone", "da @ W_x.T, da @ W_h.T,",
                      "da_f @ np.split(W_x, 4, axis=1)[1].T, da_f @ np.split(W_h, 4, axis=1)[1].T,",
                      "dx and dh hold the forget gate's part only. All four blocks look at x and h: add them up."),
        Misconception("dx-and-dh-exchanged", BACK, "dx, dh, dc = da @ W_h.T, da @ W_x.T, dc_next * f",
                      "dx and dh are exchanged. W_x brought x in and takes its gradient out again, W_h does it for h."),
        Misconception("dW_h-from-the-new-state", "h.T @ da", "(o * tanh_c).T @ da",
                      "dW_h was built with the new hidden state. W_h multiplied the old one, h."),
        Misconception("dW_h-from-the-cell-state", "h.T @ da", "c.T @ da",
                      "dW_h was built with the cell state. No weight looks at c: W_h multiplied h."),
        Misconception("db-one-bias-for-all", "da.sum(axis=0)", "np.tile(da_i.sum(axis=0), 4)",
                      "The bias gradient of the input gate was copied to the other blocks. Each has its own."),
        Misconception("db-mean", "da.sum(axis=0)", "da.mean(axis=0)",
                      "db is a mean over the batch. It should be the sum: any averaging belongs to the loss."),
        Misconception("candidate-squashed-twice", "(1 - g ** 2)", "(1 - np.tanh(g) ** 2)",
                      "tanh was applied to g again. g already is a tanh, so its slope is 1 - g^2."),
        Misconception("dh-and-dc-exchanged", "return dx, dh, dc,", "return dx, dc, dh,",
                      "dh and dc are exchanged in the return."),
        Misconception("slope-of-another-gate", "dc_next * c * f * (1 - f)", "dc_next * c * i * (1 - i)",
                      "The forget gate has the input gate's slope. Was its line copied?"),
        Misconception("forget-gate-from-itself", "dc_next * c * f * (1 - f)", "dc_next * f * f * (1 - f)",
                      "The forget gate's gradient holds f where the other factor belongs. What did f multiply?"),
        Misconception("upstream-added-to-dh", "da @ W_h.T", "da @ W_h.T + dh_next",
                      "dh_next itself was added to dh. h reaches the step through the gates only; the straight road "
                      "belongs to c."),
        Misconception("tanh-of-the-old-cell-state", "np.tanh(c_next)", "np.tanh(c)",
                      "tanh was taken of the old cell state. h_next = o * tanh(c_next) shows the new one."),
        Misconception("half-a-slope-at-the-output-gate", "tanh_c * o * (1 - o)", "tanh_c * o",
                      "Half of the output gate's slope is missing: o (1 - o)."),
        Misconception("slope-plus", "1 - tanh_c ** 2", "1 + tanh_c ** 2",
                      "The slope of the tanh is above 1 here. It never is: check a sign."),
        Misconception("no-square-at-tanh-c", "1 - tanh_c ** 2", "1 - tanh_c",
                      "The square is missing from the slope of the tanh on the way from h_next to c_next."),
        Misconception("cache-unpacked-in-another-order", "x, h, c, i, f, g, o, c_next, W_x, W_h = cache",
                      "x, h, c, f, i, g, o, c_next, W_x, W_h = cache",
                      "i and f are exchanged where the cache is unpacked."),
        Misconception("upstream-added-to-dc", "dc_next * f\n",
                      "dc_next * f + (dc_next - dh_next * o * (1 - tanh_c ** 2))\n",
                      "dc_next was added to dc again, past the forget gate. The sum of both upstream gradients times "
                      "f is all."),
        Misconception("f-twice", "dc_next * f\n", "dc_next * f * f\n",
                      "f multiplies dc twice."),
        Misconception("db-from-dW", "da.sum(axis=0)", "(x.T @ da).sum(axis=0)",
                      "db was taken from dW_x. The bias is not multiplied by x, so x has no place in its gradient."),
        Misconception("no-tanh-on-the-output-gate", "dh_next * tanh_c * o", "dh_next * o",
                      "The output gate's gradient misses what it multiplied: tanh(c_next)."),
        Misconception("dh-transpose-forgotten",
                      "da @ W_h.T",
                      "np.hsplit(da, 4)[0] @ np.split(W_h, 4, axis=1)[0] + np.hsplit(da, 4)[1] @ np.split(W_h, "
                      "4, axis=1)[1] + np.hsplit(da, 4)[2] @ np.split(W_h, 4, axis=1)[2] + np.hsplit(da, 4)[3] @ "
                      "np.split(W_h, 4, axis=1)[3]",
                      "dh used the blocks of W_h, not their transposes. Each block is square, so NumPy cannot "
                      "notice."),
    ),
)

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
