# ---
# jupyter:
#   kernelspec:
#     display_name: Python 3 (ipykernel)
#     language: python
#     name: python3
# ---

# %% [markdown] locked="title"
# # 03 · Backpropagation through time
#
# [← 02 · The recurrent cell](../02_the_recurrent_cell/02_the_recurrent_cell.ipynb) · [map of the course](../00_start_here/00_start_here.ipynb) · [04 · Vanishing and exploding →](../04_vanishing_and_exploding/04_vanishing_and_exploding.ipynb)
#
# **The question.** The network of lesson 02 can remember, but it cannot learn: every weight in it is one that we
# picked. To pick better ones we need a number for each of them. How much does the loss change when that weight moves
# a little, although the weight is used at every step?
#
# **What you will write.** A way to *measure* a gradient, a way to *derive* it for one step, the loop that takes it
# through time, and a few sentences on why gradients add up. Sixteen points, about an hour and three quarters.
#
# **What you need.** The forward pass of lesson 02. We import ours, which keeps the cache that the stub proposed. You
# can paste yours below instead.

# %% [markdown] locked="from-memory"
# **From memory.** Answer on paper, then open.
#
# <details><summary>1. One step of the recurrent network: the equation, and the shape of every array in it</summary>
#
# $h_{\text{next}} = \tanh(x W_x + h W_h + b)$, with $x$ $(N, D)$, $h$ and $h_{\text{next}}$ $(N, H)$, $W_x$ $(D, H)$,
# $W_h$ $(H, H)$, $b$ $(H,)$.
#
# </details>
# <details><summary>2. A sequence becomes a hundred times as long. How many more parameters does the network need?</summary>
#
# None. Their number depends on $D$ and on $H$, not on $T$.
#
# </details>
# <details><summary>3. Lesson 01: tanh has returned t. What was its slope?</summary>
#
# $1 - t^2$. What went in is not needed.
#
# </details>

# %%
import numpy as np

import rnnkit
from rnnkit import available, check, figures, guess, pencil, relative_error, rnn_forward, rnn_step, yours
from rnnkit.training import SGD, echo, train

rng = np.random.default_rng(3)

# %% [markdown] locked="measure-first"
# ## Measure first
#
# A gradient answers a question that you can also put to the network directly. Move one weight up a little. Run the
# network. Move the weight down a little. Run it again. The difference of the two losses, divided by the distance
# between the two weights, is the slope:
#
# $$\frac{\partial L}{\partial w} \approx \frac{L(w + \varepsilon) - L(w - \varepsilon)}{2\,\varepsilon}$$
#
# This is called the **numerical gradient**. It needs no calculus and knows nothing about networks, so it cannot make
# the mistakes that people make when they derive one. So it can be the **judge** of a derived gradient. To compare the
# two is called a *gradient check*.
#
# Why move in both directions? Expand $L$ around $w$:
#
# $$L(w \pm \varepsilon) = L \pm \varepsilon L' + \tfrac{1}{2} \varepsilon^2 L'' \pm \tfrac{1}{6} \varepsilon^3 L''' + \dots$$
#
# In the difference the even terms cancel. Divided by $2 \varepsilon$, the first error that is left is $\tfrac{1}{6}
# \varepsilon^2 L'''$. Moving up only would leave $\tfrac{1}{2} \varepsilon L''$. Make $\varepsilon$ ten times
# smaller, and watch:

# %%
slope, rows = np.exp(1.0), []
for eps in (1e-1, 1e-2, 1e-3):
    one_sided = (np.exp(1 + eps) - np.exp(1)) / eps
    two_sided = (np.exp(1 + eps) - np.exp(1 - eps)) / (2 * eps)
    rows.append((eps, abs(one_sided - slope), abs(two_sided - slope)))
figures.table("The error of the slope of exp at 1", {"eps": "", "one-sided": ".1e", "two-sided": ".1e"}, rows)

# %% [markdown] locked="card-numerical-gradient"
# ### Exercise: `numerical_gradient`
#
# 4 points · 15 minutes · needs the formula above, once for each entry of an array
#
# <details><summary>Hint 1: where to begin</summary>
# One entry at a time. <code>np.ndindex(x.shape)</code> gives the index of each, for an array of any number of axes.
# </details>
# <details><summary>Hint 2: all my entries are the same, or zero</summary>
# Did only one entry move? Do <code>plus</code> and <code>minus</code> have an array each, or one between them? Look for <code>.copy()</code>.
# </details>
# <details><summary>Hint 3: almost the answer</summary>
# For each index i: copy x twice, add eps to entry i of one copy, subtract it from entry i of the other, call f on both.
# </details>


