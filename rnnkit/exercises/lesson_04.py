"""Lesson 04: what becomes of a gradient on its way through time, a matrix that leaves lengths alone, and clipping."""

import numpy as np

from rnnkit.exercises.behavior import Behavior
from rnnkit.exercises.exercise import BATCH_OF_ONE, ONE_STEP, Edge, Exercise, Misconception
from rnnkit.flow import gradient_norms, growth_rate
from rnnkit.init import orthogonal
from rnnkit.optim import clip_by_global_norm

SIZES = {"T": 6, "N": 3, "H": 5}


def states(rng, T, N, H, vector):
    """States of some steps, recurrent weights whose largest singular value is 0.8, and a vector for each sequence."""
    W_h = rng.standard_normal((H, H))
    return {"h": np.tanh(rng.standard_normal((T, N, H))), "W_h": 0.8 * W_h / np.linalg.norm(W_h, 2),
            vector: 2 * rng.standard_normal((N, H))}


BACK = "dh_t = (dh_t * (1 - h_t ** 2)) @ W_h.T"
NORM = "np.linalg.norm(dh_t, axis=1)"

GRADIENT_NORMS = Exercise(
    name="gradient_norms",
    built="You have built a look at what is left of a gradient, at every step.",
    signature="gradient_norms(h, W_h, dh_T) -> norms",
    inputs=lambda rng, T, N, H: states(rng, T, N, H, "dh_T"),
    outputs={"norms": "T N"},
    sizes=SIZES,
    reference=gradient_norms,
    upstream=("dh_T",),
    edges=(BATCH_OF_ONE, ONE_STEP),
    misconceptions=(
        Misconception("slopes-left-out", BACK, "dh_t = dh_t @ W_h.T",
                      "The slopes of tanh, 1 - h_t^2, are not in the product. The gradient passes through tanh at "
                      "every step."),
        Misconception("transpose-forgotten", "W_h.T", "W_h",
                      "The gradient was sent back through W_h, which is the way forward. Back it goes through the "
                      "transpose."),
        Misconception("slope-after-the-product", BACK, "dh_t = (dh_t @ W_h.T) * (1 - h_t ** 2)",
                      "The slope was multiplied in after W_h. On the way back the gradient meets tanh first, and then "
                      "the product."),
        Misconception("norms-multiplied", BACK,
                      "dh_t = dh_t * np.linalg.norm((1 - h_t[:, :, None] ** 2) * W_h.T, 2, axis=(1, 2))[:, None]",
                      "Norms of the Jacobians were multiplied. A norm says how much a matrix can stretch at most: "
                      "multiply the vector by the matrix, and take the norm of what comes out."),
        Misconception("spectral-radius", BACK, "dh_t = dh_t * np.abs(np.linalg.eigvals(W_h)).max()",
                      "Every step multiplies by the spectral radius of W_h. The slopes change what a step does; send "
                      "the vector itself back."),
        Misconception("largest-singular-value", BACK, "dh_t = dh_t * np.linalg.norm(W_h, 2)",
                      "Every step multiplies by the largest singular value of W_h. That is a bound; send the vector "
                      "itself back."),
        Misconception("slope-of-the-state-before", "reversed(h)", "reversed(np.roll(h, 1, axis=0))",
                      "The slopes are one step off. On the way from h_t to the state before it the slope is 1 - "
                      "h_t^2."),
        Misconception("slopes-from-the-first-state-on", "reversed(h)", "h",
                      "The slopes were taken from the first state on. The way back begins at the last."),
        Misconception("in-the-order-of-the-loop", "norms[::-1]", "norms",
                      "The norms lie in the order of the loop, the last step's first. norms[t] belongs to h[t]."),
        Misconception("one-step-too-far", f"        norms.append({NORM})\n        {BACK}",
                      f"        {BACK}\n        norms.append({NORM})",
                      "Every norm is that of the state before. Measure first, and then take the step back: the last "
                      "norm is that of dh_T."),
        Misconception("always-from-the-end", "(dh_t * (1", "(dh_T * (1",
                      "Every step starts from dh_T again. It takes what the step after it sent back."),
        Misconception("loss-at-every-step", BACK, BACK.replace("= (", "= dh_T + ("),
                      "dh_T was added at every step. The loss reads the last state alone."),
        Misconception("tanh-twice", "1 - h_t ** 2", "1 - np.tanh(h_t) ** 2",
                      "tanh was applied to h_t again. h_t already is a tanh."),
        Misconception("no-square", "1 - h_t ** 2", "1 - h_t",
                      "The square is missing: the slope of tanh is 1 - h_t^2."),
        Misconception("slope-of-the-gradient", "1 - h_t ** 2", "1 - dh_t ** 2",
                      "The slope was taken of the gradient. It is tanh's, at the state h_t."),
        Misconception("squared", NORM, "np.sum(dh_t ** 2, axis=1)",
                      "These are squares of the norms: the root is missing."),
        Misconception("one-norm-for-the-batch", NORM, "np.full(len(dh_t), np.linalg.norm(dh_t))",
                      "One norm was taken of the whole batch. Every sequence has its own: along which axis?"),
        Misconception("one-number-for-a-step", NORM, "np.linalg.norm(dh_t)",
                      "There is one number for each step, a norm of the whole batch. Every sequence has its own: "
                      "axis=1 takes it along the units."),
        Misconception("wrong-axis", NORM, "np.linalg.norm(dh_t, axis=0)",
                      "The norms were taken over the batch, one for each unit. They should be taken over the units, "
                      "one for each sequence."),
        Misconception("sum-of-absolute-values", NORM, "np.abs(dh_t).sum(axis=1)",
                      "The absolute values were added. The length of a vector is the root of the sum of its squares."),
        Misconception("largest-entry", NORM, "np.abs(dh_t).max(axis=1)",
                      "This is the largest entry. The length of a vector is the root of the sum of its squares."),
        Misconception("divided-by-the-last", "np.stack(norms[::-1])", "np.stack(norms[::-1]) / norms[0]",
                      "The norms were divided by that of dh_T. That is what a plot may show; here the norms themselves "
                      "are asked for."),
        Misconception("logarithm", "np.stack(norms[::-1])", "np.log10(np.stack(norms[::-1]))",
                      "These are logarithms. A plot may have a logarithmic axis; here the norms themselves are asked "
                      "for."),
    ),
)

