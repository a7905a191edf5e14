# ---
# jupyter:
#   kernelspec:
#     display_name: Python 3 (ipykernel)
#     language: python
#     name: python3
# ---

# %% [markdown] locked="title"
# # 09 · The GRU and its cousins
#
# [← 08 · The bug museum](../08_the_bug_museum/08_the_bug_museum.ipynb) · [map of the course](../00_start_here/00_start_here.ipynb)
#
# **The question.** The LSTM has three gates, a candidate and two states. It works. But is all of that needed, or would
# less do? And what do you lose with what you leave out?
#
# **What you will write.** One step of a GRU, its gradient, the gradient of a sequence, how many parameters each cell has, and
# weights that make a GRU count. Eighteen points, about two hours and a quarter.
#
# **What you need.** `lstm_step` from lesson 06, and from lesson 03 `numerical_gradient` and the loop that goes backwards.
# We import ours. You can paste yours below instead.

# %% [markdown] locked="from-memory"
# **From memory.** Answer on paper, then open.
#
# <details><summary>1. Lesson 08: for T = 1 all gradients are right, for T = 3 they are not. Where is the mistake?</summary>
#
# In the loop: in what is carried, or in what is added up.
#
# </details>
# <details><summary>2. Lesson 07: by which two routes does a cell state reach the next one?</summary>
#
# Along itself, times the forget gate, and through the hidden state, which the gates and the candidate read.
#
# </details>
# <details><summary>3. Lesson 07: what do the gradients of an input gate and of a candidate look like?</summary>
#
# $da_i = dc_{\text{total}} \odot g \odot i (1 - i)$ and $da_g = dc_{\text{total}} \odot i \odot (1 - g^2)$: the total, the
# other factor, the slope.
#
# </details>

# %%
from itertools import accumulate

import numpy as np

import rnnkit
from rnnkit import (
    available,
    check,
    figures,
    gru_step_reset_before,
    guess,
    lstm_forward,
    lstm_forward_peephole,
    lstm_step,
    numerical_gradient,
    pencil,
    relative_error,
    rnn_step,
    sigmoid,
    yours,
)

rng = np.random.default_rng(9)

# %% [markdown] locked="three-cells"
# ## Three cells
#
# Here are the two cells that you know, and one that you do not. A pink square is a block of weights, one $W_x$, one $W_h$
# and a bias. A thick line is a state that goes straight on, past all weights.
#
# **Think first.** Compare the second and the third. Which two parts of the LSTM have no place in the GRU, and which letter
# of the GRU does two jobs?

# %%
figures.three_cells()

# %% [markdown] locked="first-merger"
# ## The first merger: two gates into one
#
# The LSTM decides two things about its cell state, and it decides them separately. The forget gate says how much of the
# old to keep. The input gate says how much of the new to let in.
#
# $$c_{\text{next}} = f \odot c + i \odot g$$
#
# Often the two belong together. To write a new value you want the old one gone. To keep the old one you want nothing
# new. So use one gate for both, call it $z$, and let in what it does not keep:
#
# $$f = z, \qquad i = 1 - z$$
#
# This is called *coupling* the two. Greff and others (2017) trained eight kinds of LSTM, 5,400 networks in all. Coupling
# did no harm worth speaking of.
#
# You do not need a new cell to try this. Because $\sigma(-a) = 1 - \sigma(a)$, an LSTM does it by itself, if the block of
# $i$ is minus the block of $f$ in its weights and its bias.

# %%
N, D, H = 3, 4, 6
x, c = rng.standard_normal((N, D)), rng.uniform(-1, 1, (N, H))
W_x, W_h, b = rng.standard_normal((D, 4 * H)), rng.standard_normal((H, 4 * H)), rng.standard_normal(4 * H)
for array in (W_x, W_h, b):
    array[..., :H] = -array[..., H:2 * H]

_, c_next, (_, _, _, i, f, g, *_) = lstm_step(x, c, c, W_x, W_h, b)
between = (c_next >= np.minimum(c, g)) & (c_next <= np.maximum(c, g))
print(f"largest difference between i and 1 - f: {np.abs(i - (1 - f)).max():.0e}")
print(f"c_next lies between c and g in {np.mean(between):.0%} of its entries")

# %% [markdown] locked="second-merger"
# ## The second merger: two states into one
#
# Look at the last line. With one gate, the new cell state is a weighted mean of the old one and the candidate. It lies
# between them. A candidate is a tanh and never leaves $(-1, 1)$. So a cell state that starts in there stays in there.
#
# Then why squash it on the way out? And with the squashing gone, why keep two states? Drop the tanh, drop the output
# gate, and let the hidden state be the memory itself:
#
# $$h_{\text{next}} = (1 - z) \odot n + z \odot h$$
#
# where $n$ is the candidate. Two parts of the LSTM are gone: a gate, and a state. Keep the weighted mean in mind. At the
# end of this lesson it will cost us something.

# %% [markdown] locked="a-gate-that-came-back"
# ## A gate that came back
#
# The output gate had a use. It hid parts of the memory from the gates and the candidate of the next step. Now everything
# that is remembered is also seen. A candidate that wants to begin afresh has to hear all of the past.
#
# So there is one more gate, $r$, the **reset gate**. It stands where the candidate listens to the old state:
#
# $$n = \tanh(\,x W_{xn} + b_{xn} + r \odot (h W_{hn} + b_{hn})\,)$$
#
# With $r = 1$ the candidate is the RNN of lesson 02. With $r = 0$ it sees the input only, as if the sequence began here.