# %% answer="numerical_gradient"
def numerical_gradient(f, x, eps=1e-6):
    """The gradient of f at x by central differences, one entry at a time.

    f: takes an array of x's shape, returns a number. x: a float array of any shape. eps: how far an entry is moved.

    Returns an array of x's shape. Leaves x as it was.
    """
    ### BEGIN SOLUTION
    gradient = np.zeros_like(x)
    for i in np.ndindex(x.shape):
        plus, minus = x.copy(), x.copy()
        plus[i] += eps
        minus[i] -= eps
        gradient[i] = (f(plus) - f(minus)) / (2 * eps)
    return gradient
    ### END SOLUTION


# %% check="numerical_gradient" points=4
check(numerical_gradient, points=4)

# %% [markdown] locked="how-small"
# ## How small is small?
#
# The error shrinks with $\varepsilon^2$. So is the smallest $\varepsilon$ the best?

# %%
guess.place("eps", "Which eps measures best, in double precision?", 1e-12, 1e-1)

# %% [markdown] locked="three-curves"
# Below, your function measures the gradient of $W_h$ in a network of ten steps, for a range of $\varepsilon$, in
# double and in single precision. The truth it is compared with is the derived gradient, in double precision: the one
# that you will write before this lesson ends. A third curve measures in another way. It comes with the answer.
#
# Errors are **relative** here: $\max|a - n| \,/\, (\max|a| + \max|n|)$ for two arrays $a$ and $n$. It is 0 if they
# are equal and 1 if they are opposite.


# %%
def small_network(T, N=2, D=3, H=4):
    """Inputs, initial state and weights of a small network, as the arguments of rnn_forward."""
    shapes = [(T, N, D), (N, H), (D, H), (H, H), (H,)]
    return [0.7 * rng.standard_normal(shape) for shape in shapes]


measure = yours(numerical_gradient)
x, h0, W_x, W_h, b = small_network(T=10)
h, cache = rnn_forward(x, h0, W_x, W_h, b)
truth = rnnkit.rnn_backward(np.ones_like(h), cache)[3]

eps = 10.0 ** np.arange(-12, -0.5, 0.5)
errors = {}
for dtype in ("float64", "float32"):
    args = [array.astype(dtype) for array in (x, h0, W_x, W_h, b)]

    def loss(W, args=args):
        return rnn_forward(args[0], args[1], args[2], W, args[4])[0].sum()

    errors[dtype] = np.array([
        relative_error(measure(loss, args[3], e).astype("float64"), truth) for e in eps])


def complex_step(f, x, eps):
    """The gradient of f at x: each entry moves by an imaginary eps, and nothing is subtracted."""
    gradient = np.zeros_like(x)
    for i in np.ndindex(x.shape):
        moved = x.astype(complex)
        moved[i] += 1j * eps
        gradient[i] = f(moved).imag / eps
    return gradient


def complex_loss(W):
    return rnn_forward(x, h0, W_x, W, b)[0].sum()


errors["complex step"] = np.array([relative_error(complex_step(complex_loss, W_h, e), truth) for e in eps])
figures.v_curve(eps, errors)

# %%
roots = {dtype: np.finfo(dtype).eps ** (1 / 3) for dtype in ("float64", "float32")}
figures.table("Where each way of measuring is best", {"": "", "best eps": ".0e", "error there": ".1e", "error at 1e-12": ".1e",
                                                      "cube root of the rounding error": ".0e"},
              [(name, eps[error.argmin()], error.min(), error[0], roots.get(name)) for name, error in errors.items()])

# %%
guess.reveal("eps", eps[errors["float64"].argmin()])

# %% [markdown] locked="v-curve"
# The first two curves are a V. On the right arm the formula is at fault: a coarse step, and the error falls with
# $\varepsilon^2$. On the left arm the computer is at fault: two losses that agree in nearly all their digits are
# subtracted, what remains is rounding, and dividing by a tiny $2\varepsilon$ makes it large again.
#
# Call the rounding error $u$. The two faults are about $\varepsilon^2$ and $u / \varepsilon$. They are equal at
# $\varepsilon = u^{1/3}$, and there the V has its bottom: near $10^{-6}$ to $10^{-5}$ in double precision. In single
# precision even the best is poor. **Gradients are checked in float64**, here and everywhere in this course.
#
# The third curve has no left arm. It is the **complex step** (Squire and Trapp 1998), which subtracts nothing.
#
# <details><summary>How it works</summary>
#
# The weight moves by $i \varepsilon$, where $i^2 = -1$. Put that into Taylor's series, and the slope is the imaginary part:
#
# $$L(w + i \varepsilon) = L + i \varepsilon L' - \tfrac{1}{2} \varepsilon^2 L'' - \dots \qquad\qquad
# L' \approx \frac{\operatorname{Im} L(w + i \varepsilon)}{\varepsilon}$$
#
# The forward pass has to let complex numbers through. NumPy's `tanh` does; a comparison or an `abs` would not.
#
# </details>
#
# One more number, to see why nobody trains this way. Each weight costs two runs of the network.

# %%
D = 3
figures.table("What one measured gradient costs", {"H": ",", "runs of the network": ","},
              [(H, 2 * (D * H + H * H + H)) for H in (4, 64, 1024)])

