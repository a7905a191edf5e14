"""Lesson 09: the GRU, one step, its gradient, the gradient of a sequence, and how many parameters each cell has."""

import numpy as np

from rnnkit.exercises.design import GRU_COUNTER
from rnnkit.exercises.exercise import BATCH_OF_ONE, ONE_STEP, Exercise, Misconception, normal, orders
from rnnkit.exercises.through_a_gru_step import GATES, GRADIENTS, GRU_STEP_BACKWARD, PARAMETERS, SIZES
from rnnkit.exercises.through_time import THROUGH_TIME
from rnnkit.gru import gru_backward, gru_step
from rnnkit.variants import parameter_count

INPUTS = "a_r, a_z, a_n = np.split(x @ W_x + b_x, 3, axis=1)"
STATES = "u_r, u_z, u_n = np.split(h @ W_h + b_h, 3, axis=1)"
SUMS = f"{INPUTS}\n    {STATES}"
GATE_LINE = "r, z = sigmoid(a_r + u_r), sigmoid(a_z + u_z)"
CANDIDATE = "np.tanh(a_n + r * u_n)"
BLEND = "    h_next = (1 - z) * n + z * h\n"

GRU_STEP = Exercise(
    name="gru_step",
    built="You have built one step of a GRU.",
    torch="nn.GRUCell",
    signature="gru_step(x, h, W_x, W_h, b_x, b_h) -> h_next, cache",
    inputs=normal(x="N D", h="N H", **PARAMETERS),
    outputs={"h_next": "N H"},
    sizes=SIZES,
    reference=gru_step,
    edges=(BATCH_OF_ONE,),
    misconceptions=(
        Misconception("reset-gate-not-used", CANDIDATE, "np.tanh(a_n + u_n)",
                      "The reset gate was computed and never used. It multiplies u_n, inside the candidate's tanh."),
        Misconception("reset-before-the-product", CANDIDATE,
                      "np.tanh(a_n + (r * h) @ np.split(W_h, 3, axis=1)[2] + np.split(b_h, 3)[2])",
                      "The reset gate multiplied the state before the matrix product. That is the GRU of 2014; in ours "
                      "it multiplies what the product gave."),
        Misconception("bias-outside-the-reset-gate", CANDIDATE,
                      "np.tanh(a_n + r * (u_n - np.split(b_h, 3)[2]) + np.split(b_h, 3)[2])",
                      "The last block of b_h was added outside the reset gate. It belongs to u_n, and r multiplies all "
                      "of u_n."),
        Misconception("one-bias-outside-the-reset-gate", SUMS,
                      "a_r, a_z, a_n = np.split(x @ W_x + b_x + b_h, 3, axis=1)\n"
                      "    u_r, u_z, u_n = np.split(h @ W_h, 3, axis=1)\n"
                      "    a_n = a_n - np.split(b_x, 3)[2]",
                      "The candidate misses its b_x, and its b_h stands where the reset gate does not reach. b_x goes "
                      "with x W_x, b_h with h W_h."),
        Misconception("update-gate-exchanged", BLEND, "    h_next = z * n + (1 - z) * h\n",
                      "z and 1 - z are exchanged. In this course, as in PyTorch, z says how much of the old state is "
                      "kept."),
        Misconception("reset-gate-on-everything", CANDIDATE, "np.tanh(r * (a_n + u_n))",
                      "The reset gate multiplied the input's part as well. It closes the way of the old state only."),
        Misconception("reset-gate-on-the-input", CANDIDATE, "np.tanh(r * a_n + u_n)",
                      "The reset gate multiplied the input's part, a_n. It belongs to the state's part, u_n."),
        Misconception("reset-gate-outside-the-tanh", CANDIDATE, "r * np.tanh(a_n + u_n)",
                      "The reset gate multiplied the whole candidate. It belongs inside the tanh, on u_n alone."),
        Misconception("update-gate-for-reset-gate", CANDIDATE, "np.tanh(a_n + z * u_n)",
                      "The candidate was reset by z. The reset gate is r; z comes afterwards, in the blend."),
        Misconception("reset-gate-in-the-blend", BLEND, "    h_next = (1 - z) * n + z * r * h\n",
                      "The reset gate also multiplied the old state in the blend. There only z decides: r has had its "
                      "say inside the candidate."),
        Misconception("reset-gate-the-other-way-round", CANDIDATE, "np.tanh(a_n + (1 - r) * u_n)",
                      "You used 1 - r for the reset gate. An r of 1 lets the old state through."),
        Misconception("order-z-r-n", SUMS, SUMS.replace("a_r, a_z", "a_z, a_r").replace("u_r, u_z", "u_z, u_r"),
                      "The first two blocks are exchanged: you read the weights in the order z, r, n, which is "
                      "Keras's. Ours is r, z, n."),
        *orders(SUMS, ("a_r, a_z, a_n", "u_r, u_z, u_n"), "r z n",
                "You read the blocks in the order {order}. Ours lie in the order r, z, n.", known=("z r n",)),
        Misconception("interleaved", SUMS, SUMS.replace("np.split(x @ W_x + b_x, 3, axis=1)",
                                                        "((x @ W_x + b_x)[:, k::3] for k in range(3))")
                      .replace("np.split(h @ W_h + b_h, 3, axis=1)", "((h @ W_h + b_h)[:, k::3] for k in range(3))"),
                      "You took every third column for a gate. The blocks lie one behind the other, H columns each."),
        Misconception("candidate-through-sigmoid", CANDIDATE, "sigmoid(a_n + r * u_n)",
                      "The candidate went through a sigmoid. It is no gate: tanh lets it be negative."),
        Misconception("gates-through-tanh", GATE_LINE, "r, z = np.tanh(a_r + u_r), np.tanh(a_z + u_z)",
                      "The gates went through a tanh. A gate says how much, from 0 to 1: that is a sigmoid."),
        Misconception("candidate-ignores-the-state", CANDIDATE, "np.tanh(a_n)",
                      "The candidate does not look at the old state. r * u_n is missing from it."),
        Misconception("gates-ignore-the-state", GATE_LINE, "r, z = sigmoid(a_r), sigmoid(a_z)",
                      "The two gates look at the input only. u_r and u_z, which come from the state, are missing."),
        Misconception("b_x-left-out", "x @ W_x + b_x, 3", "x @ W_x, 3", "The bias b_x was left out."),
        Misconception("b_h-left-out", "h @ W_h + b_h, 3", "h @ W_h, 3", "The bias b_h was left out."),
        Misconception("candidate-added-whole", BLEND, "    h_next = n + z * h\n",
                      "The whole candidate is added to what is kept. A GRU keeps z and lets in the rest, 1 - z."),
        Misconception("old-state-kept-whole", BLEND, "    h_next = (1 - z) * n + h\n",
                      "The whole old state is kept. The update gate says how much of it: z."),
        Misconception("old-state-lost", BLEND, "    h_next = (1 - z) * n\n",
                      "Half of the blend is missing: the old state, of which z is kept."),
        Misconception("no-blend", BLEND, "    h_next = n\n",
                      "The new state is the candidate alone. The update gate blends it with the old state."),
        Misconception("blend-squashed", BLEND, "    h_next = np.tanh((1 - z) * n + z * h)\n",
                      "The blend was squashed once more. It is between candidate and old state already, and goes on as "
                      "it is."),
        Misconception("two-orders", "u_r, u_z, u_n = np.split", "u_z, u_r, u_n = np.split",
                      "One of the two sums was cut in another order than the other. Both lie in the order r, z, n."),
        Misconception("b_x-twice", "h @ W_h + b_h", "h @ W_h + b_x",
                      "b_x was added to both parts. The state's part has b_h."),
        Misconception("reset-gate-blends", "(1 - z) * n + z * h\n    return", "(1 - r) * n + r * h\n    return",
                      "The reset gate blends here. That is the update gate's work: z."),
        Misconception("gates-squashed-apart", "sigmoid(a_r + u_r)", "sigmoid(a_r) + sigmoid(u_r)",
                      "The two parts of r were squashed one by one. Add first, then squash the sum once."),
        Misconception("old-state-squashed", "z * h\n", "z * np.tanh(h)\n",
                      "The old state was squashed in the blend. It goes straight through."),
        Misconception("candidate-without-b_h", "n = np.tanh(a_n + r * u_n)",
                      "n = np.tanh(a_n + r * (u_n - b_h[2 * len(W_h):]))",
                      "The last block of b_h is missing from the candidate. u_n is h W_hn + b_hn."),
        Misconception("candidate-unused", "(1 - z) * n + z * h\n    return", "z * h\n    return",
                      "Only what is kept of the old state is left. What comes in is (1 - z) * n."),
        Misconception("blend-with-a-minus", "(1 - z) * n + z * h\n    return", "(1 - z) * n - z * h\n    return",
                      "What is kept was subtracted. A blend adds its two parts."),
        Misconception("b_h-twice-in-the-reset-gate", "sigmoid(a_r + u_r)", "sigmoid(a_r + u_r + b_h[: len(W_h)])",
                      "b_h was added twice in the reset gate. It has b_x once and b_h once."),
        Misconception("old-state-returned", "return h_next,", "return h,",
                      "This is the state that came in. Return the new one."),
    ),
)