# %% [markdown] locked="the-gru"
# ## Two gates and a candidate
#
# This is the GRU, the *gated recurrent unit*. It goes back to Cho and others (2014), and differs from theirs in one
# place that we shall come to. Name the input's part $a$ and the state's part $u$, each in three blocks:
#
# $$a = x W_x + b_x = [\,a_r\;\; a_z\;\; a_n\,] \qquad\qquad u = h W_h + b_h = [\,u_r\;\; u_z\;\; u_n\,]$$
#
# $$\begin{aligned}
# r &= \sigma(a_r + u_r) && \text{how much of the old state the candidate hears} \\
# z &= \sigma(a_z + u_z) && \text{how much of the old state is kept} \\
# n &= \tanh(a_n + r \odot u_n) && \text{what could take its place} \\[4pt]
# h_{\text{next}} &= (1 - z) \odot n + z \odot h
# \end{aligned}$$
#
# $W_x$ is $(D, 3H)$ and $W_h$ is $(H, 3H)$. There are *two* biases, each $(3H,)$. In the blocks of $r$ and $z$ they are only
# added, and one would do. In the block of $n$ the reset gate stands between them.
#
# The letter $z$ is called the **update gate**. Mind the direction: in this course, as in PyTorch and Keras, $z = 1$ means *no*
# update. In Chung and others (2014), and in Olah's well-known page, it is the other way round: there $z = 1$ takes all of
# the new.

# %% [markdown] locked="by-hand"
# **By hand.** One unit: $h = 0.8$, the candidate is $n = -0.4$, and $z = 0.25$. What is $h_{\text{next}}$?

# %%
mine = None

b_hand = np.array([0, np.log(0.25 / 0.75), np.arctanh(-0.4)])  # x = 0 and no weights: z and n are as above
h_hand, _ = rnnkit.gru_step(np.zeros((1, 1)), np.full((1, 1), 0.8), *np.zeros((2, 1, 3)), b_hand, np.zeros(3))
pencil(mine, h_hand.item(), {"z and 1 - z have changed places": 0.25 * -0.4 + 0.75 * 0.8,
                             "the sign of the candidate is lost": 0.75 * 0.4 + 0.25 * 0.8})

# %% [markdown] locked="card-gru-step"
# ### Exercise: `gru_step`
#
# 4 points · 15 minutes · needs the six equations above
#
# One state goes in and one comes out. The stub proposes a cache with what the way back will want to know. You may keep
# something else.
#
# <details><summary>Hint 1: where to begin</summary>
# Compute <code>a</code> and <code>u</code> for all three blocks, two lines. <code>np.split(a, 3, axis=1)</code> cuts one into blocks.
# </details>
# <details><summary>Hint 2: where does r go?</summary>
# After the product: it multiplies <code>u_n</code>, which has its bias already. Entry by entry: <code>*</code>, not <code>@</code>.
# </details>
# <details><summary>Hint 3: almost the answer</summary>
# <code>r = sigmoid(a_r + u_r)</code>, z likewise. The candidate is <code>np.tanh</code> of <code>a_n</code> plus what r leaves of
# <code>u_n</code>. Then the blend, as it stands above.
# </details>


# %% answer="gru_step"
def gru_step(x, h, W_x, W_h, b_x, b_h):
    """One step of a GRU: the new state.

    x: (N, D). h: (N, H). W_x: (D, 3H), W_h: (H, 3H), b_x, b_h: (3H,), in blocks r, z, n.

    Returns h_next (N, H), and a cache for the backward pass: x, h, r, z, n, u_n, W_x, W_h.
    """
    ### BEGIN SOLUTION
    a_r, a_z, a_n = np.split(x @ W_x + b_x, 3, axis=1)
    u_r, u_z, u_n = np.split(h @ W_h + b_h, 3, axis=1)
    r, z = sigmoid(a_r + u_r), sigmoid(a_z + u_z)
    n = np.tanh(a_n + r * u_n)
    h_next = (1 - z) * n + z * h
    ### END SOLUTION
    return h_next, (x, h, r, z, n, u_n, W_x, W_h)


# %% check="gru_step" points=4
check(gru_step, points=4)

# %% [markdown] locked="look-inside"
# ## Two ways to remember
#
# Your step at work. One unit reads plus, minus and zero signs, and has to remember the last one. A dot is no input. Every
# line shows what it carries, and a gate is a valve, as in lesson 06. Move the slider,
# click on a symbol, or press play.
#
# The weights are set by hand, in two ways. Look at both:
#
# - **With the update gate.** Between the signs $z$ is open. The state goes along the straight line, and nobody touches it.
#   At a sign $z$ shuts, its twin $1 - z$ opens, and the candidate comes in.
# - **With the candidate.** Here $z$ is always shut. The state is made anew at every step, from $u_n = 2h$, and settles where
#   $h = \tanh(2h)$. You know this unit. It is the switch of lesson 02. At the zero, step 10, the reset gate shuts, and the
#   candidate hears nothing of the past.
#
# (The third weights are random, as before training.) Both units keep a sign.

# %%
guess.choose("zero", "Which of the two can keep the zero?", "the one with the update gate", "the one with the candidate", "both")

# %%
step = yours(gru_step)
figures.gru_explorer(step)

# %%
h, left = np.full((1, 1), -0.007), [-0.007]  # what the reset gate has left of the sign, at step 10
for _ in range(6):
    h, _ = step(np.zeros((1, 1)), h, np.zeros((1, 3)), np.array([[0, 0, 2.0]]), np.array([40.0, -40, 0]), np.zeros(3))
    left.append(h.item())
print("the candidate's unit, from step 10 to step 16:", np.round(left, 3))
guess.reveal("zero", "the one with the update gate" if abs(left[-1]) > 0.1 else "both")

# %% [markdown] locked="old-friends"
# The update gate keeps any value, a zero too. The switch keeps two values only. The reset gate has left it at -0.007, and
# $u_n = 2h$ nearly doubles that at every step.
#
# Both old cells are inside the new one, and that can be measured. Shut $z$ and open $r$ for good, with biases of -40
# and 40, and the GRU is the RNN. Open $r$, and one step is one step of the LSTM with the two gates merged, from above.
# (There we handed in $c$ as the hidden state too, so that its gates and its candidate read the memory itself.)

# %%
def gru_weights(W_xz, W_hz, b_z, W_xn, W_hn, b_n):
    """W_x, W_h, b_x and b_h of a GRU whose reset gate is always open."""
    W_x, W_h = np.hstack([0 * W_xz, W_xz, W_xn]), np.hstack([0 * W_hz, W_hz, W_hn])
    return W_x, W_h, np.concatenate([np.full(len(b_z), 40.0), b_z, b_n]), np.zeros(3 * len(b_z))