# %% [markdown] locked="yes-or-no"
# Two million runs say which entry is wrong. Suppose that you only want a yes or a no, for all of them together.

# %%
guess.place("runs", "How many runs does a yes or a no take, for a million weights?", 1, 1e7, within=3)

# %%
x, h0, W_x, W_h, b = small_network(T=10, H=1024)
W_h /= 32  # the square root of H, so that the states are not all at -1 and 1
h, cache = rnn_forward(x, h0, W_x, W_h, b)
U, moved = rng.standard_normal(W_h.shape), 1e-7
up, down = runs = [rnn_forward(x, h0, W_x, W, b)[0].sum() for W in (W_h + moved * U, W_h - moved * U)]
dW_h = rnnkit.rnn_backward(np.ones_like(h), cache)[3]
half_missing = np.where(np.arange(1024) < 512, dW_h, 0)
figures.table("The slope in one direction", {"": "", "slope": ".6f"},
              [(f"measured, with {len(runs)} runs", (up - down) / (2 * moved)),
               (f"derived, with {dW_h.size:,} entries", np.sum(dW_h * U)),
               ("derived, with half of the entries wrong", np.sum(half_missing * U))])

# %%
guess.reveal("runs", len(runs))

# %% [markdown] locked="one-direction"
# Two. Move *all* the weights at once, in a random direction $U$. In that direction the loss has one slope, and by the
# chain rule it is $\sum dW \odot U$. Where an entry of $dW$ is wrong, so is the sum, unless chance is very unkind. It does
# not say which entry it was. (PyTorch's `gradcheck` does something like this in its fast mode.)

# %% [markdown] locked="one-weight"
# ## One weight, used four times
#
# To *get* a gradient, though, we want one run and a way back. The only new thing in a recurrent network is that a weight
# is used more than once. The network below reads four inputs, and its loss looks at the last state only. $W_h$ appears four
# times.

# %%
figures.unrolled(steps=4, highlight="W_h", loss="last")

# %%
guess.choose("terms", "How many terms does the gradient of W_h have?", "one", "four", "ten")

# %% [markdown] locked="tie-the-weights"
# Pretend that every step had a weight of its own, $W_h^{(1)}, \dots, W_h^{(4)}$. Each is used once, so the chain rule
# that you know gives each its gradient. Now tie them together again. Moving $W_h$ moves all four, and to first order
# their effects on the loss add up:
#
# $$\frac{\partial L}{\partial W_h} = \sum_{t=1}^{4} \frac{\partial L}{\partial W_h^{(t)}}$$
#
# One term for each use. The judge can measure each of them, and their sum.


# %%
def untied_forward(x, h, W_x, W_hs, b):
    """The network with a recurrent matrix of its own for every step: W_hs is (T, H, H)."""
    states = []
    for x_t, W in zip(x, W_hs, strict=True):
        h, _ = rnn_step(x_t, h, W_x, W, b)
        states.append(h)
    return np.stack(states)


x, h0, W_x, W_h, b = small_network(T=4)
four = measure(lambda W_hs: untied_forward(x, h0, W_x, W_hs, b)[-1].sum(), np.stack([W_h] * 4))
tied = measure(lambda W: rnn_forward(x, h0, W_x, W, b)[0][-1].sum(), W_h)

print("one entry of each of the four:", four[:, 0, 0].round(4), " sum:", four[:, 0, 0].sum().round(4))
print("the same entry, tied:         ", tied[0, 0].round(4))
print(f"relative error over all entries: {relative_error(four.sum(axis=0), tied):.0e}")
guess.reveal("terms", {1: "one", 4: "four", 10: "ten"}[np.any(four, axis=(1, 2)).sum()])

# %% [markdown] locked="ten-paths"
# Ten is the answer to another question. With a loss at *every* step, the first loss can be reached from one of the
# four, the second from two, and so on. Below, the pairs (loss at step t, matrix of step k) for which the gradient is
# not zero are counted.
#
# That network starts from a random $h_0$. Nearly every network you will meet starts from zeros. How many of the four terms
# are left then, and how many of the ten pairs?

# %%
guess.choose("from-zeros", "From zeros: how many terms, and how many pairs?", "4 and 10", "3 and 6", "3 and 9")


# %%
def reached(start):
    """Row t, column k: does the loss at step t change with the matrix of step k? From the state `start`."""
    def loss_at(t):
        return lambda W_hs: untied_forward(x, start, W_x, W_hs, b)[t].sum()

    gradients = [measure(loss_at(t), np.stack([W_h] * 4)) for t in range(4)]
    return np.any(gradients, axis=(2, 3)).astype(int)


for what, start in (("random h0", h0), ("h0 = 0", np.zeros_like(h0))):
    pairs = reached(start)
    print(f"{what}: {pairs[3].sum()} terms in the last loss, {pairs.sum()} pairs\n{pairs}")