STEP = "dx[t], dh_next, dW_x_t, dW_h_t, db_x_t, db_h_t = gru_step_backward(dh_t, cache[t])"
COLLECT = """        dW_x += dW_x_t
        dW_h += dW_h_t
        db_x += db_x_t
        db_h += db_h_t
"""
RESULTS = "return dx, dh_next, dW_x, dW_h, db_x, db_h"

GRU_BACKWARD = Exercise(
    name="gru_backward",
    built="You have built backpropagation through time for a GRU.",
    torch="nn.GRU",
    signature="gru_backward(dh, cache) -> dx, dh0, dW_x, dW_h, db_x, db_h",
    after=("gru_forward(x, h0, W_x, W_h, b_x, b_h) -> h, cache",),
    inputs=normal(x="T N D", h0="N H", **PARAMETERS, dh="T N H"),
    outputs={"dx": "T N D", "dh0": "N H", **GRADIENTS},
    sizes=SIZES,
    reference=gru_backward,
    one_step="gru_step_backward",
    upstream=("dh",),
    edges=(BATCH_OF_ONE, ONE_STEP),
    blocks=GATES,
    misconceptions=(
        *THROUGH_TIME,
        Misconception("carry-lost", "dh_t = dh[t] + dh_next", "dh_t = dh[t]",
                      "What step t + 1 sent back never arrives: add it to the upstream gradient of step t."),
        Misconception("carry-never-updated", STEP, STEP.replace("dx[t], dh_next", "dx[t], _"),
                      "The carry is added but never updated, so it stays zero. What the step sends back has to be the "
                      "carry of the next round, and in the end dh0."),
        Misconception("carry-summed", STEP, STEP.replace("dh_next", "dh_prev")
                      + "\n        dh_next = dh_next + dh_prev",
                      "The carry is summed up over the steps. Each step replaces it: what t sends back already "
                      "contains what t + 1 sent."),
        Misconception("direct-route-added-again", STEP, STEP + "\n        dh_next = dh_next + dh_t * cache[t][3]",
                      "The direct route, dh_t * z, was added in the loop. The step has already put it into what it "
                      "sends back."),
        Misconception("direct-route-alone", STEP, STEP.replace("dx[t], dh_next", "dx[t], _")
                      + "\n        dh_next = dh_t * cache[t][3]",
                      "Only the direct route, dh_t * z, is carried. What goes back through the gates and the candidate "
                      "belongs to the carry as well."),
        Misconception("dx-without-the-carry", STEP, STEP.replace("dx[t], dh_next", "_, dh_next")
                      + "\n        dx[t] = gru_step_backward(dh[t], cache[t])[0]",
                      "dx was computed from dh[t] alone. An input moves every later state too, so dx needs the carry "
                      "as much as the weights do."),
        Misconception("only-the-first-step", COLLECT,
                      "        dW_x, dW_h, db_x, db_h = dW_x_t, dW_h_t, db_x_t, db_h_t\n",
                      "The parameters' gradients hold one step only: = where += belongs. Shared weights collect from "
                      "every step."),
        Misconception("one-bias-for-both", "db_h += db_h_t", "db_h += db_x_t",
                      "db_h collects db_x. The two differ in their last block, which for b_h stands behind the reset "
                      "gate."),
        Misconception("biases-exchanged", "        db_x += db_x_t\n        db_h += db_h_t\n",
                      "        db_x += db_h_t\n        db_h += db_x_t\n",
                      "db_x and db_h are exchanged: a step sends back db_x first, then db_h."),
        Misconception("states-off-by-one", "gru_step_backward(dh_t, cache[t])", "gru_step_backward(dh_t, cache[t - 1])",
                      "The cache is one step off: step t was taken back with what step t - 1 kept."),
        Misconception("dh0-zero", RESULTS, RESULTS.replace("dh_next", "np.zeros_like(dh_next)"),
                      "dh0 is zero. It is what the first step sends back."),
        Misconception("divided-by-T", RESULTS, "return dx, dh_next, *(total / len(cache) for total in (dW_x, dW_h, "
                      "db_x, db_h))",
                      "The parameters' gradients are means over the steps. They should be sums: any averaging belongs "
                      "to the loss."),
        Misconception("cache-in-reverse", "(dh_t, cache[t])", "(dh_t, cache[len(cache) - 1 - t])",
                      "Step t was taken back with the cache of the step as far from the other end. Step t needs "
                      "cache[t]."),
        Misconception("upstream-past-the-step",
                      "dx[t], dh_next, dW_x_t, dW_h_t, db_x_t, db_h_t = gru_step_backward(dh_t, cache[t])",
                      "dx[t], dh_next, dW_x_t, dW_h_t, db_x_t, db_h_t = gru_step_backward(dh_t, cache[t])\n"
                      "        dh_next = dh_next + dh[t] * cache[t][3]",
                      "dh[t] * z was added in the loop. The step has already put the direct route into what it sends "
                      "back."),
        Misconception("carry-times-z", "dh_t = dh[t] + dh_next", "dh_t = dh[t] + dh_next * cache[t][3]",
                      "The carry was multiplied by z in the loop. What the step sent back is whole: the direct route "
                      "is in it."),
        Misconception("one-array-for-both-biases", "        db_x += db_x_t\n        db_h += db_h_t\n",
                      "        db_x += db_x_t + db_h_t\n        db_h += db_x_t + db_h_t\n",
                      "Both bias gradients were added up in one array. [a] * 2 makes two names for one."),
    ),
)