F, G = slice(H, 2 * H), slice(2 * H, 3 * H)
shut = gru_weights(0 * W_x[:, F], 0 * W_h[:, F], np.full(H, -40.0), W_x[:, G], W_h[:, G], b[G])
merged = gru_weights(W_x[:, F], W_h[:, F], b[F], W_x[:, G], W_h[:, G], b[G])
rnn, _ = rnn_step(x, c, W_x[:, G], W_h[:, G], b[G])
print(f"z shut, r open, against rnn_step:        {np.abs(step(x, c, *shut)[0] - rnn).max():.0e}")
print(f"r open, against the merged LSTM's c:     {np.abs(step(x, c, *merged)[0] - c_next).max():.0e}")

# %% [markdown] locked="before-or-after"
# ## Before or after?
#
# There are two GRUs. In one, the reset gate comes *before* the matrix product. It resets the state, and the product sees
# what is left:
#
# $$n = \tanh(\,x W_{xn} + b_n + (r \odot h)\, W_{hn}\,)$$
#
# In ours it comes *after*. Both are from one paper: Cho and others (2014) had it after in the first version and before in
# the third, and most texts follow the third. cuDNN went back to the first, and with it PyTorch, and Keras unless you ask
# for the other. The reason is speed. After, $h W_h$ is one product for all three blocks. Before, the block of $n$ has to
# wait until $r$ is there, and that makes two products, one after the other, at every step.

# %% [markdown] locked="who-has-which"
# | | reset gate | blocks | biases |
# | --- | --- | --- | --- |
# | Cho and others, 2014, first version | after | | not written |
# | Cho and others, 2014, third version | before | | not written |
# | PyTorch, cuDNN; this course | after | r z n | two |
# | Keras 3, by default | after | z r h | two, as (2, 3H) |
# | Keras 3 with `reset_after=False` | before | z r h | one |
# | ONNX, by default | before | z r h | two, which add |
#
# Now take the same weights for both.

# %%
guess.choose("before-after", "How far apart are their states?", "by rounding, as Keras and PyTorch in lesson 02",
             "by a thousandth", "so far that you can see it")

# %%
D, H, N, T = 4, 5, 64, 20
shapes = {"x": (T, N, D), "W_x": (D, 3 * H), "W_h": (H, 3 * H), "b": (3 * H,)}
x, *weights = (rng.uniform(-1, 1, shape) / np.sqrt(H) if name != "x" else rng.standard_normal(shape)
               for name, shape in shapes.items())
after, before = np.zeros((N, H)), np.zeros((N, H))
differences = []
for x_t in x:
    after = step(x_t, after, *weights, np.zeros(3 * H))[0]
    before = gru_step_reset_before(x_t, before, *weights)
    differences.append(np.abs(after - before))
print(f"weights as PyTorch draws them: up to {np.max(differences):.2f} in h, "
      f"{np.mean(differences):.3f} on average")

W_x_open, W_h_open, b_open = (weight.copy() for weight in weights)
W_x_open[:, :H], W_h_open[:, :H], b_open[:H] = 0, 0, 40
open_after = step(x[0], after, W_x_open, W_h_open, b_open, np.zeros(3 * H))[0]
open_before = gru_step_reset_before(x[0], after, W_x_open, W_h_open, b_open)
print(f"the same with r = 1:           up to {np.abs(open_after - open_before).max():.0e}")

# %%
apart = np.max(differences)
guess.reveal("before-after", "so far that you can see it" if apart > 0.02 else "by a thousandth" if apart > 1e-5 else
             "by rounding, as Keras and PyTorch in lesson 02")

# %% [markdown] locked="two-models"
# You can see it. The state has room from -1 to 1, and these weights are small: nothing is trained yet. Only where the
# reset gate is open are the two the same, because then it does not matter where it stands.
#
# These are two models. Weights that were trained for one do not fit the other, and nothing will warn you, because all the
# shapes fit. Keras's own page on the GRU says that the default is the one with the reset gate before. That was once right:
# in TensorFlow 1 it was. Version 2 changed the default, and the sentence stayed. Ask the code:

# %%
if keras := available("keras"):
    import inspect

    keras.config.set_floatx("float64")
    default = inspect.signature(keras.layers.GRU).parameters["reset_after"].default
    print("keras.layers.GRU: reset_after =", default)

# %% [markdown] locked="how-many"
# ## How many parameters?
#
# A block of weights is a $W_x$ of $(D, H)$, a $W_h$ of $(H, H)$ and a bias of $(H,)$. You know how many blocks each cell has.
# One detail is left: the bias that the reset gate separates.

# %%
guess.choose("two-grus", "For D = 4 and H = 5, by how many parameters do the two GRUs differ?", "5", "15", "60")

# %% [markdown] locked="card-parameter-count"
# ### Exercise: `parameter_count`
#
# 2 points · 5 minutes · needs the shapes of the weights
#
# The RNN and the LSTM are ours, with one bias in every block. The GRU with reset after has two in every block. The GRU with
# reset before needs one.
#
# <details><summary>Hint 1: where to begin</summary>
# Count one block first: D H numbers for the input, H H for the state, H for the bias.
# </details>
# <details><summary>Hint 2: how many blocks?</summary>
# One for every gate and one for every candidate. Count the squares in the first picture.
# </details>
# <details><summary>Hint 3: almost the answer</summary>
# With <code>block = D * H + H * H + H</code> three of the four are a multiple of it. The fourth has another H in each of three
# blocks.
# </details>


# %% answer="parameter_count"
def parameter_count(D, H):
    """How many numbers an RNN, an LSTM, a GRU and a GRU with reset before learn.

    D, H: whole numbers, the input size and the hidden size.

    Returns four whole numbers: rnn, lstm, gru, gru_before.
    """
    ### BEGIN SOLUTION
    block = D * H + H * H + H
    rnn, lstm, gru, gru_before = block, 4 * block, 3 * (block + H), 3 * block
    ### END SOLUTION
    return rnn, lstm, gru, gru_before