guess.reveal("from-zeros", f"{pairs[3].sum()} and {pairs.sum()}")

# %% [markdown] locked="sum-over-uses"
# The triangle is the arrow of time: a loss at step t knows nothing about a matrix that is used later.
#
# From zeros, three terms and six pairs. At the first step $W_h$ multiplies $h_0$. If that is zero, the matrix may be
# anything. Keep it in mind for the end of this lesson.
#
# This sum over the uses is all that *through time* adds to backpropagation. What remains is to get the terms, and the
# way to get them is to take one step back, and then do it again.
#
# ## One step, backwards
#
# Going forward, one step computes
#
# $$a = x W_x + h W_h + b, \qquad h_{\text{next}} = \tanh a.$$
#
# Going back, somebody hands us $\partial L / \partial h_{\text{next}}$, the **upstream gradient**. In code it is
# `dh_next`: in this course, `dv` is always the gradient of the loss with respect to `v`. We owe them five gradients.
# First through the tanh, whose slope we can write with what tanh returned:
#
# $$da = dh_{\text{next}} \odot (1 - h_{\text{next}}^2)$$
#
# where $\odot$ multiplies entry by entry.

# %% [markdown] locked="through-the-sum"
# Now through the sum. Take one entry, $a_{nj} = \sum_k h_{nk} W_{kj} + \dots$ The entry $h_{nk}$ appears in $a_{nj}$
# for every $j$, with the factor $W_{kj}$. So
#
# $$dh_{nk} = \sum_j da_{nj} W_{kj}, \qquad\text{in matrices}\qquad dh = da\, W_h^\top.$$
#
# The entry $W_{kj}$ appears in $a_{nj}$ for every $n$, with the factor $h_{nk}$. So
#
# $$dW_{kj} = \sum_n h_{nk}\, da_{nj}, \qquad\text{in matrices}\qquad dW_h = h^\top da.$$
#
# The other three go the same way. The bias is in every row of the batch, with the factor one:
#
# $$dx = da\, W_x^\top \qquad dW_x = x^\top da \qquad db = \textstyle\sum_n da_n$$
#
# Shapes are a good memory aid: `dW_x` has to be $(D, H)$, `x` is $(N, D)$, `da` is $(N, H)$, and there is one way for
# them to meet. But the aid fails for $W_h$, which is square. There, only the derivation helps.

# %% [markdown] locked="card-rnn-step-backward"
# ### Exercise: `rnn_step_backward`
#
# 4 points · 15 minutes · needs the six formulas above
#
# Return one gradient for each argument of `rnn_step`, in the same order.
#
# <details><summary>Hint 1: where to begin</summary>
# Write <code>da</code> first. Everything else is one line that uses it.
# </details>
# <details><summary>Hint 2: a shape does not fit</summary>
# Write the shape of each array above its name, as in (N, D). The inner ones have to meet.
# </details>
# <details><summary>Hint 3: almost the answer</summary>
# tanh's slope is <code>1 - h_next ** 2</code>, and the upstream gradient multiplies it. For <code>db</code>: which axis is the batch?
# </details>


# %% answer="rnn_step_backward"
def rnn_step_backward(dh_next, cache):
    """One step of backpropagation through time.

    dh_next: (N, H), the gradient of the loss with respect to the new state.
    cache: what `rnn_step` kept: x (N, D), h (N, H), h_next (N, H), W_x (D, H), W_h (H, H).

    Returns dx (N, D), dh (N, H), dW_x (D, H), dW_h (H, H), db (H,).
    """
    x, h, h_next, W_x, W_h = cache
    ### BEGIN SOLUTION
    da = dh_next * (1 - h_next ** 2)
    return da @ W_x.T, da @ W_h.T, x.T @ da, h.T @ da, da.sum(axis=0)
    ### END SOLUTION


# %% check="rnn_step_backward" points=4
check(rnn_step_backward, points=4)

# %% [markdown] locked="ask-the-judge"
# The check compared your numbers with ours. Now ask the judge, who knows neither.
#
# A backward pass starts from an upstream gradient, so which loss should be measured? Take random numbers
# $dh_{\text{next}}$ and let $L = \sum dh_{\text{next}} \odot h_{\text{next}}$. The gradient of that loss with respect
# to $h_{\text{next}}$ is $dh_{\text{next}}$, whatever we choose. Random is better than ones: with ones, many a
# mistake hides.

# %%
N, D, H = 3, 4, 6
inputs = {"x": (N, D), "h": (N, H), "W_x": (D, H), "W_h": (H, H), "b": (H,)}
inputs = {name: 0.7 * rng.standard_normal(shape) for name, shape in inputs.items()}
dh_next = rng.standard_normal((N, H))

def loss_of_a_step(name, value):
    """The loss, if the argument of this name had this value."""
    return np.sum(dh_next * rnn_step(**{**inputs, name: value})[0])


