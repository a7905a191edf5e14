"""Lesson 07's longest exercise: the gradient through one step of an LSTM."""

from rnnkit.exercises.exercise import BATCH_OF_ONE, Exercise, Misconception, normal, orders
from rnnkit.lstm import lstm_step_backward

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
        Misconception("dc_next-through-the-output-gate", MEET, "dc_next = (dc_next + dh_next) * o * (1 - tanh_c ** 2)",
                      "dc_next went through the output gate and the tanh as well. It arrives at c_next directly; only "
                      "what came through h_next passed both."),
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
        Misconception("weights-averaged-but-not-the-bias", "x.T @ da, h.T @ da, da", "x.T @ da / len(x), h.T @ da / "
                      "len(x), da",
                      "The gradients of W_x and W_h are means over the batch. They should be sums: any averaging "
                      "belongs to the loss."),
        Misconception("all-weights-averaged", "x.T @ da, h.T @ da, da.sum(axis=0)",
                      "x.T @ da / len(x), h.T @ da / len(x), da.mean(axis=0)",
                      "The gradients of W_x, W_h and b are means over the batch. They should be sums: any averaging "
                      "belongs to the loss."),
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
