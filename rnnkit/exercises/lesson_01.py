"""Lesson 01: squashing functions that never overflow, and their slopes."""

import numpy as np

from rnnkit.activations import activation_slopes, relu, sigmoid, softmax
from rnnkit.exercises.exercise import BATCH_OF_ONE, Edge, Exercise, Misconception


def scores(rng, N, V, size):
    """Scores of both signs, `size` times as large as a unit normal, and no two rows alike in level."""
    level = size * np.linspace(-1, 1, N)[:, None]
    return {"z": level + size * rng.standard_normal((N, V))}


def outputs_of_all_three(rng, N, H):
    z = 1.5 * rng.standard_normal((3, N, H))
    return {"s": sigmoid(z[0]), "t": np.tanh(z[1]), "r": relu(z[2])}


LARGE = Edge("entries in the thousands", {"size": 1000.0}, share=0.5)

SIGMOID = Exercise(
    name="sigmoid",
    built="You have built a sigmoid that never overflows.",
    signature="sigmoid(z) -> s",
    inputs=scores,
    outputs={"s": "N V"},
    sizes={"N": 3, "V": 5, "size": 2.0},
    reference=sigmoid,
    edges=(LARGE,),
    stable=True,
    misconceptions=(
        Misconception("naive", "    e = np.exp(-np.abs(z))\n    return np.where(z >= 0, 1, e) / (1 + e)",
                      "    return 1 / (1 + np.exp(-z))",
                      "For z = -1000 this computes exp(1000), which no float can hold. Which exponential is safe for "
                      "negative z? Multiply the fraction through by it."),
        Misconception("naive-for-positive", "    e = np.exp(-np.abs(z))\n    return np.where(z >= 0, 1, e) / (1 + e)",
                      "    e = np.exp(z)\n    return e / (1 + e)",
                      "For z = 1000 this is infinity divided by infinity. This form is the safe one for negative z "
                      "only."),
        Misconception("both-branches", "    e = np.exp(-np.abs(z))\n    return np.where(z >= 0, 1, e) / (1 + e)",
                      "    return np.where(z >= 0, 1 / (1 + np.exp(-z)), np.exp(z) / (1 + np.exp(z)))",
                      "np.where computes both of its branches everywhere and then picks. Find one exponential that is "
                      "safe for every z, or index with a mask."),
        Misconception("sign", "np.where(z >= 0, 1, e)", "np.where(z >= 0, e, 1)",
                      "This is sigmoid(-z): at large positive z it should be near 1, not near 0."),
        Misconception("exp-of-minus-abs", "np.where(z >= 0, 1, e) / (1 + e)", "1 / (1 + e)",
                      "This is right for z >= 0 only: a negative z gets the value of its mirror image."),
        Misconception("tanh-for-sigmoid", "np.where(z >= 0, 1, e) / (1 + e)", "np.tanh(z)",
                      "This is tanh, which runs from -1 to 1. The sigmoid runs from 0 to 1."),
        Misconception("half-the-slope", "np.exp(-np.abs(z))", "np.exp(-np.abs(z) / 2)",
                      "The exponent is half as large as it should be. sigmoid(z) = (1 + tanh(z / 2)) / 2 has a half in "
                      "it; the exponential form has none."),
        Misconception("twice-the-exponent", "np.exp(-np.abs(z))", "np.exp(-2 * np.abs(z))",
                      "The exponent is twice as large as it should be. The half in sigmoid(z) = (1 + tanh(z / 2)) / "
                      "2 belongs inside the tanh as well."),
        Misconception("slope-returned", "np.where(z >= 0, 1, e) / (1 + e)", "e / (1 + e) ** 2",
                      "This is the sigmoid's slope, s (1 - s). Here s itself is asked for."),
    ),
)

