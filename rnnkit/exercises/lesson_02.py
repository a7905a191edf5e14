"""Lesson 02: the recurrent cell, one step and a sequence, and what is read out of it."""

from rnnkit.exercises.design import LATCH
from rnnkit.exercises.exercise import BATCH_OF_ONE, ONE_STEP, Exercise, Misconception, normal
from rnnkit.exercises.through_time import last_step_alone, look_at_the_cache
from rnnkit.rnn import readout, rnn_forward, rnn_step

SIZES = {"T": 5, "N": 3, "D": 4, "H": 6, "V": 7}

RNN_STEP = Exercise(
    name="rnn_step",
    built="You have built one step of a recurrent network.",
    torch="nn.RNNCell",
    signature="rnn_step(x, h, W_x, W_h, b) -> h_next, cache",
    inputs=normal(x="N D", h="N H", W_x="D H", W_h="H H", b="H"),
    outputs={"h_next": "N H"},
    sizes=SIZES,
    reference=rnn_step,
    edges=(BATCH_OF_ONE,),
    misconceptions=(
        Misconception("no-tanh", "np.tanh(x @ W_x + h @ W_h + b)", "x @ W_x + h @ W_h + b",
                      "The squashing is missing: this is a, and the new state is tanh(a)."),
        Misconception("bias-left-out", "h @ W_h + b", "h @ W_h", "The bias b was left out of the sum."),
        Misconception("bias-outside", "np.tanh(x @ W_x + h @ W_h + b)", "np.tanh(x @ W_x + h @ W_h) + b",
                      "The bias was added after the tanh. It belongs inside, in the sum that is squashed."),
        Misconception("two-biases", "h @ W_h + b", "h @ W_h + 2 * b",
                      "The bias was added twice, once for each product. This cell has one bias."),
        Misconception("transposed", "h @ W_h", "h @ W_h.T",
                      "W_h was transposed. NumPy does not complain, because W_h is square. A row vector stands on the "
                      "left: h W_h."),
        Misconception("state-ignored", "x @ W_x + h @ W_h + b", "x @ W_x + b",
                      "The old state h plays no part. Without it the network has no memory."),
        Misconception("input-ignored", "x @ W_x + h @ W_h + b", "h @ W_h + b",
                      "The input x plays no part in the new state."),
        Misconception("sigmoid-for-tanh", "np.tanh(x @ W_x + h @ W_h + b)",
                      "1 / (1 + np.exp(-(x @ W_x + h @ W_h + b)))",
                      "The sum was squashed by a sigmoid. This cell uses tanh, so that a state can be negative."),
        Misconception("squashed-apart", "np.tanh(x @ W_x + h @ W_h + b)", "np.tanh(x @ W_x) + np.tanh(h @ W_h + b)",
                      "The two products were squashed one by one. Add first, then squash the sum once."),
        Misconception("state-unweighted", "h @ W_h", "h",
                      "The old state was added as it is. It has to pass through W_h."),
        Misconception("input-squashed-alone", "np.tanh(x @ W_x + h @ W_h + b)", "np.tanh(x @ W_x) + h @ W_h + b",
                      "Only the input's part was squashed. The tanh goes around the whole sum."),
        Misconception("squashed-apart-bias-outside", "np.tanh(x @ W_x + h @ W_h + b)",
                      "np.tanh(x @ W_x) + np.tanh(h @ W_h) + b",
                      "The two products were squashed one by one. Add first, bias and all, then squash the sum once."),
        Misconception("tanh-twice", "np.tanh(x @ W_x + h @ W_h + b)", "np.tanh(np.tanh(x @ W_x + h @ W_h + b))",
                      "The sum was squashed twice."),
        Misconception("old-state-added-outside", "np.tanh(x @ W_x + h @ W_h + b)",
                      "h + np.tanh(x @ W_x + h @ W_h + b)",
                      "The old state was added once more, after the tanh. In this cell it enters through W_h only."),
        Misconception("old-state-returned", "return h_next, (x", "return h, (x",
                      "This is the state that came in. Return the new one."),
    ),
)