PUSH = "v = (v @ W_h) * (1 - h_t ** 2)"
LENGTH = "length = np.linalg.norm(v, axis=1, keepdims=True)"
LOG = "logs.append(np.log(length[:, 0]))"
UNIT = "    v = v / np.linalg.norm(v, axis=1, keepdims=True)\n"
MEAN = "return np.exp(np.mean(logs, axis=0))"
WHOLE = f"""{UNIT}    logs = []
    for h_t in h:
        {PUSH}
        {LENGTH}
        {LOG}
        v = v / length
    {MEAN}"""

GROWTH_RATE = Exercise(
    name="growth_rate",
    built="You have built the number that decides between vanishing and exploding.",
    signature="growth_rate(h, W_h, v) -> rate",
    inputs=lambda rng, T, N, H: states(rng, T, N, H, "v"),
    outputs={"rate": "N"},
    sizes=SIZES,
    reference=growth_rate,
    edges=(BATCH_OF_ONE, ONE_STEP,
           Edge("a thousand steps (T = 1000)", {"T": 1000},
                "0.4^1000 is 1e-398, and the smallest number a float can hold is 5e-324. Does something become that "
                "small on the way?", share=0.2)),
    misconceptions=(
        Misconception("underflow", WHOLE,
                      "    start = np.linalg.norm(v, axis=1)\n    for h_t in h:\n"
                      "        v = (v @ W_h) * (1 - h_t ** 2)\n"
                      "    return (np.linalg.norm(v, axis=1) / start) ** (1 / len(h))",
                      "The vector was pushed through all the steps and measured at the end, and by then it is zero: it "
                      "underflowed. Measure after every step, and make it a vector of length 1 again."),
        Misconception("slopes-left-out", PUSH, "v = v @ W_h",
                      "The slopes of tanh, 1 - h_t^2, are not in the product. They are what makes the rate depend on "
                      "the inputs."),
        Misconception("transposed", "v @ W_h", "v @ W_h.T",
                      "The vector was multiplied by the transpose of W_h. A change of the state goes forwards, as the "
                      "state does."),
        Misconception("slope-before-the-product", PUSH, "v = (v * (1 - h_t ** 2)) @ W_h",
                      "The slope was multiplied in before W_h. A change of the state goes through W_h first, and then "
                      "through the tanh that gives h_t."),
        Misconception("arithmetic-mean", f"{LOG}\n        v = v / length\n    {MEAN}",
                      "logs.append(length[:, 0])\n        v = v / length\n    return np.mean(logs, axis=0)",
                      "This is the arithmetic mean of the factors. Factors multiply: one step of 0 and one of 2 do not "
                      "make 1. Their logarithms add, so take the mean of those."),
        Misconception("never-renormalized", "        v = v / length\n", "",
                      "The vector never becomes a unit vector again, so its length holds all the steps before it as "
                      "well. Divide by the length after every step."),
        Misconception("first-vector-not-normalized", UNIT, "",
                      "The length of the v that came in is counted as growth. The rate does not depend on it: divide "
                      "by it before the first step."),
        Misconception("logarithm-returned", MEAN, "return np.mean(logs, axis=0)",
                      "This is the logarithm of the rate, the Lyapunov exponent. The rate is its exponential, 1 where "
                      "nothing grows or shrinks."),
        Misconception("sum-for-mean", "np.mean(logs", "np.sum(logs",
                      "This is the growth over all the steps. The rate is per step: the mean of the logarithms, not "
                      "their sum."),
        Misconception("median", "np.mean(logs", "np.median(logs",
                      "This is the median of the logarithms. Only their sum, and so their mean, is the logarithm of "
                      "the product."),
        Misconception("last-step-alone", "np.mean(logs, axis=0)", "logs[-1]",
                      "This is the growth in the last step alone. Collect one from every step."),
        Misconception("spectral-radius", MEAN, "return np.full(len(v), np.abs(np.linalg.eigvals(W_h)).max())",
                      "This is the spectral radius of W_h. With slopes between the products it is not the rate; push "
                      "the vector through."),
        Misconception("largest-singular-value", MEAN, "return np.full(len(v), np.linalg.norm(W_h, 2))",
                      "This is the largest singular value of W_h, which is a bound. Push the vector through."),
        Misconception("norms-of-the-jacobians", LENGTH,
                      "length = np.linalg.norm(W_h * (1 - h_t[:, None] ** 2), 2, axis=(1, 2))[:, None]",
                      "The norms of the Jacobians were averaged. Each stretches its own favorite direction that much; "
                      "the vector need not point there."),
        Misconception("same-vector-every-time", WHOLE,
                      WHOLE.replace(UNIT, f"{UNIT}    start = v\n").replace("v = v / length", "v = start"),
                      "Every step starts from the same vector. It takes what came out of the step before."),
        Misconception("backwards", "for h_t in h:", "for h_t in h[::-1]:",
                      "The states were taken from the last to the first. A change of the state goes forwards."),
        Misconception("first-step-left-out", "for h_t in h:", "for h_t in h[min(1, len(h) - 1):]:",
                      "The first step was left out: h[0] is already a state after a step."),
        Misconception("last-step-left-out", "for h_t in h:", "for h_t in h[:max(1, len(h) - 1)]:",
                      "The last step was left out. The loop goes over all of h."),
        Misconception("tanh-twice", "1 - h_t ** 2", "1 - np.tanh(h_t) ** 2",
                      "tanh was applied to h_t again. h_t already is a tanh."),
        Misconception("no-square", "1 - h_t ** 2", "1 - h_t",
                      "The square is missing: the slope of tanh is 1 - h_t^2."),
        Misconception("one-rate-for-the-batch", MEAN, "return np.exp(np.mean(logs))",
                      "The mean was taken over the batch as well. Every sequence has a rate of its own: along which "
                      "axis is the mean?"),
        Misconception("one-length-for-the-batch", f"        {LENGTH}",
                      "        length = np.full((len(v), 1), np.linalg.norm(v))",
                      "One length was taken of the whole batch. Every sequence has its own: along which axis?"),
        Misconception("squared-length", f"        {LENGTH}",
                      "        length = np.sum(v ** 2, axis=1, keepdims=True)",
                      "The length is squared: its root is missing."),
        Misconception("logarithm-to-base-10", "np.log(", "np.log10(",
                      "The logarithms are to the base 10, and the exponential to the base e. They have to fit."),
    ),
)

