"""Lesson 06: the LSTM, its gates, one step, and a sequence."""

from rnnkit.exercises.design import BRACKET_COUNTER
from rnnkit.exercises.exercise import BATCH_OF_ONE, ONE_STEP, Exercise, Misconception, normal, orders
from rnnkit.exercises.through_time import last_step_alone, look_at_the_cache
from rnnkit.lstm import lstm_forward, lstm_gates, lstm_step

SIZES = {"T": 5, "N": 3, "D": 4, "H": 6}
SPLIT = "a_i, a_f, a_g, a_o = np.split(x @ W_x + h @ W_h + b, 4, axis=1)"
SQUASHED = "sigmoid(a_i), sigmoid(a_f), np.tanh(a_g), sigmoid(a_o)"

LSTM_GATES = Exercise(
    name="lstm_gates",
    built="You have built the gates of an LSTM.",
    signature="lstm_gates(x, h, W_x, W_h, b) -> i, f, g, o",
    inputs=normal(x="N D", h="N H", W_x="D 4H", W_h="H 4H", b="4H"),
    outputs={"i": "N H", "f": "N H", "g": "N H", "o": "N H"},
    sizes=SIZES,
    reference=lstm_gates,
    edges=(BATCH_OF_ONE,),
    misconceptions=(
        Misconception("order-i-f-o-g", SPLIT, SPLIT.replace("a_g, a_o", "a_o, a_g"),
                      "The third and the fourth block are exchanged: you read the weights in the order i, f, o, g. "
                      "Ours lie in the order i, f, g, o."),
        Misconception("order-i-o-f-g", SPLIT, SPLIT.replace("a_f, a_g, a_o", "a_o, a_f, a_g"),
                      "You read the blocks in the order i, o, f, g. Ours lie in the order i, f, g, o."),
        *orders(SPLIT, ("a_i, a_f, a_g, a_o",), "i f g o",
                "You read the blocks in the order {order}. Ours lie in the order i, f, g, o.",
                known=("i f o g", "i o f g", "f i g o")),
        Misconception("input-and-forget-exchanged", SPLIT, SPLIT.replace("a_i, a_f", "a_f, a_i"),
                      "The input gate and the forget gate are exchanged. The first block is i, the second f."),
        Misconception("interleaved", SPLIT,
                      "a_i, a_f, a_g, a_o = np.moveaxis((x @ W_x + h @ W_h + b).reshape(len(x), -1, 4), 2, 0)",
                      "You took every fourth column for a gate. The blocks lie one behind the other, H columns each: "
                      "first all of i, then all of f."),
        Misconception("glued-and-cut-in-two-orders", "x @ W_x + h @ W_h + b",
                      "np.hstack([x, h]) @ np.vstack([W_h, W_x]) + b",
                      "x and h are glued in one order, W_x and W_h in the other, so x meets rows of W_h. The order is "
                      "free, but it has to be the same for both."),
        Misconception("candidate-through-sigmoid", "np.tanh(a_g)", "sigmoid(a_g)",
                      "The candidate went through a sigmoid. It is no gate: tanh lets it be negative."),
        Misconception("gates-through-tanh", SQUASHED, "np.tanh(a_i), np.tanh(a_f), np.tanh(a_g), np.tanh(a_o)",
                      "The gates went through a tanh. A gate says how much, from 0 to 1: that is a sigmoid."),
        Misconception("output-gate-through-tanh", "sigmoid(a_o)", "np.tanh(a_o)",
                      "The output gate went through a tanh. It is a gate, so it lies between 0 and 1."),
        Misconception("all-through-sigmoid-then-tanh", "np.tanh(a_g)", "np.tanh(sigmoid(a_g))",
                      "The candidate was squashed twice. It is the tanh of its block, and nothing else."),
        Misconception("bias-left-out", "h @ W_h + b", "h @ W_h", "The bias b was left out of the sum."),
        Misconception("forget-bias-of-one", "sigmoid(a_f)", "sigmoid(a_f + 1)",
                      "1 was added to the forget gate's sum, as some libraries begin. Here every bias is in b."),
        Misconception("tanh-before-the-sigmoids", SQUASHED,
                      "sigmoid(np.tanh(a_i)), sigmoid(np.tanh(a_f)), np.tanh(a_g), sigmoid(np.tanh(a_o))",
                      "The gates were squashed twice, by a tanh and then by the sigmoid. A gate is the sigmoid of its "
                      "sum."),
        Misconception("one-bias-for-all", "h @ W_h + b", "h @ W_h + np.tile(b[: len(b) // 4], 4)",
                      "Every gate got the bias of the first block. Each gate has a bias of its own, in its own block."),
        Misconception("state-ignored", "x @ W_x + h @ W_h + b", "x @ W_x + b",
                      "The hidden state h plays no part. A gate looks at the input and at the state."),
        Misconception("input-ignored", "x @ W_x + h @ W_h + b", "h @ W_h + b",
                      "The input x plays no part. A gate looks at the input and at the state."),
        Misconception("not-squashed", SQUASHED, "a_i, a_f, a_g, a_o",
                      "These are the sums. The gates are their sigmoids, the candidate is its tanh."),
        Misconception("returned-in-another-order", SQUASHED,
                      "sigmoid(a_i), sigmoid(a_f), sigmoid(a_o), np.tanh(a_g)",
                      "The candidate and the output gate are returned in the wrong order: i, f, g, o was asked for."),
        Misconception("forget-gate-is-one-minus-input", SQUASHED,
                      "sigmoid(a_i), 1 - sigmoid(a_i), np.tanh(a_g), sigmoid(a_o)",
                      "The forget gate is one minus the input gate here. That is another cell; in this one f has "
                      "weights of its own."),
        Misconception("rows-mixed", "a_i, a_f, a_g, a_o = np.split(x @ W_x + h @ W_h + b, 4, axis=1)",
                      "a_i, a_f, a_g, a_o = (x @ W_x + h @ W_h + b).reshape(4, len(x), -1)",
                      "reshape(4, N, H) cuts the rows, not the columns, and mixes the sequences. np.split with "
                      "axis=1 cuts columns."),
        Misconception("candidates-block-for-output", "np.tanh(a_g), sigmoid(a_o)", "np.tanh(a_g), sigmoid(a_g)",
                      "The output gate was cut from the candidate's block. Its own is the last."),
        Misconception("squashed-apart",
                      "a_i, a_f, a_g, a_o = np.split(x @ W_x + h @ W_h + b, 4, axis=1)\n"
                      "    return sigmoid(a_i), sigmoid(a_f), np.tanh(a_g), sigmoid(a_o)",
                      "p, q = np.split(x @ W_x + b, 4, axis=1), np.split(h @ W_h, 4, axis=1)\n"
                      "    return [s(u) + s(v) for s, u, v in zip((sigmoid, sigmoid, np.tanh, sigmoid), p, q)]",
                      "The two products were squashed one by one. Add first, then squash the sum once."),
        Misconception("candidate-from-the-input-gates-sum", "np.tanh(a_g)", "np.tanh(a_i)",
                      "The candidate is the tanh of the input gate's sum. It has a block of its own, the third."),
        Misconception("two-biases", "h @ W_h + b", "h @ W_h + 2 * b",
                      "The bias was added twice, once for each product. An LSTM here has one bias."),
        Misconception("transposed", "h @ W_h", "np.hstack([h @ block.T for block in np.split(W_h, 4, axis=1)])",
                      "The blocks of W_h were transposed. NumPy does not complain, because each is square. A row "
                      "vector stands on the left: h W_h."),
    ),
)