RNN_FORWARD = Exercise(
    name="rnn_forward",
    built="You have built a recurrent network: it reads whole sequences.",
    torch="nn.RNN",
    signature="rnn_forward(x, h0, W_x, W_h, b) -> h, cache",
    inputs=normal(x="T N D", h0="N H", W_x="D H", W_h="H H", b="H"),
    outputs={"h": "T N H"},
    sizes=SIZES,
    reference=rnn_forward,
    one_step="rnn_step",
    given={"last_step_alone": last_step_alone},
    look=look_at_the_cache("03"),
    edges=(BATCH_OF_ONE, ONE_STEP),
    misconceptions=(
        Misconception("h0-at-every-step", "rnn_step(x_t, h_t, W_x, W_h, b)", "rnn_step(x_t, h0, W_x, W_h, b)",
                      "Every step starts from h0. Step t has to start from the state that step t - 1 left."),
        Misconception("h0-ignored", "h_t = h0", "h_t = np.zeros_like(h0)",
                      "The first step starts from zeros, not from the h0 that was passed in. (At t = 0, h[t - 1] is "
                      "h[-1], the last entry: of an array of zeros, a zero.)"),
        Misconception("x-not-indexed", "rnn_step(x_t, h_t", "rnn_step(x[0], h_t",
                      "Every step reads the same input, x[0]. Step t reads x[t]."),
        Misconception("last-input-only", "rnn_step(x_t, h_t", "rnn_step(x[-1], h_t",
                      "Every step reads the last input, x[-1]. Step t reads x[t]."),
        Misconception("last-state-only", "return np.stack(h), caches", "return h[-1], caches",
                      "Only the last state is returned. Keep the state of every step: h is (T, N, H)."),
        Misconception("shifted", "return np.stack(h), caches", "return np.stack([h0, *h[:-1]]), caches",
                      "The states are one step late: h[0] is h0. h[0] should be the state after the first input."),
        Misconception("backwards-in-time", "for x_t in x:", "for x_t in x[::-1]:",
                      "The sequence was read from its end. Time starts at t = 0."),
        Misconception("time-and-batch-exchanged", "return np.stack(h), caches", "return np.stack(h, axis=1), caches",
                      "The axes of time and batch are exchanged. Time comes first: h is (T, N, H)."),
        Misconception("one-array-for-all", "return np.stack(h), caches", "return np.stack([h_t for _ in h]), caches",
                      "Every h[t] is the last state. Appending one array that is changed in place keeps T names for "
                      "the same memory."),
        Misconception("states-added", "h.append(h_t)", "h.append(sum(h[-1:]) + h_t)",
                      "States are summed up over time. Each step replaces the state; it does not add to it."),
        Misconception("inputs-one-step-late", "for x_t in x:", "for x_t in [x[-1], *x[:-1]]:",
                      "Every step reads the input of the step before it, and at t = 0 the index -1 is the last "
                      "input. Step t reads x[t]."),
        Misconception("whole-numbers", "np.stack(h)", "np.stack(h).astype(int)",
                      "The array holds whole numbers, so every state between -1 and 1 became 0. Let it hold floats."),
        Misconception("first-step-twice", "h_t = h0", "h_t = rnn_step(x[0], h0, W_x, W_h, b)[0]",
                      "The first input was read twice, once before the loop."),
    ),
)

READOUT = Exercise(
    name="readout",
    built="You have built what turns a state into an output, at every step.",
    signature="readout(h, W_y, b_y) -> y",
    inputs=normal(h="T N H", W_y="H V", b_y="V"),
    outputs={"y": "T N V"},
    sizes=SIZES,
    reference=readout,
    edges=(BATCH_OF_ONE, ONE_STEP),
    misconceptions=(
        Misconception("bias-left-out", "h @ W_y + b_y", "h @ W_y", "The bias b_y was left out."),
        Misconception("last-step-only", "h @ W_y + b_y", "h[-1] @ W_y + b_y",
                      "Only the last state was read. Here every step has an output: y is (T, N, V)."),
        Misconception("first-step-only", "h @ W_y + b_y", "h[:1] @ W_y + b_y + 0 * h @ W_y",
                      "Every step shows the output of the first state. Step t reads h[t]."),
        Misconception("squashed", "h @ W_y + b_y", "np.tanh(h @ W_y + b_y)",
                      "The output was squashed. A readout is linear; a softmax or a loss comes after it."),
        Misconception("softmax-too-early", "h @ W_y + b_y",
                      "(lambda e: e / e.sum(axis=-1, keepdims=True))(np.exp(h @ W_y + b_y))",
                      "These are probabilities. The readout returns the scores; the softmax is applied to them later."),
        Misconception("averaged-over-time", "h @ W_y + b_y", "h.mean(axis=0, keepdims=True) @ W_y + b_y + 0 * h @ W_y",
                      "The states were averaged over time. Each step reads its own state."),
        Misconception("summed-over-time", "h @ W_y + b_y", "np.cumsum(h, axis=0) @ W_y + b_y",
                      "The states were added up over time. The network's memory is in h[t] already."),
        Misconception("bias-once-a-step", "h @ W_y + b_y", "h @ W_y + len(h) * b_y",
                      "b_y was added once for every step. Each output has one bias."),
        Misconception("sigmoid", "h @ W_y + b_y", "1 / (1 + np.exp(-(h @ W_y + b_y)))",
                      "The output went through a sigmoid. A readout is linear; a sigmoid belongs to the loss."),
        Misconception("log-probabilities", "return h @ W_y + b_y",
                      "y = h @ W_y + b_y\n    return y - np.log(np.exp(y).sum(axis=-1, keepdims=True))",
                      "These are logarithms of probabilities. The readout returns the scores; softmax and logarithm "
                      "belong to the loss."),
    ),
)

EXERCISES = (RNN_STEP, LATCH, RNN_FORWARD, READOUT)