SOFTMAX = Exercise(
    name="softmax",
    built="You have built a softmax that never overflows.",
    signature="softmax(z) -> p",
    inputs=scores,
    outputs={"p": "N V"},
    sizes={"N": 3, "V": 5, "size": 2.0},
    reference=softmax,
    edges=(LARGE, BATCH_OF_ONE),
    stable=True,
    misconceptions=(
        Misconception("naive", "z - np.max(z, axis=-1, keepdims=True)", "z",
                      "exp(1000) overflows, and infinity over infinity is NaN. Subtracting the same number from a "
                      "whole row changes nothing in its fractions: which number makes every exponent at most 0?"),
        Misconception("one-maximum-for-all", "np.max(z, axis=-1, keepdims=True)", "np.max(z)",
                      "One maximum was subtracted from the whole matrix. A row far below it becomes all zeros, and 0 "
                      "/ 0 is NaN. Each row needs its own maximum."),
        Misconception("wrong-axis", "np.sum(e, axis=-1, keepdims=True)", "np.sum(e, axis=0, keepdims=True)",
                      "The columns were made to sum to 1. Each row is a distribution, so the sum runs along a row."),
        Misconception("wrong-axis-throughout",
                      "axis=-1, keepdims=True)\n    e = np.exp(below)\n"
                      "    return e / np.sum(e, axis=-1, keepdims=True)",
                      "axis=0, keepdims=True)\n    e = np.exp(below)\n    return e / np.sum(e, axis=0, keepdims=True)",
                      "Maximum and sum run down the columns. Each row is a distribution, so both run along a row."),
        Misconception("one-sum-for-all", "np.sum(e, axis=-1, keepdims=True)", "np.sum(e)",
                      "All entries of the matrix together sum to 1. Each row should."),
        Misconception("not-normalized", "e / np.sum(e, axis=-1, keepdims=True)", "e",
                      "The exponentials were not divided by their sum (or by the largest one instead), so a row does "
                      "not add up to 1."),
        Misconception("mean-subtracted", "np.max(z, axis=-1, keepdims=True)", "np.mean(z, axis=-1, keepdims=True)",
                      "Subtracting the mean keeps the fractions right but leaves positive exponents, and a large one "
                      "overflows. Subtract the largest entry."),
        Misconception("absolute-value", "z - np.max(z, axis=-1, keepdims=True)",
                      "-np.abs(z - np.mean(z, axis=-1, keepdims=True))",
                      "An absolute value makes the order of the scores disappear. Subtract the row's maximum and "
                      "nothing more."),
        Misconception("maximum-above-the-line-only", "np.sum(e, axis=-1, keepdims=True)",
                      "np.sum(np.exp(z), axis=-1, keepdims=True)",
                      "The maximum was subtracted above the line and not below it. Only where the same number goes "
                      "from both does it cancel."),
        Misconception("logarithm", "e / np.sum(e, axis=-1, keepdims=True)",
                      "below - np.log(np.sum(e, axis=-1, keepdims=True))",
                      "These are logarithms of probabilities: they are negative and do not sum to 1."),
        Misconception("divided-by-the-maximum", "z - np.max", "z / np.max",
                      "The scores were divided by the maximum. Dividing changes the fractions; which operation "
                      "leaves them alone?"),
        Misconception("no-exponential", "np.exp(below)", "below",
                      "The scores were divided by their sum without exp. They can be negative; which function makes "
                      "them positive first?"),
        Misconception("sign", "np.exp(below)", "np.exp(-below)",
                      "The largest score got the smallest probability: the exponent has the wrong sign."),
    ),
)

ACTIVATION_SLOPES = Exercise(
    name="activation_slopes",
    built="You have built the slopes that every way back will need.",
    signature="activation_slopes(s, t, r) -> ds, dt, dr",
    inputs=outputs_of_all_three,
    outputs={"ds": "N H", "dt": "N H", "dr": "N H"},
    sizes={"N": 3, "H": 5},
    reference=activation_slopes,
    edges=(BATCH_OF_ONE,),
    misconceptions=(
        Misconception("sigmoid-twice", "s * (1 - s)", "1 / (1 + np.exp(-s)) * (1 - 1 / (1 + np.exp(-s)))",
                      "The sigmoid was applied to s again. s already is sigmoid(z), and its slope is s (1 - s)."),
        Misconception("tanh-twice", "1 - t ** 2", "1 - np.tanh(t) ** 2",
                      "tanh was applied to t again. t already is tanh(z), and its slope is written with t itself."),
        Misconception("no-square", "1 - t ** 2", "1 - t",
                      "The square is missing: the slope of tanh is 1 - t^2, the same on both sides of zero."),
        Misconception("tanh-slope-for-sigmoid", "s * (1 - s)", "1 - s ** 2",
                      "This is tanh's rule, used on the sigmoid. Derive the sigmoid's own: it is largest, 1/4, where "
                      "s = 1/2."),
        Misconception("sigmoid-slope-for-tanh", "1 - t ** 2", "t * (1 - t)",
                      "This is the sigmoid's rule, used on tanh. Derive tanh's own: it is largest, 1, where t = 0."),
        Misconception("one-minus-s", "s * (1 - s)", "1 - s",
                      "A factor s is missing: where the sigmoid is near 0 it is flat too."),
        Misconception("relu-value", "(r > 0).astype(r.dtype)", "r",
                      "This is relu's value. Its slope is a switch: 1 where the unit is on, 0 where it is off."),
        Misconception("relu-always-on", "(r > 0).astype", "(r >= 0).astype",
                      "Every r is >= 0, since relu returned it. The unit is on where r > 0."),
        Misconception("reciprocal", "1 - t ** 2", "1 / (1 - t ** 2)",
                      "This is dz/dt. The slope dt/dz is its reciprocal."),
        Misconception("returned-in-another-order", "return ds, dt, dr", "return dt, ds, dr",
                      "The slopes of the sigmoid and of tanh are exchanged. The order is that of the arguments, s, "
                      "t, r."),
        Misconception("square-of-the-difference", "1 - t ** 2", "(1 - t) ** 2",
                      "This is (1 - t)^2. The square belongs to t alone."),
    ),
)

EXERCISES = (SIGMOID, SOFTMAX, ACTIVATION_SLOPES)