# %% check="parameter_count" points=2
check(parameter_count, points=2)

# %% [markdown] locked="keras-layers"
# Now Keras's layers and PyTorch's. Both count for themselves.

# %%
guess.choose("columns", "Where are some of the numbers larger than yours?", "in Keras", "in PyTorch", "nowhere")

# %%
count = yours(parameter_count)
counts = dict(zip(("rnn", "lstm", "gru", "gru before"), count(D, H), strict=True))
guess.reveal("two-grus", f"{counts['gru'] - counts['gru before']}")

# %%
torch = available("torch")
layers = {}
if keras:
    layers = {"rnn": keras.layers.SimpleRNN(H), "lstm": keras.layers.LSTM(H), "gru": keras.layers.GRU(H),
              "gru before": keras.layers.GRU(H, reset_after=False)}
    for layer in layers.values():
        layer.build((N, T, D))
theirs = {name: layer.count_params() for name, layer in layers.items()}
modules = {"rnn": torch.nn.RNN, "lstm": torch.nn.LSTM, "gru": torch.nn.GRU} if torch else {}
modules = {name: sum(p.numel() for p in module(D, H).parameters()) for name, module in modules.items()}

figures.table("Parameters, for D = 4 and H = 5", {"": "", "ours": "", "Keras": "", "PyTorch": ""},
              [(name, number, theirs.get(name), modules.get(name)) for name, number in counts.items()])

# %%
larger = [who for who, numbers in (("in Keras", theirs), ("in PyTorch", modules))
          if any(number > counts[name] for name, number in numbers.items())]
guess.reveal("columns", *larger or ["nowhere"]) if torch and keras else None

# %% [markdown] locked="two-that-add"
# PyTorch has no GRU with the reset gate before. And it gives every layer two biases, because cuDNN's interface has two.
# In an RNN and an LSTM they are only added, so one of them is idle: $H$ numbers too many, and $4H$.
#
# The GRU has two biases in each of three blocks, here, in PyTorch and in Keras.

# %%
guess.place("idle", "How many of its 30 bias numbers could go, and no GRU would be lost?", 0, 30, log=False, within=2)

# %%
b_x, b_h = rng.standard_normal((2, 3 * H))
together, left = b_x.copy(), b_h.copy()
together[:2 * H] += b_h[:2 * H]
left[:2 * H] = 0
change = step(x[0], after, *weights[:2], together, left)[0] - step(x[0], after, *weights[:2], b_x, b_h)[0]
print(f"{2 * H} of {6 * H} could go: h changes by {np.abs(change).max():.0e}, and {counts['gru'] - 2 * H} parameters are left")
guess.reveal("idle", np.sum(left == 0))

# %% [markdown] locked="idle-biases"
# In the blocks of $r$ and $z$ the two are only added, so one is idle there too. Only in the block of $n$ does the reset gate
# stand between them. A GRU of this size needs 155 numbers. Of the 15 by which the two GRUs differ, 10 do nothing.
#
# So at equal $H$, RNN, GRU and LSTM have parameters in the ratio of about 1 : 3 : 4. To set an RNN of 64 units against an
# LSTM of 64 units is to set a small model against one four times its size. Fix the parameters instead:

# %%
D, budget = 16, count(16, 64)[1]
rows = []
for k, name in enumerate(counts):
    H = max(H for H in range(1, 300) if count(D, H)[k] <= budget)
    rows.append((name, H, count(D, H)[k]))
figures.table(f"What {budget:,} parameters buy: those of an LSTM with D = {D} and H = 64", {"": "", "H": "", "parameters": ","}, rows)

# %% [markdown] locked="at-equal-parameters"
# The saved block can be spent on more units. *The GRU is as good as the LSTM with fewer parameters*, you will read. Lesson 11
# measures that, at equal parameters. Here we can say what the GRU *computes*, and for that we finish its gradient first.

# %% [markdown] locked="one-step-back"
# ## One step, backwards
#
# In lesson 03 you followed a derivation, in lesson 07 you wrote half of one. This one is yours. You have all that it takes:
# the other factor, the slope, and *two uses, two terms*. What you should know before you begin:
#
# - Somebody hands you `dh_next`, $(N, H)$. You owe six gradients, each with the shape of its argument.
# - $h$ reaches $h_{\text{next}}$ by **two routes**: straight through the blend, and through $u = h W_h + b_h$. The gate $z$
#   is in both terms of the blend, once with a minus.
# - Work from the last line to the first, until you have $da$ and $du$, both $(N, 3H)$. Inside the sigmoids $a$ and $u$ are
#   only added, so two of the three blocks are equal. In the third, the reset gate stands before $u_n$.
# - From $da$ and $du$ on it is lesson 03, twice. $a$ leads to everything that came from $x$, and $u$ to everything that came
#   from $h$.
#
# Take paper. The check below names a block that is wrong, and the judge after it does not care how you found yours. If
# you are stuck, or to compare:
#
# <details><summary>The derivation</summary>
#
# **The blend**, $h_{\text{next}} = (1 - z) \odot n + z \odot h$:
#
# $$dn = dh_{\text{next}} \odot (1 - z) \qquad dz = dh_{\text{next}} \odot (h - n) \qquad dh_{\text{direct}} = dh_{\text{next}} \odot z$$
#
# **The candidate**, $n = \tanh(a_n + r \odot u_n)$. First the slope, then each factor gets the other:
#
# $$da_n = dn \odot (1 - n^2) \qquad dr = da_n \odot u_n \qquad du_n = da_n \odot r$$
#
# **The gates** are sigmoids:
#
# $$da_r = du_r = dr \odot r \odot (1 - r) \qquad\qquad da_z = du_z = dz \odot z \odot (1 - z)$$
#
# **The products.** Put the blocks side by side, $da = [\,da_r\;\; da_z\;\; da_n\,]$ and $du = [\,da_r\;\; da_z\;\; r \odot da_n\,]$:
#
# $$dx = da\, W_x^\top \qquad dW_x = x^\top da \qquad db_x = \textstyle\sum_{\text{batch}} da \qquad dW_h = h^\top du \qquad db_h = \textstyle\sum_{\text{batch}} du$$
#
# And $h$ was used twice:
#
# $$dh = du\, W_h^\top + dh_{\text{next}} \odot z$$
#
# The last term goes past all weights. It is the thick line of the first picture, walked backwards.
#
# </details>