derived = yours(rnn_step_backward)(dh_next.copy(), rnn_step(**inputs)[1])
rows = []
for name, gradient in zip(inputs, derived, strict=True):
    measured = measure(lambda value, name=name: loss_of_a_step(name, value), inputs[name])
    rows.append((f"d{name}", relative_error(gradient, measured)))
figures.table("One step: derived against measured", {"gradient": "", "relative error": ".0e"}, rows)

# %% [markdown] locked="two-doors"
# ## Through time
#
# Of the five, `dh` is the interesting one. It leaves the step by the door through which $h$ came in, and knocks at
# the step before. For that step it is an upstream gradient.
#
# But it may not be the only one. The state $h_t$ was used twice: something above it read it, a readout or a loss, and
# step $t + 1$ went on from it. Two uses, so by the rule of this lesson there are two terms:
#
# $$dh_t^{\text{total}} = \underbrace{dh_t}_{\text{from above}} + \underbrace{da_{t+1} W_h^\top}_{\text{from step } t+1}$$
#
# The second term is the **carry**. It is what `rnn_step_backward` returned as `dh` when it was called for step $t + 1$.
#
# > **An exception to our habit.** `dh[t]` holds only the part that comes from above. The whole gradient of $h_t$ is the sum.
# >
# > **And a warning.** Formulas and pictures count the steps from 1: after $h_0$ come $h_1, \dots, h_T$. Python counts from
# > 0, so $h_1$ is `h[0]`.
#
# At the last step there is no step $t + 1$, and the carry is zero. At the first step, what goes out of the door
# is the gradient of $h_0$.
#
# And the weights: each step returns its term of the sum. Add them up.
#
# **By hand.** Do it once with a pocket calculator. There is one unit, with $w_x = 1$, $w_h = 0.5$ and no bias. It reads 1 and
# then 0, from $h_0 = 0$. The loss is $h_2$ itself. What is its gradient with respect to $w_h$, to three digits?

# %%
mine = None

one, inputs_1_0 = np.ones((1, 1)), np.array([[[1.0]], [[0.0]]])
measured = measure(lambda w: rnn_forward(inputs_1_0, 0 * one, one, w, np.zeros(1))[0][-1].item(), 0.5 * one).item()
h_1 = np.tanh(1.0)
h_2 = np.tanh(0.5 * h_1)
pencil(mine, measured, {"the slope of the second tanh is left out": h_1, "the slope is taken at h_1": h_1 * (1 - h_1 ** 2),
                        "h_2 stands where h_1 belongs": h_2 * (1 - h_2 ** 2)})

# %% [markdown] locked="card-rnn-backward"
# ### Exercise: `rnn_backward`
#
# 5 points · 25 minutes · needs your `rnn_step_backward`
#
# `dh` holds an upstream gradient for every step. Return one gradient for each argument of `rnn_forward`, in the same
# order.
#
# <details><summary>Hint 1: where to begin</summary>
# Which step can go first? The one whose carry you know: the last. <code>for t in reversed(range(T))</code>.
# </details>
# <details><summary>Hint 2: the carry</summary>
# A variable <code>dh_next</code>, zero before the loop. Each round uses it, and then <i>replaces</i> it by what the step sent back.
# </details>
# <details><summary>Hint 3: which get =, which get +=?</summary>
# <code>dx[t]</code> belongs to one step: =. The weights are shared by all steps: +=. The carry is replaced: =.
# </details>
# <details><summary>Hint 4: almost the answer</summary>
# Inside the loop, the step's upstream gradient is <code>dh[t] + dh_next</code>. After the loop, <code>dh_next</code> is dh0.
# </details>


# %% answer="rnn_backward"
def rnn_backward(dh, cache):
    """Backpropagation through time: the step backwards, from the last step to the first.

    dh: (T, N, H), the upstream gradient of every state. cache: the list with the cache of every step.

    Returns dx (T, N, D), dh0 (N, H), dW_x (D, H), dW_h (H, H), db (H,).
    """
    T, N, H = dh.shape
    D = cache[0][0].shape[1]
    dx, dW_x, dW_h, db = np.zeros((T, N, D)), np.zeros((D, H)), np.zeros((H, H)), np.zeros(H)
    ### BEGIN SOLUTION
    dh_next = np.zeros((N, H))
    for t in reversed(range(T)):
        dx[t], dh_next, dW_x_t, dW_h_t, db_t = rnn_step_backward(dh[t] + dh_next, cache[t])
        dW_x += dW_x_t
        dW_h += dW_h_t
        db += db_t
    dh0 = dh_next
    ### END SOLUTION
    return dx, dh0, dW_x, dW_h, db


# %% check="rnn_backward" points=5
check(rnn_backward, points=5)

# %% [markdown] locked="watch-it-flow"
# ## Watch it flow
#
# Switch on the loss at one step and follow its gradient back. Each number is the size of what arrives at that state.
# Then move the spectral radius. In this figure $W_h$ is a rotation or a reflection times that radius, and the states
# are small, so the gradient shrinks by nearly the radius at every step.

