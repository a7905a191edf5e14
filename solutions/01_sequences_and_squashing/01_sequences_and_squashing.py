# ---
# jupyter:
#   kernelspec:
#     display_name: Python 3 (ipykernel)
#     language: python
#     name: python3
# ---

# %% [markdown] locked="title"
# # 01 · Sequences and squashing
#
# [← 00 · Start here](../00_start_here/00_start_here.ipynb) · [map of the course](../00_start_here/00_start_here.ipynb) · [02 · The recurrent cell →](../02_the_recurrent_cell/02_the_recurrent_cell.ipynb)
#
# **The question.** A straight line cannot bend, so a network squashes. Why with *these* functions, what do they cost,
# and is squashing enough to read a sentence?
#
# **What you will write.** `sigmoid` and `softmax` so that no number can break them, and the slopes of three
# activations. Twelve points, about forty-five minutes.
#
# **What you need.** A little calculus: the derivative of $e^z$, and of a quotient.

# %% [markdown] locked="from-memory"
# **From memory.** Three questions about lesson 00. Answer on paper, then open.
#
# <details><summary>1. A batch has shape (T, N, D). What is x[2]?</summary>
#
# The third step's input, for all $N$ sequences: $(N, D)$.
#
# </details>
# <details><summary>2. x is (N, D), and a = x W + b is to be (N, H). Which shapes have W and b?</summary>
#
# $(D, H)$ and $(H,)$.
#
# </details>
# <details><summary>3. What is dW?</summary>
#
# The gradient of the loss with respect to $W$. It has the shape of $W$.
#
# </details>

# %%
import numpy as np

from rnnkit import available, check, figures, guess, pencil, relu, yours
from rnnkit import sigmoid as safe_sigmoid

rng = np.random.default_rng(1)

# %% [markdown] locked="why-squash"
# ## Why squash at all
#
# Stack two affine maps and you have one affine map. A network of a hundred layers without squashing is a network of
# one:
#
# $$(x W_1) W_2 = x\,(W_1 W_2)$$

# %%
x, W_1, W_2 = rng.standard_normal((3, 4)), rng.standard_normal((4, 6)), rng.standard_normal((6, 2))
print(np.abs((x @ W_1) @ W_2 - x @ (W_1 @ W_2)).max())

# %% [markdown] locked="three-functions"
# So something has to bend between them. Three functions do nearly all the bending in this course:
#
# $$\sigma(z) = \frac{1}{1 + e^{-z}} \qquad \tanh(z) = \frac{e^z - e^{-z}}{e^z + e^{-z}} \qquad \mathrm{relu}(z) = \max(0, z)$$
#
# The **sigmoid** runs from 0 to 1. It can say how much of something to let through, and in lesson 06 it will be a
# *gate*. **tanh** runs from -1 to 1, and can say yes, no, and nothing yet: a *state*. **relu** keeps what is
# positive. It is the favorite of networks without loops. In a loop it has no ceiling: a state may grow at every step. So
# you will not see much of it here. But remember the missing ceiling. In lesson 09 somebody wants to count.
#
# The first two are relatives. tanh is the sigmoid, stretched and shifted:

# %%
z = np.linspace(-5, 5, 11)
print("tanh(z) - (2 sigmoid(2z) - 1):", np.abs(np.tanh(z) - (2 / (1 + np.exp(-2 * z)) - 1)).max())

# %% [markdown] locked="overflow"
# ## A formula that breaks
#
# The sigmoid looks like a line of code. Write it down as it stands, in the single precision that networks are trained
# in, and feed it a few numbers.

# %%
guess.choose("overflow", "The sigmoid of -100 is about 4e-44, and float32 has such numbers. What does the line give?",
             "a number near it", "0, and a report of overflow", "not a number")


# %%
def naive_sigmoid(z):
    return 1 / (1 + np.exp(-z))


errors, rows = [], []
with np.errstate(over="call", call=lambda kind, _: errors.append(kind)):
    for z in (-100, -20, 0, 20):
        rows.append((z, naive_sigmoid(np.float32(z)), errors.pop() if errors else "nothing"))
figures.table("The formula as it stands, in float32", {"z": "", "sigmoid(z)": ".9g", "NumPy reports": ""}, rows)

# %%
_, s, report = rows[0]
guess.reveal("overflow", "not a number" if np.isnan(s) else "0, and a report of overflow" if s == 0 and report == "overflow"
             else "a number near it")

# %% [markdown] locked="overflow-explained"
# At -100 the formula asks for $e^{100}$, a number with 44 digits. The largest float32 has 39. It becomes infinity,
# one over infinity is zero, and the result is as good as right, by luck. With `exp(z) / (1 + exp(z))`, which is the
# same function on paper, luck runs out on the other side:

# %%
with np.errstate(over="ignore", invalid="ignore"):
    e = np.exp(np.float32(100))
    print("exp(z) / (1 + exp(z)) at z = 100:", e / (1 + e))

# %% [markdown] locked="which-side"
# Not a number. And it spreads, to every weight whose gradient it enters.
#
# Now look at $\sigma(20)$ above. It is exactly 1. That is no overflow: 1 is the nearest float32 to the truth. But its
# slope is then exactly 0, and no gradient gets through.
#
# The picture shows both borders, found by trying every point.

# %%
figures.sigmoid_in_float32(naive_sigmoid, safe_sigmoid)

# %% [markdown] locked="the-repair"
# ## The repair
#
# Which exponential is safe? $e^{-z}$ is, as long as $z \ge 0$: it lies between 0 and 1. For $z < 0$, multiply the
# fraction through by $e^z$:
#
# $$\sigma(z) = \frac{1}{1 + e^{-z}} = \frac{e^{z}}{e^{z} + 1}$$
#
# Now the exponential is $e^z$ with $z < 0$, and that is safe too. In both cases it is $e^{-|z|}$.

# %% [markdown] locked="card-sigmoid"
# ### Exercise: `sigmoid`
#
# 4 points · 10 minutes · needs the two fractions above
#
# Half of the points are for the right numbers, half for getting through entries in the thousands without any overflow
# on the way.
#
# <details><summary>Hint 1: where to begin</summary>
# Compute one array, <code>np.exp(-np.abs(z))</code>. It never overflows. Both fractions can be written with it.
# </details>
# <details><summary>Hint 2: two cases, no loop</summary>
# <code>np.where(z >= 0, this, that)</code> picks entry by entry. It computes both <i>this</i> and <i>that</i> everywhere first, so both have to be safe.
# </details>
# <details><summary>Hint 3: almost the answer</summary>
# Both fractions have the denominator 1 + e. The numerator is 1 on one side and e on the other.
# </details>


# %% answer="sigmoid"
def sigmoid(z):
    """1 / (1 + exp(-z)), entry by entry, for any z without overflow.

    z: an array of any shape. Returns an array of the same shape.
    """
    ### BEGIN SOLUTION
    e = np.exp(-np.abs(z))
    return np.where(z >= 0, 1, e) / (1 + e)
    ### END SOLUTION


# %% check="sigmoid" points=4
check(sigmoid, points=4)

# %% [markdown] locked="one-of-many"
# ## One of many
#
# A sigmoid answers yes or no. To choose one of $V$ words you need $V$ numbers that are positive and add up to 1.
# Exponentials are positive. Divide by their sum:
#
# $$\mathrm{softmax}(z)_k = \frac{e^{z_k}}{\sum_j e^{z_j}}$$
#
# A large score breaks it, and worse than the sigmoid. There, one over infinity happened to be the right limit. Here the
# numerator overflows together with the sum, and infinity over infinity is not a number. And scores that are all very
# negative make it zero over zero:

# %%
with np.errstate(over="ignore", invalid="ignore"):
    for z in ([1000.0, 0, -3], [-1000.0, -1001, -1002]):
        print(z, "->", np.exp(z) / np.exp(z).sum())

# %% [markdown] locked="shift-the-scores"
# The way out is pretty. Subtract any number $m$ from *all* the scores of a row, and nothing changes:
#
# $$\frac{e^{z_k - m}}{\sum_j e^{z_j - m}} = \frac{e^{-m}\, e^{z_k}}{e^{-m} \sum_j e^{z_j}} = \mathrm{softmax}(z)_k$$
#
# So choose an $m$ that makes it safe. It has to do two things: no exponential may overflow, and the sum must not be zero.

# %%
scores = rng.standard_normal(5)
for m in (0, 3, -7):
    print(f"m = {m:2}:", (np.exp(scores - m) / np.exp(scores - m).sum()).round(6))

# %% [markdown] locked="card-softmax"
# ### Exercise: `softmax`
#
# 4 points · 10 minutes · needs the identity above
#
# Each row of `z` is one set of scores. Half of the points are for large entries.
#
# <details><summary>Hint 1: which m?</summary>
# After the subtraction, no exponent may be above 0. What is the smallest m that manages this for a row?
# </details>
# <details><summary>Hint 2: the shapes do not fit</summary>
# A maximum over the last axis of (N, V) is (N,), which does not line up with (N, V). <code>keepdims=True</code> keeps it as (N, 1).
# </details>
# <details><summary>Hint 3: almost the answer</summary>
# <code>e = np.exp(z - row maximum)</code>, then divide by the row sum of e. Both with axis=-1 and keepdims=True.
# </details>