# %% [markdown] locked="card-gru-step-backward"
# ### Exercise: `gru_step_backward`
#
# 5 points · 40 minutes · needs the six equations of the step, and paper
#
# Return one gradient for each argument of `gru_step`, in the same order.
#
# <details><summary>Hint 1: where to begin</summary>
# Three lines: <code>da_z</code>, <code>da_n</code> and then <code>da_r</code>, which needs <code>da_n</code>. Each ends with its own slope.
# </details>
# <details><summary>Hint 2: only one block is wrong</summary>
# If it is the last block of dW_h or db_h, look for the reset gate: it belongs in du, once, and not in da.
# </details>
# <details><summary>Hint 3: only dh is wrong</summary>
# It has two terms. One goes through the weights of all three blocks, the other past them.
# </details>
# <details><summary>Hint 4: almost the answer</summary>
# <code>da = np.concatenate([da_r, da_z, da_n], axis=1)</code>; <code>du</code> is the same with <code>r * da_n</code> at the end.
# </details>


# %% answer="gru_step_backward"
def gru_step_backward(dh_next, cache):
    """One step of backpropagation through a GRU.

    dh_next: (N, H), the gradient of the loss with respect to the new state.
    cache: what `gru_step` kept: x (N, D), h, r, z, n, u_n (N, H), W_x (D, 3H), W_h (H, 3H).

    Returns dx (N, D), dh (N, H), dW_x (D, 3H), dW_h (H, 3H), db_x (3H,), db_h (3H,).
    """
    x, h, r, z, n, u_n, W_x, W_h = cache
    ### BEGIN SOLUTION
    da_z = dh_next * (h - n) * z * (1 - z)
    da_n = dh_next * (1 - z) * (1 - n ** 2)
    da_r = da_n * u_n * r * (1 - r)
    da = np.concatenate([da_r, da_z, da_n], axis=1)
    du = np.concatenate([da_r, da_z, r * da_n], axis=1)
    dx, dh = da @ W_x.T, du @ W_h.T + dh_next * z
    return dx, dh, x.T @ da, h.T @ du, da.sum(axis=0), du.sum(axis=0)
    ### END SOLUTION


# %% check="gru_step_backward" points=5
check(gru_step_backward, points=5)

# %% [markdown] locked="ask-the-judge"
# Ask the judge of lesson 03. (A backward pass reads what its own forward pass kept. So either both are yours here, or both
# are ours.)

# %%
N, D, H = 3, 4, 6
shapes = {"x": (N, D), "h": (N, H), "W_x": (D, 3 * H), "W_h": (H, 3 * H), "b_x": (3 * H,), "b_h": (3 * H,)}
inputs = {name: 0.7 * rng.standard_normal(shape) for name, shape in shapes.items()}
dh_next = rng.standard_normal((N, H))

step_back = yours(gru_step_backward)
both_yours = step is gru_step and step_back is gru_step_backward
one, one_back = (step, step_back) if both_yours else (rnnkit.gru_step, rnnkit.gru_step_backward)
rows = []
for name, gradient in zip(inputs, one_back(dh_next.copy(), one(**inputs)[1]), strict=True):
    def loss(value, name=name):
        return np.sum(dh_next * one(**{**inputs, name: value})[0])

    rows.append((f"d{name}", relative_error(gradient, numerical_gradient(loss, inputs[name]))))
figures.table("One step: derived against measured", {"gradient": "", "relative error": ".0e"}, rows)

# %% [markdown] locked="through-time"
# ## Through time
#
# The loop forwards you have written twice, in lessons 02 and 06. Here it is a third time, with your step in it.


# %%
def gru_forward(x, h0, W_x, W_h, b_x, b_h):
    """The step at every time. Returns h (T, N, H), and a list with the cache of every step."""
    h_t, h, cache = h0, [], []
    for x_t in x:
        h_t, step_cache = gru_step(x_t, h_t, W_x, W_h, b_x, b_h)
        h.append(h_t)
        cache.append(step_cache)
    return np.stack(h), cache


# %% [markdown] locked="one-carry"
# The way back has one carry, because there is one state. Nothing else is new.

# %% [markdown] locked="card-gru-backward"
# ### Exercise: `gru_backward`
#
# 4 points · 15 minutes · needs your `gru_step_backward`, and the loop of lesson 03
#
# <details><summary>Hint 1: where to begin</summary>
# <code>for t in reversed(range(T))</code>, and a variable <code>dh_next</code> that is zero before the loop, with the shape of
# <code>dh[0]</code>.
# </details>
# <details><summary>Hint: which shapes have the totals?</summary>
# Those of their arguments: <code>np.zeros(W_x.shape)</code>, and (3H,) for the two biases. The cache of any step has W_x and W_h.
# Or let a total begin as 0: a 0 plus an array is that array.
# </details>
# <details><summary>Hint 2: dh * z, again?</summary>
# No. Your step has put the direct route into what it sends back. Carry that, all of it, and nothing else.
# </details>
# <details><summary>Hint 3: almost the answer</summary>
# The step's upstream gradient is <code>dh[t] + dh_next</code>. What it returns second is the next <code>dh_next</code>. dx gets
# =, the four parameters get +=.
# </details>


# %% answer="gru_backward"
def gru_backward(dh, cache):
    """Backpropagation through time for a GRU.

    dh: (T, N, H), the upstream gradient of every state. cache: the list with the cache of every step.

    Returns dx (T, N, D), dh0 (N, H), dW_x (D, 3H), dW_h (H, 3H), db_x (3H,), db_h (3H,).
    """
    T = len(cache)
    ### BEGIN SOLUTION
    dx, totals, dh_next = [None] * T, [0, 0, 0, 0], np.zeros(dh[0].shape)
    for t in reversed(range(T)):
        dx[t], dh_next, *parts = gru_step_backward(dh[t] + dh_next, cache[t])
        totals = [total + part for total, part in zip(totals, parts, strict=True)]
    dx, dh0 = np.stack(dx), dh_next
    dW_x, dW_h, db_x, db_h = totals
    ### END SOLUTION
    return dx, dh0, dW_x, dW_h, db_x, db_h