# %%
back = yours(rnn_backward)
figures.gradient_explorer(rnn_forward, back)

# %% [markdown] locked="judge-again"
# Now the judge, on the whole sequence, with a random upstream gradient on every state. Beside it stands PyTorch,
# which derives its gradients by itself.

# %%
T = 7
names = ["x", "h0", "W_x", "W_h", "b"]
shapes = [(T, N, D), (N, H), (D, H), (H, H), (H,)]
inputs = {name: 0.7 * rng.standard_normal(shape) for name, shape in zip(names, shapes, strict=True)}
dh = rng.standard_normal((T, N, H))
derived = dict(zip(names, back(dh.copy(), rnn_forward(**inputs)[1]), strict=True))

witnesses = {"the judge": {}}
for name in names:
    witnesses["the judge"][name] = measure(
        lambda value, name=name: np.sum(dh * rnn_forward(**{**inputs, name: value})[0]), inputs[name])

if torch := available("torch"):
    tensors = {name: torch.tensor(array, requires_grad=True) for name, array in inputs.items()}
    h_t, states = tensors["h0"], []
    for x_t in tensors["x"]:
        h_t = torch.tanh(x_t @ tensors["W_x"] + h_t @ tensors["W_h"] + tensors["b"])
        states.append(h_t)
    torch.stack(states).backward(torch.tensor(dh))
    witnesses["PyTorch"] = {name: tensor.grad.numpy() for name, tensor in tensors.items()}

figures.table("Seven steps: your gradient, and what others say", {"relative error": "", **dict.fromkeys(witnesses, ".0e")},
              [(f"d{name}", *(relative_error(derived[name], theirs[name]) for theirs in witnesses.values()))
               for name in names])

# %% [markdown] locked="what-the-error-sees"
# ## What the judge does not see
#
# Here is a longer network. It has a hundred steps, and a loss that looks at the last state only. We take the right
# `dx` and spoil it: the first fifty of its hundred steps are set to zero.

# %%
guess.choose("spoiled", "What is the relative error now?", "about a half", "about a thousandth", "too small to notice")

# %%
x, h0, W_x, W_h, b = small_network(T=100)
h, cache = rnn_forward(x, h0, W_x, W_h, b)
last_only = np.zeros_like(h)
last_only[-1] = rng.standard_normal(last_only[-1].shape)
dx = back(last_only, cache)[0]
spoiled = dx.copy()
spoiled[:50] = 0
whole = relative_error(spoiled, dx)
figures.table("dx, of which the first fifty steps are zero", {"": "", "largest entry": ".0e", "relative error": ".0e"},
              [("all steps", np.abs(dx).max(), whole), *(
                  (f"step {t + 1} alone", np.abs(dx[t]).max(), relative_error(spoiled[t], dx[t])) for t in (0, 49, 50, 99))])

# %%
guess.reveal("spoiled", "too small to notice" if whole < 1e-9 else "about a thousandth" if whole < 0.1 else "about a half")

# %% [markdown] locked="measure-step-by-step"
# Too small to notice. The error is measured against the *largest* entry, and what comes back from far away is smaller
# than that by many powers of ten. Half of the gradient is gone, and the judge says that all is well.
#
# So check on short sequences, where nothing has vanished yet. To go step by step, as in the last lines, is sharper, but
# it takes a second *derived* gradient, such as PyTorch's. A difference of two losses is good to about $10^{-10}$, and
# cannot measure $10^{-22}$. In a course about gradients that vanish, this is no small print.

# %% [markdown] locked="a-wrong-gradient"
# ## A wrong gradient that learns
#
# Your numbers are right. Now break them on purpose. The function below is `rnn_backward` with one thing missing that
# is easily forgotten: the carry. Every step is taken back by itself, and nothing is passed on.


# %%
step_back = yours(rnn_step_backward)


def without_the_carry(dh, cache):
    """rnn_backward, with dh[t] where dh[t] + dh_next belongs."""
    steps = [step_back(dh_t, step_cache) for dh_t, step_cache in zip(dh, cache, strict=True)]
    dx, dh_prev, dW_x, dW_h, db = zip(*steps, strict=True)
    return np.stack(dx), dh_prev[0], sum(dW_x), sum(dW_h), sum(db)


gradients = dict(zip(names, without_the_carry(dh.copy(), rnn_forward(**inputs)[1]), strict=True))
figures.table("Without the carry", {"gradient": "", "relative error": ".2f"},
              [(f"d{name}", relative_error(gradients[name], derived[name])) for name in names])