DRAWS = 150     # matrices behind a frequency
CHANCE = 0.3    # how far from a half a frequency may lie: false_alarm(DRAWS, CHANCE, 3 * 36) is below 1e-9


def generator(seed):
    import numpy
    return numpy.random.default_rng(seed)


def drawn(case, results):
    """What matrices do that were drawn one after another, Q_0, Q_1, ..., and Q, the first of a second generator.

    product: Q^T Q of the one that is furthest from orthogonal. positive: how often each entry is positive, a half where
    chance may explain the rest. repeats: whether the second generator, which is like the first, gave the same matrix.
    """
    matrices = np.stack([results[f"Q_{k}"] for k in range(DRAWS)])
    products = matrices.transpose(0, 2, 1) @ matrices
    worst = np.abs(products - np.eye(matrices.shape[1])).max(axis=(1, 2)).argmax()
    frequency = (matrices > 0).mean(axis=0)
    return {"product": products[worst],
            "positive": np.where(np.abs(frequency - 0.5) <= CHANCE, 0.5, frequency),
            "repeats": np.array(float(np.allclose(results["Q"], matrices[0], atol=1e-4)))}


def every_matrix_alike(case):
    size = case["size"]
    return {"product": np.eye(size), "positive": np.full((size, size), 0.5), "repeats": np.array(1.0)}


