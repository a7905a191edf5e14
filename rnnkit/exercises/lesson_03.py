"""Lesson 03: gradients, measured and derived, for one step and through time."""

import numpy as np

from rnnkit.exercises.exercise import BATCH_OF_ONE, ONE_STEP, Edge, Exercise, Misconception, normal
from rnnkit.exercises.through_time import THROUGH_TIME
from rnnkit.gradcheck import numerical_gradient
from rnnkit.rnn import rnn_backward, rnn_step_backward

SIZES = {"T": 5, "N": 3, "D": 4, "H": 6}


def wavy(A, w):
    """A scalar function to differentiate, of an array of any shape: f(x) = sum(w * sin(x A)) + sum(exp(x / 2)).

    Its x A multiplies all of x, laid out in a row, with A.
    """
    return lambda x: float(np.sum(w * np.sin(np.ravel(x) @ A)) + np.sum(np.exp(x / 2)))


def point_and_function(rng, N, D, H, axes="N D", eps=1e-3):
    """A random point x of these axes, the arrays A and w of the function `wavy`, and the distance eps."""
    shape = [{"N": N, "D": D, "H": H}[axis] for axis in axes.split()]
    return {"x": rng.standard_normal(shape), "A": rng.standard_normal((np.prod(shape), H)) / 2,
            "w": rng.standard_normal(H), "eps": np.array(eps)}


NUMERICAL_GRADIENT = Exercise(
    name="numerical_gradient",
    built="You have built a judge of gradients that needs no calculus.",
    signature="numerical_gradient(f, x, eps) -> gradient",
    after=("wavy(A, w) -> f",),
    given={"wavy": wavy},
    inputs=point_and_function,
    outputs={"gradient": "N D"},
    sizes={"N": 3, "D": 4, "H": 5},
    reference=numerical_gradient,
    edges=(Edge("an array with one row", {"N": 1}), Edge("an array with one column", {"D": 1}),
           Edge("an array with one axis", {"axes": "D"}, "x may have any shape. np.ndindex(x.shape) runs over the "
                "indices of all of them."),
           Edge("an array with three axes", {"axes": "N D H"}, "x may have any shape. np.ndindex(x.shape) runs over "
                "the indices of all of them."),
           Edge("a large eps, 0.1", {"eps": 0.1}, "Central differences with a large eps are far from the slope, and "
                "this is not what they give. Is the eps that was passed in the one that is used?")),
    misconceptions=(
        Misconception("one-sided", "(f(plus) - f(minus)) / (2 * eps)", "(f(plus) - f(x)) / eps",
                      "This is the one-sided difference, whose error shrinks with eps only. Step to both sides: the "
                      "error shrinks with eps squared."),
        Misconception("two-missing", "/ (2 * eps)", "/ eps",
                      "Every entry is twice too large. From minus to plus is a distance of 2 eps."),
        Misconception("precedence", "/ (2 * eps)", "/ 2 * eps",
                      "Python reads a / 2 * eps from the left, as (a / 2) * eps. The divisor needs its brackets."),
        Misconception("sign", "f(plus) - f(minus)", "f(minus) - f(plus)",
                      "Every sign is wrong. The difference is taken forwards: plus first."),
        Misconception("all-at-once", "        plus[i] += eps\n        minus[i] -= eps",
                      "        plus += eps\n        minus -= eps",
                      "Every entry of x was moved at once, so each result is the sum of all slopes. Move one entry at "
                      "a time."),
        Misconception("two-names-one-array", "plus, minus = x.copy(), x.copy()", "plus = minus = x.copy()",
                      "plus and minus are two names for one array, which moves up and down again. Copy x for each."),
        Misconception("not-restored", "plus, minus = x.copy(), x.copy()", "plus, minus = x.copy(), x",
                      "An entry that was moved stays moved while the next ones are measured. Put it back, or work on "
                      "a copy."),
        Misconception("not-divided", "(f(plus) - f(minus)) / (2 * eps)", "f(plus) - f(minus)",
                      "This is how much f changes. Its slope is that, divided by how far x moved."),
        Misconception("eps-ignored", "        plus[i] += eps\n        minus[i] -= eps\n"
                      "        gradient[i] = (f(plus) - f(minus)) / (2 * eps)",
                      "        plus[i] += 1e-6\n        minus[i] -= 1e-6\n"
                      "        gradient[i] = (f(plus) - f(minus)) / 2e-6",
                      "The eps that was passed in is not used. How far to move is the caller's choice; lesson 03 draws "
                      "the error over it."),
        Misconception("moves-relative-to-x", "        plus[i] += eps\n        minus[i] -= eps",
                      "        plus[i] *= 1 + eps\n        minus[i] *= 1 - eps",
                      "Each entry was moved by eps times itself, but the difference was divided by 2 eps. Move it by "
                      "eps."),
        Misconception("a-row-at-once", "np.ndindex(x.shape)", "range(len(x))",
                      "A whole row of x was moved at once, so each result is the sum of a row's slopes. An index "
                      "names one entry: np.ndindex."),
        Misconception("moves-pile-up", "    for i in np.ndindex(x.shape):\n        plus, minus = x.copy(), x.copy()\n",
                      "    plus, minus = x.copy(), x.copy()\n    for i in np.ndindex(x.shape):\n",
                      "The copies were made once, before the loop, so the entries that were moved earlier are still "
                      "moved. Make them anew for each entry."),
        Misconception("whole-numbers", "np.empty_like(x)", "np.empty(x.shape, int)",
                      "The array holds whole numbers, so every slope lost its fraction. Let it hold floats."),
        Misconception("first-entry-only", "gradient = np.empty_like(x)\n    for i in np.ndindex(x.shape):",
                      "gradient = np.zeros_like(x)\n    for i in [(0,) * x.ndim]:",
                      "Only the first entry was measured. Does the return stand inside the loop?"),
        Misconception("moved-up-only", "        minus[i] -= eps\n", "",
                      "Only plus was moved. Then the distance is eps, not 2 eps; move minus down as well."),
        Misconception("sign-lost", "(f(plus) - f(minus))", "abs(f(plus) - f(minus))",
                      "The negative slopes came out positive. A slope has a sign: take no absolute value."),
    ),
)