# %% [markdown] locked="echo-task"
# These are not small errors. Will a network learn anything from them?
#
# The task is **echo**: the network hears random numbers, and has to say at each step what it heard one step before.
# It cannot do that without using its state. The loss is the mean squared error, and the readout gets its gradients by
# the rule of this lesson: $dW_y = \sum_t h_t^\top dy_t$ and $db_y = \sum_{t,n} dy_{tn}$.
#
# The training loop is `train`, from `rnnkit.training`. It has four parts, and each is a line or two: run the network, compute
# the loss, go back *with the function that it is given*, move every parameter a little way against its gradient. To read it,
# write `train??` into a cell.

# %%
guess.choose("no-carry", "Trained with the wrong gradient, what does the loss do?",
             "it stays where it is", "it goes down some of the way", "it goes down like the other")


# %%
def small_learner(seed):
    """A cell and a readout for echo, and the random numbers that go on from there."""
    rng, H = np.random.default_rng(seed), 12
    cell = 0.5 * rng.standard_normal((1, H)), 0.2 * rng.standard_normal((H, H)), np.zeros(H)
    return cell, (0.2 * rng.standard_normal((H, 1)), np.zeros(1)), rng


def trained(backward, delay=1, seed=0):
    """The losses of a small network that is trained on echo with this backward pass: 600 updates."""
    cell, readout, rng = small_learner(seed)
    return train(rnn_forward, backward, cell, readout, echo(rng, delay), SGD(rate=0.3))


histories = {"with the carry": trained(back), "without it": trained(without_the_carry)}
figures.losses(histories)

# %%
ends = {name: losses[-100:].mean() for name, losses in histories.items()}
figures.table("The loss on echo", {"": "", "first loss": ".3f", "mean of the last hundred": ".5f"},
              [(name, losses[0], ends[name]) for name, losses in histories.items()])

# %%
first, right, wrong = histories["without it"][0], *ends.values()
guess.reveal("no-carry", "it goes down like the other" if wrong < 3 * right else
             "it goes down some of the way" if wrong < first / 3 else "it stays where it is")

# %% [markdown] locked="the-readout-too"
# The readout's two gradients have to stand before the judge, too. Here one batch goes through `train`, with an update that
# moves nothing and keeps what it is given.

# %%
(cell, (W_y, b_y), _), batch, kept = small_learner(1), [next(echo(rng))], []
train(rnn_forward, back, cell, (W_y, b_y), batch, lambda parameters, gradients: kept.extend(gradients))


def loss_with(W_y, b_y):
    return train(rnn_forward, back, cell, (W_y, b_y), batch, lambda *_: None)[0]


measured = measure(lambda W: loss_with(W, b_y), W_y), measure(lambda b: loss_with(W_y, b), b_y)
for name, gradient, theirs in zip(("dW_y", "db_y"), kept[-2:], measured, strict=True):
    print(f"{name}: relative error {relative_error(gradient, theirs):.0e}")

# %% [markdown] locked="still-learns"
# Both losses go down, and they go down together. One of the two gradients is wrong in every array it returns.
#
# Why does it learn all the same? For two reasons. The last input is in the state already, put there by a random $W_x$
# and $W_h$, and a trained readout can find it. And the wrong gradient keeps the upstream gradient of each step, so it
# points roughly where the right one points.
#
# Both can be measured. Below, one line belongs to a cell that stays as it was born, with a trained readout. And the delay
# grows: a random $W_h$ keeps less and less of what was heard long ago. To keep more, the network has to change $W_h$,
# and for that somebody has to tell step $t$ what happens at step $t + 3$. That is the carry's work.


# %%
def readout_only(dh, cache):
    """No gradient for the cell at all."""
    return None, None, 0, 0, 0


backwards = {"with the carry": back, "without it": without_the_carry, "readout only": readout_only}
ends = {name: {delay: np.mean([trained(backward, delay, seed)[-100:].mean() for seed in range(2)]) for delay in (1, 2, 3, 4)}
        for name, backward in backwards.items()}
ends["always saying zero"] = {delay: (8 - delay) / 8 / 3 for delay in (1, 2, 3, 4)}
times = ends["without it"][4] / ends["with the carry"][4]
figures.dots(f"At a delay of 4, the loss without the carry is {times:.0f} times as high", "delay, in steps",
             "loss after training, the mean of two networks", ends)


# %%
def direction(backward, dh, cache):
    """The gradients of all three parameters as one vector of length 1."""
    vector = np.concatenate([gradient.ravel() for gradient in backward(dh.copy(), cache)[2:]])
    return vector / np.linalg.norm(vector)


rows = []
for delay in (1, 4):
    cosines = []

    def watched(dh, cache, cosines=cosines):
        cosines.append(direction(back, dh, cache) @ direction(without_the_carry, dh, cache))
        return without_the_carry(dh, cache)

    trained(watched, delay)
    rows.append((delay, np.mean(cosines), np.mean(np.array(cosines) > 0)))
figures.table("The cosine between the wrong gradient and the right one, over 600 updates",
              {"delay": "", "mean": ".2f", "above zero in": ".1%"}, rows)