# %% check="gru_backward" points=4
check(gru_backward, points=4)

# %% [markdown] locked="judge-and-torch"
# The judge on the whole sequence, and beside it `torch.nn.GRU`, whose blocks lie in our order. Its weights are transposed,
# and that is all.

# %%
T = 7
names = ["x", "h0", "W_x", "W_h", "b_x", "b_h"]
shapes = [(T, N, D), (N, H), (D, 3 * H), (H, 3 * H), (3 * H,), (3 * H,)]
inputs = {name: 0.7 * rng.standard_normal(shape) for name, shape in zip(names, shapes, strict=True)}
dh = rng.standard_normal((T, N, H))

back = yours(gru_backward)
all_yours = both_yours and back is gru_backward
forward, back = (gru_forward, back) if all_yours else (rnnkit.gru_forward, rnnkit.gru_backward)
h, cache = forward(**inputs)
derived = dict(zip(names, back(dh.copy(), cache), strict=True))
witnesses = {"the judge": []}
for name in names:
    def loss(value, name=name):
        return np.sum(dh * forward(**{**inputs, name: value})[0])

    witnesses["the judge"].append(numerical_gradient(loss, inputs[name]))

if torch:
    x_torch, h0_torch = (torch.tensor(inputs[name], requires_grad=True) for name in ("x", "h0"))
    layer = torch.nn.GRU(D, H, dtype=torch.float64)
    ours = {"weight_ih_l0": inputs["W_x"].T, "weight_hh_l0": inputs["W_h"].T, "bias_ih_l0": inputs["b_x"],
            "bias_hh_l0": inputs["b_h"]}
    layer.load_state_dict({name: torch.tensor(array) for name, array in ours.items()})
    h_torch, _ = layer(x_torch, h0_torch[None])
    h_torch.backward(torch.tensor(dh))
    gradients = [x_torch, h0_torch, *layer.parameters()]
    print(f"h     against torch.nn.GRU {relative_error(h, h_torch.detach().numpy()):.0e}")
    witnesses["torch.nn.GRU"] = [tensor.grad.numpy().T if name in ("W_x", "W_h") else tensor.grad.numpy()
                                 for name, tensor in zip(names, gradients, strict=True)]

figures.table("Seven steps: your gradient, and what others say", {"relative error": "", **dict.fromkeys(witnesses, ".0e")},
              [(f"d{name}", *(relative_error(derived[name], theirs) for theirs in found))
               for name, *found in zip(names, *witnesses.values(), strict=True)])

# %% [markdown] locked="keras-order"
# Keras keeps the blocks in the order z, r, n, and stacks the two biases. With that done, it is our GRU as well, and not
# rounded to single precision as in lesson 02. The last line is what you get if you forget the order.

# %%
def z_r_n(array):
    """Keras's order of the blocks, from ours."""
    r, z, n = np.split(array, 3, axis=-1)
    return np.concatenate([z, r, n], axis=-1)


if keras:
    layer = keras.layers.GRU(H, return_sequences=True)
    layer.build((N, T, D))
    parameters = inputs["W_x"], inputs["W_h"], np.stack([inputs["b_x"], inputs["b_h"]])
    for what, order in (("in Keras's order:", z_r_n), ("in our order:    ", np.array)):
        layer.set_weights([order(array) for array in parameters])
        h_keras = keras.ops.convert_to_numpy(layer(inputs["x"].swapaxes(0, 1), initial_state=inputs["h0"]))
        print(f"h against keras.layers.GRU, weights {what} {relative_error(h, h_keras.swapaxes(0, 1)):.0e}")

# %% [markdown] locked="does-it-vanish"
# ## Does it vanish?
#
# Along the thick line the gradient is multiplied by $z$ at every step. So $z$ is to the GRU what the forget gate is to the
# LSTM, and the bias of $z$ is its forget bias.
#
# Send a gradient into the last of a hundred states and look at what arrives at the first input, relative to the last. We
# take 16 inputs and 64 units, and weights as PyTorch draws them.

# %%
guess.place("gru-arrives", "How much arrives, with a bias of z of 0?", 1e-30, 1, within=1e3)


# %%
def arriving(bias, seed, T=100, D=16, H=64):
    """|dh_T/dx_1| over |dh_T/dx_T|, for one random gradient into h_T and a bias of z that is set to `bias`."""
    rng = np.random.default_rng(seed)
    shapes = (D, 3 * H), (H, 3 * H), 3 * H, 3 * H
    W_x, W_h, b_x, b_h = (rng.uniform(-1, 1, shape) / np.sqrt(H) for shape in shapes)
    b_x[H:2 * H], b_h[H:2 * H] = bias, 0
    h, cache = forward(rng.standard_normal((T, 1, D)), np.zeros((1, H)), W_x, W_h, b_x, b_h)
    dh = np.zeros_like(h)
    dh[-1] = rng.standard_normal((1, H))
    dx = back(dh, cache)[0]
    return np.linalg.norm(dx[0]) / np.linalg.norm(dx[-1])


arrived = {bias: sorted(arriving(bias, seed) for seed in range(3)) for bias in (0, 1, 3, 5)}
figures.dots("The further the gate stands open, the more of the gradient arrives", "bias of z, three networks each",
             "what comes back from 99 steps back, relative to the last step",
             {"what arrives": {f"{bias} (z about {sigmoid(np.array(float(bias))):.3f})": found
                               for bias, found in arrived.items()}})

# %%
guess.reveal("gru-arrives", arrived[0][1])

# %% [markdown] locked="same-cure"
# A new GRU vanishes like a new LSTM, and the same cure helps: begin with the gate open.