CELL = "    c_next = f * c + i * g\n"
GATES = "i, f, g, o = lstm_gates(x, h, W_x, W_h, b)"
HIDDEN = "h_next = o * np.tanh(c_next)"

LSTM_STEP = Exercise(
    name="lstm_step",
    built="You have built one step of an LSTM.",
    torch="nn.LSTMCell",
    signature="lstm_step(x, h, c, W_x, W_h, b) -> h_next, c_next, cache",
    inputs=normal(x="N D", h="N H", c="N H", W_x="D 4H", W_h="H 4H", b="4H"),
    outputs={"h_next": "N H", "c_next": "N H"},
    sizes=SIZES,
    reference=lstm_step,
    solved_by=("lstm_step_peephole",),
    one_step="lstm_gates",
    edges=(BATCH_OF_ONE,),
    misconceptions=(
        Misconception("gates-unpacked-in-another-order", GATES, "i, f, o, g = lstm_gates(x, h, W_x, W_h, b)",
                      "The candidate and the output gate are exchanged. lstm_gates returns i, f, g, o, in this order."),
        Misconception("no-tanh-on-the-way-out", HIDDEN, "h_next = o * c_next",
                      "The hidden state is o times c. The cell state is squashed on its way out: o * tanh(c)."),
        Misconception("tanh-on-the-cell-state", CELL, "    c_next = np.tanh(f * c + i * g)\n",
                      "The cell state was squashed. Nothing squashes it from step to step; only what is shown of it, "
                      "in h, goes through a tanh."),
        Misconception("input-and-forget-exchanged", CELL, "    c_next = i * c + f * g\n",
                      "The input gate and the forget gate are exchanged: f belongs to the old cell state, i to the "
                      "candidate."),
        Misconception("one-minus-forget-for-input", CELL, "    c_next = f * c + (1 - f) * g\n",
                      "You let in 1 - f of the candidate. That is how a GRU does it. An LSTM has an input gate for "
                      "it."),
        Misconception("input-gate-missing", CELL, "    c_next = f * c + g\n",
                      "The whole candidate is added. The input gate says how much of it."),
        Misconception("forget-gate-missing", CELL, "    c_next = c + i * g\n",
                      "The old cell state is kept whole, as in the LSTM of 1997. The forget gate has to multiply it."),
        Misconception("forget-gate-upside-down", CELL, "    c_next = (1 - f) * c + i * g\n",
                      "The old cell state is multiplied by 1 - f. The forget gate says how much to keep: at 1 it keeps "
                      "everything."),
        Misconception("old-cell-state-lost", CELL, "    c_next = i * g\n",
                      "The old cell state plays no part. What is kept of it is f * c."),
        Misconception("old-cell-state-shown", HIDDEN, "h_next = o * np.tanh(c)",
                      "The hidden state shows the old cell state. It should show the new one, c_next."),
        Misconception("output-gate-missing", HIDDEN, "h_next = np.tanh(c_next)",
                      "The output gate is missing from the hidden state: o * tanh(c_next)."),
        Misconception("hidden-for-cell", CELL, "    c_next = f * h + i * g\n",
                      "The forget gate multiplies the hidden state. What it keeps is the old cell state, c."),
        Misconception("gate-inside-the-tanh", HIDDEN, "h_next = np.tanh(o * c_next)",
                      "The output gate stands inside the tanh. Squash first, then let the gate decide."),
        Misconception("sigmoid-on-the-way-out", HIDDEN, "h_next = o / (1 + np.exp(-c_next))",
                      "The cell state was squashed by a sigmoid on its way out. It is a tanh."),
        Misconception("returned-the-other-way-round", "return h_next, c_next,", "return c_next, h_next,",
                      "The two states are returned in the wrong order. First the hidden state, then the cell state."),
        Misconception("output-gate-for-input-gate", "    c_next = f * c + i * g\n", "    c_next = f * c + o * g\n",
                      "The output gate multiplies the candidate. What lets it in is i."),
        Misconception("gates-read-the-cell-state", "lstm_gates(x, h, W_x", "lstm_gates(x, c, W_x",
                      "The gates were given c. They look at the input and at the hidden state."),
        Misconception("candidate-squashed-twice", "    c_next = f * c + i * g\n",
                      "    c_next = f * c + i * np.tanh(g)\n",
                      "The candidate was squashed once more. It is a tanh already."),
        Misconception("output-gate-on-the-cell-state", "    c_next = f * c + i * g\n",
                      "    c_next = o * (f * c + i * g)\n",
                      "The output gate multiplies the cell state itself. It only decides what is shown of it."),
        Misconception("candidate-at-the-exit", "o * np.tanh(c_next)", "g * np.tanh(c_next)",
                      "The candidate multiplies what is shown. The gate there is o."),
        Misconception("forget-gate-on-the-candidate", "    c_next = f * c + i * g\n", "    c_next = c + f * g\n",
                      "The forget gate multiplies the candidate, and the old cell state is kept whole. f belongs to "
                      "c, i to g."),
        Misconception("hidden-state-shown", "np.tanh(c_next)", "np.tanh(h)",
                      "The output gate shows the old hidden state. What it shows is the new cell state."),
        Misconception("gates-apart", "    c_next = f * c + i * g\n", "    c_next = f * (c + i * g)\n",
                      "The forget gate multiplies the candidate's part as well. It belongs to the old cell state "
                      "alone."),
        Misconception("cell-state-for-both", "return h_next, c_next,", "return h_next, h_next,",
                      "The hidden state is returned twice. The second result is the cell state, c_next."),
        Misconception("old-states-returned", "return h_next, c_next,", "return h, c,",
                      "These are the states that came in. Return the new ones."),
    ),
)