# %% answer="softmax"
def softmax(z):
    """exp(z_k) / sum_j exp(z_j) for each row, for any z without overflow.

    z: (N, V), a row of scores for each of N cases. Returns (N, V); each row is positive and sums to 1.
    """
    ### BEGIN SOLUTION
    e = np.exp(z - z.max(axis=-1, keepdims=True))
    return e / e.sum(axis=-1, keepdims=True)
    ### END SOLUTION


# %% check="softmax" points=4
check(softmax, points=4)

# %% [markdown] locked="slopes"
# The maximum does both. No exponent is above 0, and the largest score has the exponent 0, so its term is 1. The sum is at
# least 1, whatever the scores are.
#
# ## The slope, from what came out
#
# To train, you need slopes. Here is the sigmoid's, from the quotient rule:
#
# $$\sigma'(z) = \frac{e^{-z}}{(1 + e^{-z})^2} = \frac{1}{1 + e^{-z}} \cdot \frac{e^{-z}}{1 + e^{-z}} = s\,(1 - s), \qquad s = \sigma(z)$$
#
# Look at the end of that line. The input $z$ has gone. If you kept what the function *returned*, its slope costs one
# subtraction and one multiplication, and no exponential. tanh has the same virtue. With the quotient rule again,
#
# $$\tanh'(z) = \frac{(e^z + e^{-z})^2 - (e^z - e^{-z})^2}{(e^z + e^{-z})^2} = 1 - t^2, \qquad t = \tanh(z).$$
#
# And relu is a switch, on or off. At $z = 0$ it has a corner and no slope; we take 0, as PyTorch does.
#
# $$\mathrm{relu}'(z) = 1 \text{ where } r > 0, \text{ else } 0, \qquad r = \mathrm{relu}(z)$$
#
# This is why a backward pass keeps outputs, and it is also a trap. People see $\sigma'$, call their sigmoid on $s$,
# and have squashed twice. In code `s` is already squashed.
#
# **By hand.** A sigmoid has returned 0.8. What was its slope there? Write the number in the place of `None`. (It earns no
# points. The next cell measures the slope, with no formula at all.)

# %%
mine = None

z, eps = np.log(0.8 / 0.2), 1e-6  # at this z the sigmoid is 0.8
measured = (safe_sigmoid(z + eps) - safe_sigmoid(z - eps)) / (2 * eps)
twice = safe_sigmoid(0.8)
pencil(mine, measured, {"0.8 is squashed once more": twice * (1 - twice), "the slope of tanh is taken": 1 - 0.8 ** 2})

# %% [markdown] locked="card-activation-slopes"
# ### Exercise: `activation_slopes`
#
# 4 points · 5 minutes · needs the three formulas above
#
# The arguments are the *outputs* of the three functions. Return their three slopes.
#
# <details><summary>Hint 1: where to begin</summary>
# No exponential appears anywhere. Each slope is one short line.
# </details>
# <details><summary>Hint 2: relu</summary>
# <code>r > 0</code> is an array of True and False, which count as 1 and 0.
# </details>
# <details><summary>Hint 3: almost the answer</summary>
# The first is <code>s * (1 - s)</code>. The second has a square in it.
# </details>


# %% answer="activation_slopes"
def activation_slopes(s, t, r):
    """The slopes of sigmoid, tanh and relu, from their outputs s, t and r (arrays of any shape).

    Returns ds, dt, dr, of the same shapes.
    """
    ### BEGIN SOLUTION
    return s * (1 - s), 1 - t ** 2, (r > 0) * 1.0
    ### END SOLUTION


# %% check="activation_slopes" points=4
check(activation_slopes, points=4)

# %% [markdown] locked="explore"
# Move along the curves. The tangent is drawn with the slope that your function returned. Where the curve is flat, the
# function is called **saturated**: it has made up its mind, and a small change of $z$ no longer moves it.

# %%
figures.activation_explorer(yours(sigmoid), yours(activation_slopes))

# %% [markdown] locked="slopes-multiply"
# Signals pass through many squashing functions one after the other, and slopes multiply. Suppose each function of a chain
# gets a fresh random input of standard deviation 1, and all weights between them are 1.

# %%
guess.place("ten-sigmoids", "How much of a gradient is left after ten sigmoids, on average?", 1e-12, 1)

# %%
z = rng.standard_normal((10, 100_000))
ds, dt, _ = yours(activation_slopes)(yours(sigmoid)(z), np.tanh(z), relu(z))
figures.table("Slopes, and what a chain of ten leaves of a gradient",
              {"function": "", "largest slope": ".3f", "mean slope": ".3f", "left after ten": ".1e"},
              [(name, slope.max(), slope.mean(), slope.prod(axis=0).mean()) for name, slope in (("sigmoid", ds), ("tanh", dt))])