# %% [markdown] locked="the-loss-is-no-judge"
# These are the gradients that this very network was trained with. A cosine above zero means an angle below 90 degrees,
# and then a small enough step goes downhill.
#
# So at every delay the wrong gradient gets far below the loss of saying nothing. If you had only that line, you
# would call it a success, and wonder a little why it does not get lower.
#
# A falling loss is what a right gradient causes. It is also what a wrong one causes, often. So **do not look at the
# loss to see whether a gradient is right. Measure it.** You wrote the judge yourself.

# %% [markdown] locked="bug-or-approximation"
# ## A bug or an approximation?
#
# Not everybody who left the carry out made a mistake. Elman (1990) trained his networks so: the last state was one more
# input, copied in from outside, and no gradient went back through the copy. That is `without_the_carry`, on purpose. It
# was cheap, and as you saw, it learns.
#
# The same lines are an **approximation** if you know what you left out, and a **bug** if you believe that you have the
# gradient. Nothing in the code tells the two apart, and nothing in the loss. What does is that somebody measured the
# price: in the picture above you see it from a delay of 3 on. In lesson 05 we shall cut the carry ourselves, knowingly.

# %% [markdown] rubric="why-gradients-add"
# ### In your own words: why do gradients add up over time?
#
# 3 points · 10 minutes · graded by hand · needs the section *One weight, used four times*
#
# A friend has written `dW_h = dW_h_t` inside the loop, with = where you have +=. Their sequences start from $h_0 = 0$.
# The program runs and the loss goes down. In five to ten sentences, explain to them why the gradient of $W_h$ is a sum
# over the steps, and what their version computes.
#
# What earns the points:
#
# - 1 point: says that one and the same $W_h$ is used at every step, so that moving it moves every use.
# - 1 point: says why the effects add, with an argument from this lesson.
# - 1 point: says which single term the friend's loop keeps in the end, checks that against the direction of the loop,
#   and says what this term is when $h_0$ is zero.

# %% [markdown] essay="why-gradients-add" points=3
# ### BEGIN SOLUTION
# There is only one matrix W_h, and every step multiplies the state by it. If I move one of its entries a little, the first state changes, the second
# changes because of its own product and because the first has changed, and so on: every use moves at once.
#
# Pretend for a moment that each step had a matrix of its own. Then the chain rule gives one gradient for each of
# them, and the loss changes by the sum of gradient times movement over all of them, as long as the movement is small.
# Tying the matrices together means that all the movements are the same, so it can be taken out of the sum. What
# remains as the gradient of the one matrix is the sum of the gradients of the many.
#
# With = each round of the loop throws away what was there. The loop runs from the last step to the first, so what is left
# at the end is the term of the first step alone. At that step W_h multiplied h0, so the term is h0^T da. With h0 = 0 it is
# zero, exactly, whatever da is: your W_h never moves. The loss goes down all the same, because the other parameters still
# learn, above all the readout, which finds what it can in the states that a random W_h happens to make.
# ### END SOLUTION

# %% [markdown] locked="what-we-know"
# ## What we know now
#
# - A weight that is used many times collects a gradient from each use, and they add up.
# - One step back is six formulas. Through time is a loop that runs backwards, carries `dh`, and adds up the rest.
# - Two gradients meet at every state: one from above, one from the step after it.
# - A numerical gradient is slow, simple, and right to about nine digits in float64. It is how you know. One random
#   direction costs two runs. What has vanished, it does not see.
# - Your backward pass agrees with it, and with PyTorch.
# - A wrong gradient can learn. On purpose it is an approximation, by accident a bug.
#
# **What still does not work.** Go back to the figure, set the spectral radius to 0.5, and follow the gradient of the
# last loss back. It halves at every step. After sixty steps, how much is left?

# %%
print(f"0.5 ** 60 = {0.5 ** 60:.0e}")

# %% [markdown] locked="too-small-to-learn-from"
# A right gradient can still be far too small to learn from. Lesson 04 asks why, and lesson 06 builds a cell against it.

# %%
guess.score()

# %% [markdown] locked="read-on"
# ## Read on
#
# - Werbos, *Backpropagation through time: what it does and how to do it*, Proceedings of the IEEE 78, 1990. The loop that
#   you wrote, by one of those who found it.
# - Elman, *Finding structure in time*, Cognitive Science 14, 1990. Section by section, what a network learns without
#   the carry.
# - Squire and Trapp, *Using complex variables to estimate derivatives of real functions*, SIAM Review 40, 1998. The
#   complex step, in three pages.

# %%
figures.end_of_lesson(3, "A falling loss does not show that a gradient is right. A measurement does, as far as it reaches.")

# %% [markdown] locked="onward"
# [← 02 · The recurrent cell](../02_the_recurrent_cell/02_the_recurrent_cell.ipynb) · [map of the course](../00_start_here/00_start_here.ipynb) · [04 · Vanishing and exploding →](../04_vanishing_and_exploding/04_vanishing_and_exploding.ipynb)