# %% [markdown] locked="peepholes"
# ## A cousin: gates that look inside
#
# An LSTM's gates look at $x$ and $h$. They do not look at the cell state. While the output gate is shut, $h$ is zero, and
# whatever $c$ holds is hidden from the very gates that decide about it.
#
# Gers and Schmidhuber (2000) gave each gate a **peephole**: one weight for each unit, through which it sees its own cell
# state. The input and the forget gate see the old one, the output gate the new one:
#
# $$i = \sigma(a_i + p_i \odot c) \qquad f = \sigma(a_f + p_f \odot c) \qquad o = \sigma(a_o + p_o \odot c_{\text{next}})$$
#
# What is it good for? Let a unit wait. It hears nothing, adds 1 to its cell state at every step, and is to speak up at the
# hundredth. Through a peephole the output gate reads the clock: it opens where $20\,(c - 99.5)$ is above zero.

# %%
waiting, zero, W_x, W_h = np.zeros((105, 1, 1)), np.zeros((1, 1)), np.zeros((1, 4)), np.zeros((1, 4))
b = np.array([40.0, 40.0, 20.0, -20 * 99.5])   # i and f are open, the candidate is 1
p = np.array([0.0, 0.0, 20.0])                 # only the output gate looks
h, c = lstm_forward_peephole(waiting, zero, zero, W_x, W_h, b, p)
h_without, _, _ = lstm_forward(waiting, zero, zero, W_x, W_h, b)
figures.table("A unit that waits for step 100",
              {"step": "", "c": ".1f", "h, with the peephole": ".4f", "h, without it": ".4f"},
              [(t, c[t - 1].item(), h[t - 1].item(), h_without[t - 1].item()) for t in (98, 99, 100, 101)])

# %% [markdown] locked="without-peepholes"
# Without it the gate sees the same zeros at every step, and does the same at every step. The count is there, and this
# unit cannot read it. A gate that is ajar would not help for long: it shows $\tanh c$, and from step 20 on that is 1 to the
# last digit.

# %%
guess.choose("two-units", "Could an LSTM of two units do it, without peepholes?", "yes", "no")

# %%
a_adds, threshold = 0.02, np.tanh(0.02 * np.array([98, 99])).mean()
b = np.zeros(8)                               # two units, A and B, in blocks i, f, g, o
b[:4], b[4:] = 40, [np.arctanh(a_adds), 20, 40, -20_000 * threshold]
W_h_two = np.zeros((2, 8))
W_h_two[0, 7] = 20_000                        # B's output gate reads what A shows
two = np.zeros((1, 2))
h, _, _ = lstm_forward(waiting, two, two, np.zeros((1, 8)), W_h_two, b)
figures.table("Two units, no peephole", {"step": "", "A shows": ".4f", "B shows": ".4f"},
              [(t, *h[t - 1, 0]) for t in (98, 99, 100, 101)])

# %%
guess.reveal("two-units", "yes" if np.all(h[:99, 0, 1] < 0.01) and h[99, 0, 1] > 0.5 else "no")

# %% [markdown] locked="two-units"
# It could. A counts in steps of 0.02 with its output gate open, so that its tanh stays readable. B counts in ones, and its
# output gate opens when A has come far enough. A peephole lets one unit do what otherwise takes two.
#
# It costs three weights a unit, $3H$ in all. Most libraries leave peepholes out today, Keras and `torch.nn.LSTM` among
# them, and in the 5,400 networks of Greff and others (2017) they were not missed.

# %% [markdown] locked="counting"
# ## What a GRU cannot count
#
# That unit counted to a hundred. Counting is a small skill with large consequences. To know whether a text is a number of
# a's followed by *as many* b's, $a^n b^n$, you count up and then down, and look whether you are back at zero. Brackets need
# it, and so does every language with brackets in it.
#
# For an LSTM it is one unit. The input and the forget gate stay open, the candidate is +1 at an a and -1 at a b. And it is
# one unit for an RNN, if relu takes the place of tanh: $h_{\text{next}} = \mathrm{relu}(h \pm 1)$ has no ceiling either.

# %%
W_x, W_h, b = np.array([[0.0, 0, 20, 0], [0, 0, -20, 0]]), np.zeros((1, 4)), np.array([40.0, 40, 0, 40])


def letters(n):
    """a^n b^n: (2 n, 1, 2), one input for a and one for b."""
    return np.repeat(np.eye(2), n, axis=0)[:, None]


rows = []
for n in (10, 100, 1000):
    _, c, _ = lstm_forward(letters(n), zero, zero, W_x, W_h, b)
    with_relu = list(accumulate([1] * n + [-1] * n, lambda h, step: max(0, h + step)))
    rows.append((n, c[n - 1].item(), c[-1].item(), with_relu[n - 1], with_relu[-1]))
figures.table("Counting a's and b's", {"n": "", "LSTM: c after the last a": "", "c at the end": "",
                                      "relu: h after the last a": "", "h at the end": ""}, rows)

# %% [markdown] locked="gru-is-bounded"
# Exactly, to the last bit. In double precision $\tanh 20$ and $\sigma(40)$ *are* 1, and every whole number up to $2^{53}$,
# about $10^{16}$, is there.
#
# Now the GRU. Its state is a weighted mean of the old state and a tanh, so it never leaves $(-1, 1)$. It cannot take steps
# of 1. It can take small ones: with $z$ shut and $r$ open,
#
# $$h_{\text{next}} = \tanh(h \pm \delta)$$
#
# and as long as $h$ is small, tanh is almost a straight line. With steps of 0.01 there is room for a hundred of them below 1.

# %%
guess.place("far", "With steps of 0.01, how far does it count?", 1, 1000, within=2)


# %%
def counter(delta):
    """W_x, W_h, b_x, b_h of a GRU's unit that goes up by delta at an a and down by delta at a b."""
    W_x, W_h = np.array([[0, 0, delta], [0, 0, -delta]]), np.array([[0, 0, 1.0]])
    return W_x, W_h, np.array([40.0, -40, 0]), np.zeros(3)


def states_over(x, delta):
    """The state after every letter."""
    h, states = zero, []
    for x_t in x:
        h, _ = step(x_t, h, *counter(delta))
        states.append(h.item())
    return np.array(states)