# %%
guess.reveal("ten-sigmoids", ds.prod(axis=0).mean())

# %% [markdown] locked="slopes-meaning"
# A sigmoid lets through a quarter at best, and less than a millionth is left after ten. tanh does better, because its
# slope is 1 in the middle, but less than a hundredth is left.
#
# A sequence of sixty words means sixty squashings. In a real network the weights multiply too, and they decide which
# way it goes. That is lesson 04.

# %% [markdown] locked="against-pytorch"
# Three formulas, each with room for a mistake. PyTorch derives by itself, so it can tell:

# %%
if torch := available("torch"):
    z = torch.linspace(-6, 6, 1000, dtype=torch.float64, requires_grad=True)
    s, t, r = torch.sigmoid(z), torch.tanh(z), torch.relu(z)
    theirs = [torch.autograd.grad(out.sum(), z)[0].numpy() for out in (s, t, r)]
    slopes = yours(activation_slopes)(*(out.detach().numpy() for out in (s, t, r)))
    rows = rng.standard_normal((3, 5))
    pairs = {f"slope of {name}": pair for name, *pair in zip(("sigmoid", "tanh", "relu"), slopes, theirs, strict=True)}
    pairs["softmax"] = yours(softmax)(rows), torch.tensor(rows).softmax(-1).numpy()
    for name, (ours, their) in pairs.items():
        print(f"{name}: off by up to {np.abs(ours - their).max():.1e}")

# %% [markdown] locked="a-sentence"
# ## Enough for a sentence?
#
# Now you can bend. Let us read. A review is a sequence of words, and each word is a row of numbers. A network of this
# lesson takes *one* row. The plain thing to do is to add the words up: a **bag of words**.

# %%
figures.bag_of_words("not bad, good", "not good, bad")

# %% [markdown] locked="bag"
# One review recommends, the other warns. A network with one hidden layer of 50 units gets the two bags, and we are free
# to choose its weights. Let us try a thousand random networks.

# %%
guess.choose("bags", "How far apart can its two answers be?", "as far as we like", "a little", "not at all")

# %%
vocabulary = ["not", "bad", "good"]
bags = np.array([[review.count(word) for word in vocabulary] for review in ("not bad, good", "not good, bad")])
gaps, squash = [], yours(sigmoid)
for _ in range(1000):
    hidden = squash(bags @ rng.standard_normal((3, 50)) + rng.standard_normal(50))
    answers = hidden @ rng.standard_normal((50, 1))
    gaps.append(abs(answers[0] - answers[1]).item())
print("The two bags:", bags.tolist(), "  the largest gap in a thousand networks:", max(gaps))
guess.reveal("bags", "not at all" if max(gaps) == 0 else "a little" if max(gaps) < 0.1 else "as far as we like")

# %% [markdown] locked="no-way"
# Zero. No training will change that, nor will more layers: the two inputs are one and the same input. What differs is
# the order, and the order was thrown away before the network began.
#
# You could give each position weights of its own. Then a review of four words needs a larger network than one of
# three, and what is learned about *not* in first place says nothing about *not* in second place.
#
# ## What we know now
#
# - Without squashing, layers collapse into one. Sigmoid, tanh and relu bend, each for its own purpose.
# - A formula that is right on paper can overflow. An exponential cannot overflow if its exponent is at most 0.
# - A slope can be written with the output, and slopes multiply: ten sigmoids leave next to nothing.
#
# **What still does not work.** A network of this lesson cannot hear order. It needs something to carry from one word
# to the next. That is lesson 02.

# %%
guess.score()

# %% [markdown] locked="read-on"
# ## Read on
#
# - Goldberg, *What every computer scientist should know about floating-point arithmetic*, ACM Computing Surveys 23, 1991.
#   Why a formula that is right on paper can be wrong in a computer.
# - LeCun, Bottou, Orr and Müller, *Efficient BackProp*, 1998. Why tanh and not the sigmoid, with numbers.
# - Glorot and Bengio, *Understanding the difficulty of training deep feedforward neural networks*, AISTATS 2010.
#   Saturation, measured layer by layer.

# %%
figures.end_of_lesson(1, "A bag of words has lost the order. No network that reads it, however large, can tell two orders of the same words apart.")

# %% [markdown] locked="onward"
# [← 00 · Start here](../00_start_here/00_start_here.ipynb) · [map of the course](../00_start_here/00_start_here.ipynb) · [02 · The recurrent cell →](../02_the_recurrent_cell/02_the_recurrent_cell.ipynb)