def two_sizes(rng, D, H):
    """An input size and a hidden size, drawn at random; D and H are the smallest."""
    return {"D": np.array(D + rng.integers(15)), "H": np.array(H + rng.integers(15))}


BLOCK = "W_x, W_h, b = D * H, H * H, H"
PLAIN, FOUR = "    rnn = W_x + W_h + b\n", "    lstm = 4 * rnn\n"
AFTER, BEFORE = "    gru = 3 * (W_x + W_h + 2 * b)\n", "    gru_before = 3 * rnn\n"

PARAMETER_COUNT = Exercise(
    name="parameter_count",
    built="You have built a count of the parameters of four networks.",
    signature="parameter_count(D, H) -> rnn, lstm, gru, gru_before",
    inputs=two_sizes,
    outputs={"rnn": "", "lstm": "", "gru": "", "gru_before": ""},
    sizes={"D": 3, "H": 20},
    reference=parameter_count,
    misconceptions=(
        Misconception("one-bias-with-reset-after", AFTER, "    gru = 3 * rnn\n",
                      "You gave the GRU whose reset gate comes after the product one bias a block. It has two: one "
                      "that is reset, and one that is not."),
        Misconception("two-biases-with-reset-before", BEFORE, "    gru_before = 3 * (W_x + W_h + 2 * b)\n",
                      "You gave the GRU whose reset gate comes before the product two biases a block. There nothing "
                      "but the state is reset, and one is enough."),
        Misconception("second-bias-for-the-candidate-only", AFTER, "    gru = 3 * rnn + b\n",
                      "You counted a second bias for the candidate alone. It is the only one that makes a difference, "
                      "but b_h has three blocks like every other parameter."),
        Misconception("kinds-of-gru-exchanged", AFTER + BEFORE,
                      "    gru_before = 3 * (W_x + W_h + 2 * b)\n    gru = 3 * rnn\n",
                      "The two kinds of GRU are exchanged. The one with two biases is the one that resets after the "
                      "product."),
        Misconception("four-blocks-in-a-gru", AFTER + BEFORE,
                      "    gru = 4 * (W_x + W_h + 2 * b)\n    gru_before = 4 * rnn\n",
                      "You counted four blocks in a GRU. It has two gates and a candidate."),
        Misconception("candidate-of-the-gru-forgotten", AFTER + BEFORE,
                      "    gru = 2 * (W_x + W_h + 2 * b)\n    gru_before = 2 * rnn\n",
                      "You counted the two gates of the GRU. Its candidate has weights as well."),
        Misconception("candidate-of-the-lstm-forgotten", FOUR, "    lstm = 3 * rnn\n",
                      "You counted the three gates of the LSTM. Its candidate has weights as well."),
        Misconception("five-blocks-in-an-lstm", FOUR, "    lstm = 5 * rnn\n",
                      "You counted five blocks in the LSTM. The cell state has no weights of its own: three gates and "
                      "a candidate."),
        Misconception("states-counted", FOUR, "    lstm = 4 * rnn + 2 * H\n",
                      "You counted the LSTM's two states as parameters. They are computed, not learned."),
        Misconception("peepholes-counted", FOUR, "    lstm = 4 * rnn + 3 * H\n",
                      "You counted three peepholes a unit. The plain LSTM has none."),
        Misconception("biases-left-out", BLOCK, "W_x, W_h, b = D * H, H * H, 0",
                      "The biases are missing. Every unit of every block has one."),
        Misconception("one-bias-a-block", BLOCK, "W_x, W_h, b = D * H, H * H, 1",
                      "You counted one number for a bias. Each of the H units has its own."),
        Misconception("square-only", BLOCK, "W_x, W_h, b = H * H, H * H, H",
                      "You counted W_x as if it were square. It is (D, H)."),
        Misconception("input-weights-left-out", BLOCK, "W_x, W_h, b = 0, H * H, H",
                      "The weights of the input, D * H in a block, are missing."),
        Misconception("recurrent-weights-left-out", BLOCK, "W_x, W_h, b = D * H, 0, H",
                      "The weights of the state, H * H in a block, are missing."),
        Misconception("sizes-exchanged", BLOCK, "W_x, W_h, b = D * H, D * D, D",
                      "D and H are exchanged. The state has H numbers, and so has a bias."),
        Misconception("two-biases-everywhere", PLAIN, "    b = 2 * b\n    rnn = W_x + W_h + b\n    b = H\n",
                      "You counted two biases everywhere, as PyTorch keeps them. Two that are only added are one; ours "
                      "has a second where it makes a difference."),
        Misconception("two-of-everything", "3 * (W_x + W_h + 2 * b)", "3 * 2 * rnn",
                      "You counted the whole block twice. Only the bias comes twice."),
        Misconception("state-with-D", "W_x, W_h, b = D * H, H * H, H", "W_x, W_h, b = D * H, D * D, H",
                      "W_h was counted as (D, D). The state has H numbers on both sides of it."),
    ),
)

EXERCISES = (GRU_STEP, GRU_STEP_BACKWARD, GRU_BACKWARD, PARAMETER_COUNT, GRU_COUNTER)