def first_trouble(case, done, right):
    off = np.abs(done["product"] - right["product"])
    i, j = np.unravel_index(off.argmax(), off.shape)
    if off[i, j] > 1e-4:
        return (f"Q^T Q should be the identity. Its entry ({i}, {j}) is {done['product'][i, j]:.3g}, not "
                f"{right['product'][i, j]:.0f}.")
    if not done["repeats"]:
        return "Two generators with one seed give two matrices. Is it the rng that came in that draws?"
    off = np.abs(done["positive"] - 0.5)
    i, j = np.unravel_index(off.argmax(), off.shape)
    return (f"Of {DRAWS} matrices the entry ({i}, {j}) is positive in {done['positive'][i, j]:.0%}. Where every "
            f"orthogonal matrix is equally likely, it is in a half.")


QR = """Q, R = np.linalg.qr(rng.standard_normal((size, size)))
    return Q * np.sign(np.diag(R))"""

ORTHOGONAL = Exercise(
    name="orthogonal",
    built="You have built a matrix that leaves every length alone.",
    signature="orthogonal(size, rng) -> Q",
    after=("generator(seed) -> rng", *(f"orthogonal(size, rng) -> Q_{k}" for k in range(DRAWS)),
           "generator(seed) -> rng"),
    given={"generator": generator},
    inputs=lambda rng, H: {"size": np.array(H), "seed": rng.integers(1, 10 ** 9, 1)},
    outputs={"product": "H H", "positive": "H H", "repeats": ""},
    sizes={"H": 5},
    reference=orthogonal,
    behavior=Behavior({**{f"Q_{k}": "H H" for k in range(DRAWS)}, "Q": "H H"}, drawn, right=every_matrix_alike,
                      says=first_trouble),
    whole=True,
    misconceptions=(
        Misconception("signs-left-out", "Q * np.sign(np.diag(R))", "Q",
                      "The signs are missing. QR leaves the sign of every column open, and the routine behind it "
                      "always decides alike, so some matrices never come; R's diagonal tells how it did."),
        Misconception("not-orthogonal", QR, "return rng.standard_normal((size, size)) / np.sqrt(size)",
                      "This is a Gaussian matrix over the root of its size. Its columns are about of length 1, and "
                      "only about at right angles; QR makes both exact."),
        Misconception("gaussian", QR, "return rng.standard_normal((size, size))",
                      "This is a Gaussian matrix as it was drawn. Its QR decomposition has an orthogonal one."),
        Misconception("columns-of-length-1", QR,
                      "A = rng.standard_normal((size, size))\n    return A / np.linalg.norm(A, axis=0)",
                      "The columns have length 1, and are not at right angles to each other."),
        Misconception("rows-of-length-1", QR, "A = rng.standard_normal((size, size))\n"
                      "    return A / np.linalg.norm(A, axis=1, keepdims=True)",
                      "The rows have length 1, and are not at right angles to each other."),
        Misconception("spectral-radius-1", QR, "A = rng.standard_normal((size, size))\n"
                      "    return A / np.abs(np.linalg.eigvals(A)).max()",
                      "The matrix was scaled to the spectral radius 1. That is one number; Q^T Q = 1 asks that every "
                      "singular value is 1."),
        Misconception("largest-singular-value-1", QR,
                      "A = rng.standard_normal((size, size))\n    return A / np.linalg.norm(A, 2)",
                      "The matrix was scaled until its largest singular value is 1. All of them should be."),
        Misconception("uniform", "rng.standard_normal((size, size))", "rng.random((size, size))",
                      "The matrix before QR was drawn from numbers between 0 and 1, which all point one way. Draw it "
                      "so that every direction is equally likely."),
        Misconception("sign-of-Q", "np.diag(R)", "np.diag(Q)",
                      "The signs are those of Q's diagonal, which becomes positive in every draw. It is R's that tells "
                      "how the routine chose."),
        Misconception("absolute-value", "Q * np.sign(np.diag(R))", "np.abs(Q)",
                      "The absolute value was taken of every entry. Only whole columns may change their sign."),
        Misconception("scaled-by-R", "np.sign(np.diag(R))", "np.diag(R)",
                      "The columns were multiplied by R's diagonal itself, which changes their lengths. Its signs are "
                      "what counts."),
        Misconception("R-returned", "Q * np.sign(np.diag(R))", "R",
                      "This is R, the triangular factor. The orthogonal one is Q."),
        Misconception("identity", QR, "return np.eye(size)",
                      "This is the identity. It is orthogonal, and nothing in it is random."),
        Misconception("a-seed-of-its-own", "rng.standard_normal", "np.random.default_rng(0).standard_normal",
                      "The matrix is the same in every draw: another generator with a seed of its own is at work. Draw "
                      "from the rng that came in."),
        Misconception("a-generator-of-its-own", "rng.standard_normal", "np.random.default_rng().standard_normal",
                      "The rng that came in is not used. Whoever passes one with a seed wants the same matrix "
                      "again."),
    ),
)