n = 200
_, c, _ = lstm_forward(letters(n), zero, zero, W_x, W_h, b)
grus = {f"GRU, steps of {delta}": states_over(letters(n), delta) / delta for delta in (0.1, 0.01, 0.001)}
figures.counting({"LSTM": c.ravel(), **grus})

# %% [markdown] locked="it-saturates"
# It saturates. The further up, the more tanh takes from every step, and on the way down the missing part shows: the unit is
# back at zero long before the b's are over.
#
# Smaller steps reach further. How much further?
#
# - Near zero $\tanh h \approx h - h^3 / 3$. So at a height $h$ tanh takes about $h^3 / 3$ from a step.
# - On the way up the heights are $\delta, 2\delta, \dots, n\delta$. The sum of the first $n$ cubes is about $n^4 / 4$, so the way
#   up loses about $n^4 \delta^3 / 12$.
# - The way down goes through the same heights, and loses as much once more: $n^4 \delta^3 / 6$ in all.
# - Call a count right if the state comes back to less than half a step from zero. Then $n^4 \delta^3 / 6 < \delta / 2$, and that
#   holds up to $n = \sqrt[4]{3} / \sqrt{\delta}$, or $1.3 / \sqrt{\delta}$.

# %%
counts_to = {delta: next(n for n in range(100) if abs(states_over(letters(n + 1), delta)[-1]) >= delta / 2)
             for delta in (1e-1, 1e-2, 1e-3)}
figures.table("How far a GRU counts", {"step": "", "counts to": "", "1.3 / sqrt(step)": ".0f"},
              [(delta, n, 1.3 / np.sqrt(delta)) for delta, n in counts_to.items()])

# %%
guess.reveal("far", counts_to[0.01])

# %% [markdown] locked="no-room"
# With steps of 0.01 it counts to 13. Ten times as far costs steps a hundred times as small. So *cannot* needs care: for
# every $n$ there is a GRU that counts to $n$, if somebody knows $n$ beforehand and sets the step. The LSTM needs no such
# knowledge.

# %% [markdown] locked="card-gru-counter"
# ### Exercise: `gru_counter`
#
# 3 points · 15 minutes · needs the counter above, and the rule for its error
#
# You are told $n$, and set the weights. The check runs the cell on words $a^k b^m$ with $k$ and $m$ up to $n$, and looks at the
# first unit. On the side where a single a leads, at least half as far as that a leads: *more a's*. On the other side: *more
# b's*. Nearer to zero: *as many of both*. It has to be right for every word.
#
# There are many right answers.
#
# <details><summary>Hint 1: where to begin</summary>
# With the weights of <code>counter</code> above. Only the step is yours to choose, and it depends on n.
# </details>
# <details><summary>Hint 2: how small?</summary>
# A step counts to 1.3 / sqrt(step). Turn that round, and leave some room.
# </details>


# %% answer="gru_counter"
def gru_counter(n):
    """Weights of a GRU that says which letter a word a^k b^m has more of, for all k and m up to n.

    n: a whole number. The input is one-hot: a, b. The initial state is zero. The number of units, K, is yours to choose.

    Returns W_x (2, 3K), W_h (K, 3K), b_x (3K,), b_h (3K,), in blocks r, z, n.
    """
    ### BEGIN SOLUTION
    delta = 1 / n ** 2
    W_x = np.array([[0, 0, delta], [0, 0, -delta]])
    W_h = np.array([[0, 0, 1.0]])
    b_x, b_h = np.array([40.0, -40, 0]), np.zeros(3)
    ### END SOLUTION
    return W_x, W_h, b_x, b_h


# %% check="gru_counter" points=3
check(gru_counter, points=3)

# %% [markdown] locked="who-can-count"
# Weiss, Goldberg and Yahav worked this out in 2018: with finite precision, LSTMs and RNNs with relu can count, GRUs and
# RNNs with tanh cannot. Our weights were set by hand. Whether *trained* cells learn to count, and how far, is lesson 11.

# %% [markdown] locked="what-we-know"
# ## What we know now
#
# - A GRU is an LSTM with two gates merged into one and two states merged into one. What is kept and what is let in add up to 1.
# - There are two of them, with the reset gate before or after the product. They are two models, of 150 and 165 parameters
#   for $D = 4$ and $H = 5$ (10 of the 165 are idle), and their weights cannot be exchanged.
# - At equal $H$, RNN, GRU and LSTM have parameters in the ratio of about 1 : 3 : 4. Compare at equal parameters.
# - The gradient has a direct route, $dh_{\text{next}} \odot z$, and it stays open as long as $z$ does.
# - Yours is PyTorch's, forwards and backwards, and Keras's with the blocks in another order.
# - A weighted mean is bounded. So a GRU cannot count as an LSTM can, or an RNN with relu.
#
# **What still does not work.** All of this runs in NumPy, one step after the other, on one core. Real networks are a thousand
# times larger. Lesson 10 takes your LSTM to PyTorch and to the GPU, and looks at what gets faster there and what does not.

# %%
guess.score()

# %% [markdown] locked="read-on"
# ## Read on
#
# - Cho and others, *Learning phrase representations using RNN encoder-decoder for statistical machine translation*, 2014
#   (arXiv 1406.1078). Open versions 1 and 3 side by side, and look for the reset gate.
# - Greff and others, *LSTM: a search space odyssey*, IEEE TNNLS 28, 2017 (arXiv 1503.04069). Which parts of an LSTM matter.
# - Weiss, Goldberg and Yahav, *On the practical computational power of finite precision RNNs for language recognition*, ACL
#   2018 (arXiv 1805.04908). And against it: El-Naggar, Madhyastha and Weyde, 2022 (arXiv 2211.16429).

# %%
figures.end_of_lesson(9, "The state of a GRU is a weighted mean, so it is bounded, and it cannot count as the cell state of an LSTM can.")

# %% [markdown] locked="onward"
# [← 08 · The bug museum](../08_the_bug_museum/08_the_bug_museum.ipynb) · [map of the course](../00_start_here/00_start_here.ipynb)