STEP_GRADIENTS = {"dx": "N D", "dh": "N H", "dW_x": "D H", "dW_h": "H H", "db": "H"}

RNN_STEP_BACKWARD = Exercise(
    name="rnn_step_backward",
    built="You have built one step of backpropagation through time.",
    torch="nn.RNNCell",
    signature="rnn_step_backward(dh_next, cache) -> dx, dh, dW_x, dW_h, db",
    after=("rnn_step(x, h, W_x, W_h, b) -> h_next, cache",),
    inputs=normal(x="N D", h="N H", W_x="D H", W_h="H H", b="H", dh_next="N H"),
    outputs=STEP_GRADIENTS,
    sizes=SIZES,
    reference=rnn_step_backward,
    upstream=("dh_next",),
    edges=(BATCH_OF_ONE,),
    misconceptions=(
        Misconception("slope-of-the-upstream", "dh_next * (1 - h_next ** 2)", "dh_next * (1 - dh_next ** 2)",
                      "The slope was taken of the upstream gradient, 1 - dh_next^2. tanh's slope belongs to what tanh "
                      "returned."),
        Misconception("upstream-missing", "dh_next * (1 - h_next ** 2)", "1 - h_next ** 2",
                      "The slope is there, but what it multiplies is not: dh_next, the upstream gradient."),
        Misconception("no-slope", "dh_next * (1 - h_next ** 2)", "dh_next",
                      "The gradient went past the tanh as if it were not there. Multiply by tanh's slope."),
        Misconception("tanh-twice", "1 - h_next ** 2", "1 - np.tanh(h_next) ** 2",
                      "tanh was applied twice. h_next already is tanh(a), so the slope is 1 - h_next^2."),
        Misconception("reciprocal-slope", "dh_next * (1 - h_next ** 2)", "dh_next / (1 - h_next ** 2)",
                      "The slope divides instead of multiplying. The chain rule multiplies."),
        Misconception("slope-of-the-old-state", "1 - h_next ** 2", "1 - h ** 2",
                      "The slope was taken at the old state h. The tanh of this step returned h_next."),
        Misconception("no-square", "1 - h_next ** 2", "1 - h_next",
                      "The square is missing from tanh's slope, 1 - h_next^2."),
        Misconception("db-one-number", "da.sum(axis=0)", "da.sum()",
                      "db is one number: it was summed over the hidden units as well. Each unit has its own bias; sum "
                      "over the batch only."),
        Misconception("db-not-summed", "da.sum(axis=0)", "da",
                      "db still has the batch axis. b is shared by the N rows, so its gradient is their sum."),
        Misconception("db-over-the-wrong-axis", "da.sum(axis=0)", "da.sum(axis=1)",
                      "db was summed over the hidden units and kept the batch. Each unit has its own bias: sum over "
                      "the batch, which is axis 0."),
        Misconception("db-from-dW", "da.sum(axis=0)", "(x.T @ da).sum(axis=0)",
                      "db was taken from dW_x. The bias is not multiplied by x, so x has no place in its gradient."),
        Misconception("db-mean", "da.sum(axis=0)", "da.mean(axis=0)",
                      "db is a mean over the batch. It should be the sum: any averaging belongs to the loss."),
        Misconception("dh-transpose-forgotten", "da @ W_h.T", "da @ W_h",
                      "dh used W_h, not its transpose. W_h is square, so NumPy cannot notice. Forward went h W_h; "
                      "back goes da W_h^T."),
        Misconception("dW_h-transposed", "h.T @ da", "da.T @ h",
                      "dW_h came out transposed, which its square shape hides. Its rows belong to h and its columns "
                      "to da."),
        Misconception("dW_h-from-the-new-state", "h.T @ da", "h_next.T @ da",
                      "dW_h was built with the new state. W_h multiplied the old one, h."),
        Misconception("dW_h-from-the-pre-activation", "h.T @ da", "np.arctanh(h_next).T @ da",
                      "dW_h was built with the pre-activation a where the old state h belongs. What did W_h multiply?"),
        Misconception("a-sigmoids-slope", "dh_next * (1 - h_next ** 2)", "dh_next * h_next * (1 - h_next)",
                      "This is a sigmoid's slope. The step squashed with tanh: 1 - h_next^2."),
        Misconception("slope-plus", "1 - h_next ** 2", "1 + h_next ** 2",
                      "The slope is above 1 here. tanh is never steeper than 1: check a sign."),
        Misconception("cache-unpacked-in-another-order", "x, h, h_next, W_x, W_h = cache",
                      "x, h_next, h, W_x, W_h = cache",
                      "The old and the new state are exchanged where the cache is unpacked. It holds x, h, h_next, "
                      "in this order."),
        Misconception("upstream-added-to-dh", "da @ W_h.T", "da @ W_h.T + dh_next",
                      "dh_next itself was added to dh. In this cell no road leads from h past W_h and the tanh."),
        Misconception("all-weights-averaged", "x.T @ da, h.T @ da, da.sum(axis=0)",
                      "x.T @ da / len(x), h.T @ da / len(x), da.mean(axis=0)",
                      "The gradients of W_x, W_h and b are means over the batch. They should be sums: any averaging "
                      "belongs to the loss."),
        Misconception("dh-past-the-tanh", "da @ W_h.T", "dh_next @ W_h.T",
                      "dh was made with dh_next. Everything behind the tanh begins from da."),
        Misconception("slope-of-the-step-before", "da @ W_h.T", "da @ W_h.T * (1 - h ** 2)",
                      "dh was multiplied by the slope at h as well. That tanh belongs to the step before, which "
                      "multiplies by it itself."),
        Misconception("weights-averaged-but-not-the-bias", "x.T @ da, h.T @ da, da", "x.T @ da / len(x), h.T @ da / "
                      "len(x), da",
                      "The gradients of W_x and W_h are means over the batch. They should be sums: any averaging "
                      "belongs to the loss."),
        Misconception("dW_h-from-both-states", "h.T @ da", "(h + h_next).T @ da",
                      "dW_h was built with the sum of both states. W_h multiplied the old one, h, alone."),
    ),
)