def listed(dW_x, dW_h, db):
    return [dW_x.copy(), dW_h.copy(), db.copy()]


def taken_apart(clipped):
    clipped = list(clipped)
    if len(clipped) != 3:
        raise ValueError(f"clipped should hold one array for each of the 3 gradients; it holds {len(clipped)}.")
    return clipped


def gradients_and_limit(rng, D, H, times=0.4, size=1.0):
    """Gradients of three shapes, `size` times as large as usual, and a limit that is `times` their norm."""
    gradients = {"dW_x": 0.3 * rng.standard_normal((D, H)), "dW_h": rng.standard_normal((H, H)),
                 "db": 2 * rng.standard_normal(H)}
    norm = np.sqrt(sum(np.sum(gradient ** 2) for gradient in gradients.values()))
    return {**{name: size * gradient for name, gradient in gradients.items()}, "limit": np.array(times * norm)}


NORM_OF_ALL = "np.sqrt(sum(np.sum(np.square(gradient, dtype=np.float64)) for gradient in gradients))"
FACTOR = "float(np.minimum(1, limit / (norm + 1e-6)))"
CLIPPED = "[factor * gradient for gradient in gradients]"

CLIP_BY_GLOBAL_NORM = Exercise(
    name="clip_by_global_norm",
    built="You have built a brake that does not steer.",
    signature="clip_by_global_norm(gradients, limit) -> clipped, norm",
    after=("listed(dW_x, dW_h, db) -> gradients",),
    then=("taken_apart(clipped) -> clipped[0], clipped[1], clipped[2]",),
    given={"listed": listed, "taken_apart": taken_apart},
    inputs=gradients_and_limit,
    outputs={"clipped[0]": "D H", "clipped[1]": "H H", "clipped[2]": "H", "norm": ""},
    sizes={"D": 4, "H": 5},
    reference=clip_by_global_norm,
    torch="nn.utils.clip_grad_norm_",
    edges=(Edge("gradients shorter than the limit", {"times": 3.0},
                "They are short enough, and stay as they are. Clipping never makes a gradient longer.", share=0.3),
           Edge("a norm just below the limit", {"times": 1.01}, "Such gradients stay as they are."),
           Edge("gradients that are all zero", {"size": 0.0}, "0 / 0 is NaN. What is the norm of zeros?")),
    misconceptions=(
        Misconception("scaled-up", FACTOR, "limit / (norm + 1e-6)",
                      "Gradients shorter than the limit were made longer. The factor is never above 1."),
        Misconception("each-by-itself", CLIPPED,
                      "[min(1, limit / (np.linalg.norm(gradient) + 1e-6)) * gradient for gradient in gradients]",
                      "Each array was clipped by its own norm, so the arrays shrink differently and the direction "
                      "turns. One factor, from the norm of all of them, is for all of them."),
        Misconception("by-value", CLIPPED, "[np.clip(gradient, -limit, limit) for gradient in gradients]",
                      "Every entry was clipped by itself. That turns the gradient; multiply all entries by one "
                      "factor."),
        Misconception("root-missing", NORM_OF_ALL,
                      "float(sum(np.sum(np.square(gradient, dtype=np.float64)) for gradient in gradients))",
                      "This is the square of the norm: the root is missing."),
        Misconception("norms-added", NORM_OF_ALL,
                      "float(sum(np.linalg.norm(gradient) for gradient in gradients))",
                      "The norms of the arrays were added. For one long vector their squares add, and the root comes "
                      "last."),
        Misconception("largest-norm", NORM_OF_ALL, "float(max(np.linalg.norm(gradient) for gradient in gradients))",
                      "The norm is that of the longest array alone. All the arrays together are one vector."),
        Misconception("largest-entry", NORM_OF_ALL, "float(max(np.abs(gradient).max() for gradient in gradients))",
                      "The norm is the largest entry. It should be the length of all the arrays as one vector."),
        Misconception("sum-of-absolute-values", NORM_OF_ALL,
                      "float(sum(np.abs(gradient).sum() for gradient in gradients))",
                      "The absolute values were added. A length is the root of the sum of the squares."),
        Misconception("mean-of-squares", "sum(np.sum(np.square(gradient, dtype=np.float64)) for gradient in gradients)",
                      "np.mean(np.concatenate([gradient.ravel() for gradient in gradients]) ** 2)",
                      "This is the root of the mean of the squares. A norm has their sum."),
        Misconception("first-array-alone", "for gradient in gradients)))\n", "for gradient in gradients[:1])))\n",
                      "The norm is that of the first array alone. All the arrays together are one vector."),
        Misconception("last-array-alone", "for gradient in gradients)))\n", "for gradient in gradients[-1:])))\n",
                      "The norm is that of the last array alone: was it overwritten in a loop? All the arrays together "
                      "are one vector."),
        Misconception("norm-after", "], norm", "], factor * norm",
                      "The norm that came back is the one after clipping. The one before tells how large the gradient "
                      "was."),
        Misconception("norm-while-they-change", CLIPPED,
                      "[gradients.__setitem__(k, gradient * min(1, limit / np.sqrt(sum(np.sum(g ** 2) for g in "
                      "gradients)))) or gradients[k] for k, gradient in enumerate(gradients)]",
                      "The norm was computed anew for every array, after others had been clipped. Compute it once, "
                      "before anything changes."),
        Misconception("unit-length", FACTOR, "1 / (norm + 1e-6)",
                      "The gradients were made a vector of length 1, whatever the limit. The factor has the limit in "
                      "it."),
        Misconception("upside-down", FACTOR, "float(max(1, norm / limit))",
                      "The factor is upside down: a gradient that is too long became longer."),
        Misconception("never-clipped", CLIPPED, "gradients",
                      "The gradients came back as they were."),
        Misconception("dropped", FACTOR, "float(norm <= limit)",
                      "Gradients that are too long became zero. They should keep their direction, and the length of "
                      "the limit."),
        Misconception("set-to-the-limit", CLIPPED,
                      "[gradient if norm <= limit else np.full_like(gradient, limit) for gradient in gradients]",
                      "Every entry became the limit. All should shrink by one factor, so that the direction stays."),
    ),
)

EXERCISES = (GRADIENT_NORMS, GROWTH_RATE, ORTHOGONAL, CLIP_BY_GLOBAL_NORM)