STEP = "h_t, c_t, cache = lstm_step(x_t, h_t, c_t, W_x, W_h, b)"

LSTM_FORWARD = Exercise(
    name="lstm_forward",
    built="You have built an LSTM: it reads whole sequences.",
    torch="nn.LSTM",
    signature="lstm_forward(x, h0, c0, W_x, W_h, b) -> h, c, cache",
    inputs=normal(x="T N D", h0="N H", c0="N H", W_x="D 4H", W_h="H 4H", b="4H"),
    outputs={"h": "T N H", "c": "T N H"},
    sizes=SIZES,
    reference=lstm_forward,
    one_step="lstm_step",
    given={"last_step_alone": last_step_alone},
    look=look_at_the_cache("07"),
    edges=(BATCH_OF_ONE, ONE_STEP),
    misconceptions=(
        Misconception("cell-state-not-carried", STEP, "h_t, c_t, cache = lstm_step(x_t, h_t, c0, W_x, W_h, b)",
                      "Every step starts from c0. Step t has to start from the cell state that step t - 1 left."),
        Misconception("hidden-state-not-carried", STEP, "h_t, c_t, cache = lstm_step(x_t, h0, c_t, W_x, W_h, b)",
                      "Every step starts from h0. Step t has to start from the hidden state that step t - 1 left."),
        Misconception("c0-ignored", "h_t, c_t = h0, c0", "h_t, c_t = h0, np.zeros_like(c0)",
                      "The first cell state is zeros, not the c0 that was passed in."),
        Misconception("h0-ignored", "h_t, c_t = h0, c0", "h_t, c_t = np.zeros_like(h0), c0",
                      "The first hidden state is zeros, not the h0 that was passed in."),
        Misconception("initial-states-ignored", "h_t, c_t = h0, c0", "h_t, c_t = np.zeros_like(h0), np.zeros_like(c0)",
                      "Both states begin as zeros, not as the h0 and c0 that were passed in."),
        Misconception("h0-for-c0", "h_t, c_t = h0, c0", "h_t, c_t = h0, h0",
                      "The cell state begins as h0. It has an initial value of its own, c0."),
        Misconception("initial-states-exchanged", "h_t, c_t = h0, c0", "h_t, c_t = c0, h0",
                      "h0 and c0 are exchanged."),
        Misconception("states-exchanged-on-the-way", "lstm_step(x_t, h_t, c_t,", "lstm_step(x_t, c_t, h_t,",
                      "The step was given the cell state where it expects the hidden state, and the reverse."),
        Misconception("results-exchanged", STEP, STEP.replace("h_t, c_t, cache =", "c_t, h_t, cache ="),
                      "What the step returns was unpacked in the wrong order. First the hidden state, then the cell "
                      "state."),
        Misconception("x-not-indexed", "lstm_step(x_t, h_t", "lstm_step(x[0], h_t",
                      "Every step reads the same input, x[0]. Step t reads x[t]."),
        Misconception("last-states-only", "return np.stack(h), np.stack(c), caches", "return h[-1], c[-1], caches",
                      "Only the last states are returned. Keep those of every step: h and c are (T, N, H)."),
        Misconception("cell-state-of-the-last-step-only", "np.stack(c), caches", "np.stack([c_t for _ in c]), caches",
                      "Every c[t] is the last cell state. Keep each one when its step has made it."),
        Misconception("shifted", "np.stack(h), np.stack(c), caches",
                      "np.stack([h0, *h[:-1]]), np.stack([c0, *c[:-1]]), caches",
                      "The states are one step late: h[0] is h0. h[0] should be the state after the first input."),
        Misconception("backwards-in-time", "for x_t in x:", "for x_t in x[::-1]:",
                      "The sequence was read from its end. Time starts at t = 0."),
        Misconception("first-slots-hold-the-initial-states",
                      "h, c, caches = [], [], []\n    h_t, c_t = h0, c0\n    for x_t in x:",
                      "h, c, caches = [h0], [c0], []\n    h_t, c_t = h0, c0\n    for x_t in x[1:]:",
                      "h[0] and c[0] are h0 and c0, and the first input is never read. They should be the states after "
                      "x[0]."),
        Misconception("returned-the-other-way-round", "return np.stack(h), np.stack(c),",
                      "return np.stack(c), np.stack(h),",
                      "The two are returned in the wrong order. First the hidden states, then the cell states."),
        Misconception("time-and-batch-exchanged", "np.stack(h), np.stack(c), caches",
                      "np.stack(h, axis=1), np.stack(c, axis=1), caches",
                      "The axes of time and batch are exchanged. Time comes first: h is (T, N, H)."),
        Misconception("hidden-states-twice", "np.stack(h), np.stack(c)", "np.stack(h), np.stack(h)",
                      "The hidden states were collected twice. c is a list of its own."),
        Misconception("neither-carried", "lstm_step(x_t, h_t, c_t,", "lstm_step(x_t, h0, c0,",
                      "Every step starts from h0 and c0. Step t has to start from the two states that step t - 1 "
                      "left."),
        Misconception("inputs-one-step-late", "for x_t in x:", "for x_t in [x[-1], *x[:-1]]:",
                      "Every step reads the input of the step before it, and at t = 0 the index -1 is the last "
                      "input. Step t reads x[t]."),
        Misconception("last-input-only", "lstm_step(x_t, h_t", "lstm_step(x[-1], h_t",
                      "Every step reads the last input, x[-1]. Step t reads x[t]."),
        Misconception("one-array-for-all", "np.stack(h), np.stack(c), caches",
                      "np.stack([h_t for _ in h]), np.stack([c_t for _ in c]), caches",
                      "Every h[t] and every c[t] is the last state. Keep each one when its step has made it."),
    ),
)

EXERCISES = (LSTM_GATES, LSTM_STEP, LSTM_FORWARD, BRACKET_COUNTER)