RNN_BACKWARD = Exercise(
    name="rnn_backward",
    built="You have built backpropagation through time.",
    torch="nn.RNN",
    signature="rnn_backward(dh, cache) -> dx, dh0, dW_x, dW_h, db",
    after=("rnn_forward(x, h0, W_x, W_h, b) -> h, cache",),
    inputs=normal(x="T N D", h0="N H", W_x="D H", W_h="H H", b="H", dh="T N H"),
    outputs={"dx": "T N D", "dh0": "N H", "dW_x": "D H", "dW_h": "H H", "db": "H"},
    sizes=SIZES,
    reference=rnn_backward,
    one_step="rnn_step_backward",
    upstream=("dh",),
    edges=(BATCH_OF_ONE, ONE_STEP),
    misconceptions=(
        *THROUGH_TIME,
        Misconception("carry-lost", "dh_t = dh[t] + dh_next", "dh_t = dh[t]",
                      "What step t + 1 sent back never arrives: add it to the upstream gradient of step t. (A carry "
                      "that is added but never updated gives the same numbers.)"),
        Misconception("carry-never-updated", "dx[t], dh_next, dW_x_t", "dx[t], _, dW_x_t",
                      "The carry is added but never updated, so it stays zero. What the step sends back has to be the "
                      "carry of the next round, and in the end dh0."),
        Misconception("carry-summed", "dx[t], dh_next, dW_x_t, dW_h_t, db_t = rnn_step_backward(dh_t, cache[t])",
                      "dx[t], dh_prev, dW_x_t, dW_h_t, db_t = rnn_step_backward(dh_t, cache[t])\n"
                      "        dh_next = dh_next + dh_prev",
                      "The carry is summed up over the steps. Each step replaces it: what t sends back already "
                      "contains what t + 1 sent."),
        Misconception("one-step-of-carry", "dx[t], dh_next, dW_x_t, dW_h_t, db_t = rnn_step_backward(dh_t, cache[t])",
                      "dx[t], _, dW_x_t, dW_h_t, db_t = rnn_step_backward(dh_t, cache[t])\n"
                      "        dh_next = rnn_step_backward(dh[t], cache[t])[1]",
                      "The carry reaches back one step and stops. Send back the gradient of dh[t] and the carry "
                      "together."),
        Misconception("dx-without-the-carry",
                      "dx[t], dh_next, dW_x_t, dW_h_t, db_t = rnn_step_backward(dh_t, cache[t])",
                      "_, dh_next, dW_x_t, dW_h_t, db_t = rnn_step_backward(dh_t, cache[t])\n"
                      "        dx[t] = rnn_step_backward(dh[t], cache[t])[0]",
                      "dx was computed from dh[t] alone. An input moves every later state too, so dx needs the carry "
                      "as much as the weights do."),
        Misconception("only-the-first-step", "        dW_x += dW_x_t\n        dW_h += dW_h_t\n        db += db_t",
                      "        dW_x, dW_h, db = dW_x_t, dW_h_t, db_t",
                      "The weight gradients hold one step only: = where += belongs. A shared weight collects from "
                      "every step."),
        Misconception("states-off-by-one", "rnn_step_backward(dh_t, cache[t])", "rnn_step_backward(dh_t, cache[t - 1])",
                      "The cache is one step off: step t was taken back with what step t - 1 kept."),
        Misconception("h0-wraps-round", "dW_h += dW_h_t",
                      "dW_h += dW_h_t if t else cache[-1][2].T @ (dh_t * (1 - cache[0][2] ** 2))",
                      "At t = 0, dW_h was built with the last state where h0 belongs: an index t - 1 is -1 there, the "
                      "last entry of the array."),
        Misconception("dh0-zero", "return dx, dh_next,", "return dx, np.zeros_like(dh_next),",
                      "dh0 is zero. It is what the first step sends back."),
        Misconception("divided-by-T", "return dx, dh_next, dW_x, dW_h, db",
                      "return dx, dh_next, dW_x / len(cache), dW_h / len(cache), db / len(cache)",
                      "The weight gradients are means over the steps. They should be sums: any averaging belongs to "
                      "the loss."),
        Misconception("first-cache-for-all", "(dh_t, cache[t])", "(dh_t, cache[0])",
                      "Every step was taken back with the cache of the first. Step t needs cache[t]."),
        Misconception("dW_h-from-the-pre-activation", "dW_h += dW_h_t",
                      "dW_h += np.arctanh(cache[t][1]).T @ (dh_t * (1 - cache[t][2] ** 2)) if t else dW_h_t",
                      "dW_h was built with the pre-activation of the step before, where its state belongs. What did "
                      "W_h multiply?"),
    ),
)

EXERCISES = (NUMERICAL_GRADIENT, RNN_STEP_BACKWARD, RNN_BACKWARD)
