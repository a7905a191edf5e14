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
# **The question.** The LSTM has three gates, a candidate and two states. It works. Would less do? And what do you lose
# with what you leave out?
#
# **What you will write.** One step of a GRU, its gradient, the gradient of a sequence, how many parameters each cell has, and
# weights that make a GRU count. Eighteen points. The exercises take an hour, and the lesson with them a good hour
# and a half.
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
import inspect
from itertools import accumulate

import numpy as np

import rnnkit
from rnnkit import check, figures, guess, libraries, numerical_gradient, pencil, relative_error, sigmoid, yours

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
# ## Two gates into one
#
# The LSTM decides twice about its cell state. The forget gate says how much of the old to keep, and the input gate how
# much of the new to let in.
#
# $$c_{\text{next}} = f \odot c + i \odot g$$
#
# Often the two belong together: to write a new value you want the old one gone. So use one gate for both, call it $z$,
# and let in what it does not keep:
#
# $$f = z, \qquad i = 1 - z$$
#
# This is called *coupling* the two. Greff and others (2017) trained eight kinds of LSTM, 5,400 networks in all, and
# coupling did no harm worth speaking of.
#
# You do not need a new cell to try it. Since $\sigma(-a) = 1 - \sigma(a)$, an LSTM does it by itself, if the block of
# $i$ is minus the block of $f$.

# %%
N, D, H = 3, 4, 6
x, c = rng.standard_normal((N, D)), rng.uniform(-1, 1, (N, H))
W_x, W_h, b = rng.standard_normal((D, 4 * H)), rng.standard_normal((H, 4 * H)), rng.standard_normal(4 * H)
for array in (W_x, W_h, b):
    array[..., :H] = -array[..., H:2 * H]

_, c_next, (_, _, _, i, f, g, *_) = rnnkit.lstm_step(x, c, c, W_x, W_h, b)
between = (c_next >= np.minimum(c, g)) & (c_next <= np.maximum(c, g))
print(f"largest difference between i and 1 - f: {np.abs(i - (1 - f)).max():.0e}")
print(f"c_next lies between c and g in {np.mean(between):.0%} of its entries")

# %% [markdown] locked="second-merger"
# ## Two states into one
#
# Look at the last line. It has to be so: the new cell state is a weighted mean of the old one and the candidate. A
# candidate is a tanh and never leaves $(-1, 1)$. So a cell state that starts in there stays in there.
#
# Then why squash it on the way out? And if nothing is squashed, why keep two states? Drop the tanh and the output gate,
# and let the hidden state be the memory itself:
#
# $$h_{\text{next}} = (1 - z) \odot n + z \odot h$$
#
# where $n$ is the candidate. A gate is gone, and a state. Keep the weighted mean in mind. It will cost us something.

# %% [markdown] locked="a-gate-that-came-back"
# ## A gate that came back
#
# The output gate had a use: it hid parts of the memory from the next step. Now a candidate that wants to begin afresh has
# to hear the whole past. So there is one more gate, $r$, the **reset gate**, where the candidate listens to the old state:
#
# $$n = \tanh(\,x W_{xn} + b_{xn} + r \odot (h W_{hn} + b_{hn})\,)$$
#
# With $r = 1$ the candidate is the RNN of lesson 02. With $r = 0$ it sees the input only, as if the sequence began here.

# %% [markdown] locked="the-gru"
# ## Two gates and a candidate
#
# This is the GRU, the *gated recurrent unit* of Cho and others (2014). Name the input's part $a$ and the state's part $u$,
# each in three blocks:
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
# The letter $z$ is called the **update gate**. Mind the direction: here, as in PyTorch and Keras, $z = 1$ means *no* update.
# In Chung and others (2014), and in Olah's well-known page, it is the other way round.

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
# 4 points · 10 minutes · needs the six equations above
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
# Here your step works. One unit reads plus, minus and zero signs, and has to remember the last one. A dot is no input. Move
# the slider, click on a symbol, or press play. The weights are set by hand, in two ways:
#
# - **With the update gate.** Between the signs $z$ is open, and nobody touches the state. At a sign $z$ shuts, its twin
#   $1 - z$ opens, and the candidate comes in.
# - **With the candidate.** Here $z$ is always shut. The state is made anew at every step, from $u_n = 2h$: the switch of
#   lesson 02. At the zero, step 10, the reset gate shuts, and the candidate hears nothing of the past.
#
# Both keep a sign. (The third weights are random, as before training.)

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
# So both old cells are inside the new one, and that can be measured. Give the GRU the blocks of the LSTM above, and open
# $r$ for good with a bias of 60. Now it is the LSTM with its gates merged. (We had handed in $c$ as its hidden state too.)
# Shut $z$ for good as well, and it is the RNN.

# %%
F, G = slice(H, 2 * H), slice(2 * H, 3 * H)
W_x_gru, W_h_gru, merged = (np.concatenate([array[..., F], array[..., F], array[..., G]], axis=-1)
                            for array in (W_x, W_h, b))
merged[:H] = 60                                 # the blocks are r, z, n
shut = merged.copy()
shut[H:2 * H] = -60
rnn, _ = rnnkit.rnn_step(x, c, W_x[:, G], W_h[:, G], b[G])
for what, b_x, old in (("the merged LSTM's c:", merged, c_next), ("rnn_step, z shut:   ", shut, rnn)):
    print("r open, against", what, f"{np.abs(step(x, c, W_x_gru, W_h_gru, b_x, 0 * b_x)[0] - old).max():.0e}")

# %% [markdown] locked="before-or-after"
# ## Before or after?
#
# There are two GRUs. In one, the reset gate comes *before* the matrix product. It resets the state, and the product sees
# what is left:
#
# $$n = \tanh(\,x W_{xn} + b_n + (r \odot h)\, W_{hn}\,)$$
#
# In ours it comes *after*. Both are from one paper: Cho and others (2014) had it after in the first version and before in
# the third, and most texts follow the third. cuDNN went back to the first, for speed: after, $h W_h$ is one product for
# all three blocks; before, the block of $n$ has to wait for $r$.

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
x = rng.standard_normal((T, N, D))
W_x, W_h, b = (rng.uniform(-1, 1, shape) / np.sqrt(H) for shape in ((D, 3 * H), (H, 3 * H), 3 * H))


def apart(b):
    """How far apart the states of the two GRUs are, (T, N, H)."""
    h0 = np.zeros((N, H))
    _, *after = accumulate(x, lambda h, x_t: step(x_t, h, W_x, W_h, b, 0 * b)[0], initial=h0)
    return np.abs(after - rnnkit.gru_forward_reset_before(x, h0, W_x, W_h, b))


drawn, opened = apart(b), apart(np.concatenate([np.full(H, 40), b[H:]]))
figures.table("The same weights in both: how far apart their states are", {"": "", "at most": ".2g", "on average": ".2g"},
              [("weights as PyTorch draws them", drawn.max(), drawn.mean()), ("the same with r = 1", opened.max(), opened.mean())])

# %%
guess.reveal("before-after", "so far that you can see it" if drawn.max() > 0.02 else "by a thousandth" if drawn.max() > 1e-5
             else "by rounding, as Keras and PyTorch in lesson 02")

# %% [markdown] locked="two-models"
# You can see it: the state has room from -1 to 1, and nothing is trained yet. These are two models. Weights that were
# trained for one do not fit the other, and nothing will warn you, because all the shapes fit.
#
# Keras's own page on the GRU says that its default has the reset gate before. That was once right, in TensorFlow 1.
# Version 2 changed the default, and the sentence stayed. So ask the code:

# %%
if keras := rnnkit.available("keras"):
    print("keras.layers.GRU: reset_after =", inspect.signature(keras.layers.GRU).parameters["reset_after"].default)

# %% [markdown] locked="how-many"
# ## How many parameters?
#
# A block of weights is a $W_x$ of $(D, H)$, a $W_h$ of $(H, H)$ and a bias of $(H,)$. You know how many blocks each cell has.

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
# Now the layers of Keras and PyTorch, which count for themselves. In the last column, what you could have for the
# parameters of an LSTM with $D = 16$ and $H = 64$.

# %%
count = yours(parameter_count)
cells = "rnn", "lstm", "gru", "gru before"
in_keras, in_torch = libraries.parameters_in("keras", D, H) or {}, libraries.parameters_in("torch", D, H) or {}
budget = count(16, 64)[1]
units = [max(H for H in range(1, 300) if count(16, H)[k] <= budget) for k in range(4)]
figures.table(f"Parameters, for D = {D} and H = {H}",
              {"": "", "yours": "", "Keras": "", "PyTorch": "", f"H for {budget:,} parameters": ""},
              [(name, number, in_keras.get(name), in_torch.get(name), most)
               for name, number, most in zip(cells, count(D, H), units, strict=True)])

# %% [markdown] locked="two-that-add"
# PyTorch gives every layer two biases, because cuDNN's interface has two. In an RNN and an LSTM they are only added, so one
# of them is idle. The GRU has two biases in each of three blocks, here, in PyTorch and in Keras.

# %%
guess.place("idle", "How many of its 30 bias numbers could go, and no GRU would be lost?", 0, 30, log=False, within=2)

# %%
b_x, b_h = rng.standard_normal((2, 3 * H))
h, moves = np.full((N, H), 0.5), np.arange(3 * H) < 2 * H     # the blocks of r and z move from b_h to b_x
change = step(x[0], h, W_x, W_h, b_x + moves * b_h, ~moves * b_h)[0] - step(x[0], h, W_x, W_h, b_x, b_h)[0]
print(f"{moves.sum()} could go: h changes by {np.abs(change).max():.0e}, and {count(D, H)[2] - moves.sum()} parameters are left")
guess.reveal("idle", moves.sum())

# %% [markdown] locked="idle-biases"
# Only in the block of $n$ does the reset gate come between them. A GRU of this size needs 155 numbers. Of the 15 by which the
# two GRUs differ, 10 do nothing.
#
# At equal $H$, RNN, GRU and LSTM have parameters in the ratio of about 1 : 3 : 4. So compare at equal parameters, as in the
# last column. *The GRU is as good as the LSTM with fewer parameters*, you will read. Lesson 11 measures that.

# %% [markdown] locked="one-step-back"
# ## One step, backwards
#
# In lesson 03 you followed a derivation, in lesson 07 you wrote half of one. This one is yours. You have all that it takes:
# the other factor, the slope, and *two uses, two terms*.
#
# - Somebody hands you `dh_next`, $(N, H)$. You owe six gradients, each with the shape of its argument.
# - $h$ reaches $h_{\text{next}}$ by **two routes**: straight through the blend, and through $u = h W_h + b_h$. The gate $z$
#   is in both terms of the blend, once with a minus.
# - Work from the last line to the first, until you have $da$ and $du$, both $(N, 3H)$. Inside the sigmoids $a$ and $u$ are
#   only added, so two of the three blocks are equal. In the third, the reset gate stands before $u_n$.
# - From there on it is lesson 03, twice. $a$ leads to everything that came from $x$, and $u$ to everything that came from $h$.
#
# Take paper, and a quarter of an hour. If you are stuck after that, open the line that you are stuck at.
#
# <details><summary>The blend</summary>
#
# From $h_{\text{next}} = (1 - z) \odot n + z \odot h$:
#
# $$dn = dh_{\text{next}} \odot (1 - z) \qquad dz = dh_{\text{next}} \odot (h - n) \qquad dh_{\text{direct}} = dh_{\text{next}} \odot z$$
#
# </details>
# <details><summary>The candidate</summary>
#
# From $n = \tanh(a_n + r \odot u_n)$. First the slope, then each factor gets the other:
#
# $$da_n = dn \odot (1 - n^2) \qquad dr = da_n \odot u_n \qquad du_n = da_n \odot r$$
#
# </details>
# <details><summary>The gates</summary>
#
# They are sigmoids:
#
# $$da_r = du_r = dr \odot r \odot (1 - r) \qquad\qquad da_z = du_z = dz \odot z \odot (1 - z)$$
#
# </details>
# <details><summary>The products</summary>
#
# Put the blocks side by side, $da = [\,da_r\;\; da_z\;\; da_n\,]$ and $du = [\,da_r\;\; da_z\;\; r \odot da_n\,]$:
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
# 5 points · 25 minutes · needs the six equations of the step, and paper
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
def judged(function, inputs, dh):
    """The gradient of sum(dh * h) with respect to every input, measured; h comes first from the function."""
    return [numerical_gradient(lambda value, name=name: np.sum(dh * function(**{**inputs, name: value})[0]), inputs[name])
            for name in inputs]


# %%
N, D, H = 3, 4, 6
shapes = {"x": (N, D), "h": (N, H), "W_x": (D, 3 * H), "W_h": (H, 3 * H), "b_x": (3 * H,), "b_h": (3 * H,)}
inputs = {name: 0.7 * rng.standard_normal(shape) for name, shape in shapes.items()}
dh_next = rng.standard_normal((N, H))

step_back = yours(gru_step_backward)
both_yours = step is gru_step and step_back is gru_step_backward
one, one_back = (step, step_back) if both_yours else (rnnkit.gru_step, rnnkit.gru_step_backward)
derived = one_back(dh_next.copy(), one(**inputs)[1])
figures.table("One step: your gradient against the judge's", {"gradient": "", "relative error": ".0e"},
              [(f"d{name}", relative_error(mine, measured))
               for name, mine, measured in zip(inputs, derived, judged(one, inputs, dh_next), strict=True)])

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
# The way back has one carry, because there is one state. Nothing else is new. You may begin with a copy of your
# `lstm_backward`, and take away what belonged to $c$.

# %% [markdown] locked="card-gru-backward"
# ### Exercise: `gru_backward`
#
# 4 points · 10 minutes · needs your `gru_step_backward`, and the loop of lesson 03
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
# The judge on the whole sequence, and beside it `torch.nn.GRU`. Its blocks lie in our order. Its weights are transposed, and
# that is all.


# %%
def error(mine, theirs):
    """The relative error, or None where nobody is there to compare with."""
    return None if theirs is None else relative_error(mine, theirs)


# %%
T = 7
x, h0 = 0.7 * rng.standard_normal((T, N, D)), inputs["h"]
inputs = {"x": x, "h0": h0, **{name: inputs[name] for name in ("W_x", "W_h", "b_x", "b_h")}}
dh = rng.standard_normal((T, N, H))

back = yours(gru_backward)
all_yours = both_yours and back is gru_backward
forward, back = (gru_forward, back) if all_yours else (rnnkit.gru_forward, rnnkit.gru_backward)
h, cache = forward(**inputs)
h_torch, from_torch = libraries.torch_gru(**inputs, dh=dh) or (None, [None] * 6)
gradients = zip(inputs, back(dh.copy(), cache), judged(forward, inputs, dh), from_torch, strict=True)
figures.table("Seven steps: relative errors of your gradient", {"": "", "the judge": ".0e", "torch.nn.GRU": ".0e"},
              [(f"d{name}", error(mine, measured), error(mine, theirs)) for name, mine, measured, theirs in gradients])

# %% [markdown] locked="keras-order"
# And the states. Keras keeps the blocks in the order z, r, n, and stacks the two biases. With that done it is our GRU as
# well, and not rounded to single precision as in lesson 02. The last line is what you get if you forget the order.


# %%
def z_r_n(array):
    """Keras's order of the blocks, from ours."""
    r, z, n = np.split(array, 3, axis=-1)
    return np.concatenate([z, r, n], axis=-1)


weights = inputs["W_x"], inputs["W_h"], np.stack([inputs["b_x"], inputs["b_h"]])
states = {"torch.nn.GRU": h_torch, "keras.layers.GRU": libraries.keras_gru(x, h0, *map(z_r_n, weights)),
          "keras.layers.GRU, weights in our order": libraries.keras_gru(x, h0, *weights)}
figures.table("Seven steps: your states, and theirs", {"": "", "relative error of h": ".0e"},
              [(who, error(h, theirs)) for who, theirs in states.items()])

# %% [markdown] locked="does-it-vanish"
# ## Does it vanish?
#
# The gradient is right. Does it arrive? Along the thick line it is multiplied by $z$ at every step, as by the forget gate
# in an LSTM. So the bias of $z$ is the GRU's forget bias. Send a gradient into the last of a hundred states, and look at
# what comes to the first input, relative to the last. (16 inputs, 64 units, weights as PyTorch draws them.)

# %%
guess.place("gru-arrives", "How much arrives, with a bias of z of 0?", 1e-30, 1, within=1e3)


# %%
def arriving(bias, seed, T=100, D=16, H=64):
    """|dx_1| over |dx_T|, for one random gradient into h_T and a bias of z that is set to `bias`."""
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
# ## Aside: a cousin that looks inside
#
# The GRU's gates see its whole memory. An LSTM's gates see $h$, and while the output gate is shut that is zero, whatever $c$
# holds. Gers and Schmidhuber (2000) gave each gate a **peephole**: one weight for each unit, for its own cell state.
#
# $$i = \sigma(a_i + p_i \odot c) \qquad f = \sigma(a_f + p_f \odot c) \qquad o = \sigma(a_o + p_o \odot c_{\text{next}})$$
#
# Let a unit wait. It adds 1 to its cell state at every step, and has to speak up at the hundredth. With a peephole its output
# gate opens where $20\,(c - 99.5)$ is above zero. Without one that gate sees the same zeros at every step. The count is
# there, and this unit cannot read it. Must it be so? The last two columns are an LSTM of *two* units, and no peephole.

# %%
waiting, zero, W_x, W_h = np.zeros((105, 1, 1)), np.zeros((1, 1)), np.zeros((1, 4)), np.zeros((1, 4))
b = np.array([40.0, 40.0, 20.0, -20 * 99.5])        # i and f are open, the candidate is 1
h, c = rnnkit.lstm_forward_peephole(waiting, zero, zero, W_x, W_h, b, p=np.array([0.0, 0.0, 20.0]))
h_without, _, _ = rnnkit.lstm_forward(waiting, zero, zero, W_x, W_h, b)

threshold = np.tanh(0.02 * np.array([98, 99])).mean()
b_two = np.array([40, 40, 40, 40, np.arctanh(0.02), 20, 40, -20_000 * threshold])  # A and B, in blocks i, f, g, o
W_h_two = np.zeros((2, 8))
W_h_two[0, 7] = 20_000                              # B's output gate reads what A shows
h_two, _, _ = rnnkit.lstm_forward(waiting, np.zeros((1, 2)), np.zeros((1, 2)), np.zeros((1, 8)), W_h_two, b_two)
figures.table("Units that wait for step 100", {"step": "", "c": ".1f", "h, with the peephole": ".4f", "h, without it": ".4f",
                                               "two units: A shows": ".4f", "B shows": ".4f"},
              [(t, c[t - 1].item(), h[t - 1].item(), h_without[t - 1].item(), *h_two[t - 1, 0]) for t in (98, 99, 100, 101)])

# %% [markdown] locked="two-units"
# A counts in steps of 0.02, so that its tanh stays readable. When it has come far enough it opens B's output gate. A
# peephole lets one unit do what otherwise takes two. Most libraries leave it out, and in the 5,400 networks of Greff and
# others (2017) it was not missed.

# %% [markdown] locked="counting"
# ## What a GRU cannot count
#
# That unit counted to a hundred. Counting is a small skill with large consequences. To know whether a text is a number of
# a's followed by *as many* b's, $a^n b^n$, you count up and then down, and look whether you are back at zero. Every language
# with brackets in it needs that.
#
# For an LSTM it is one unit, which adds 1 at an a and -1 at a b. It is exact: in double precision $\tanh 20$ and
# $\sigma(40)$ *are* 1, and every whole number up to $2^{53}$ is there. For an RNN with relu in place of tanh it is one unit
# as well, $h_{\text{next}} = \mathrm{relu}(h \pm 1)$. It has no ceiling either.
#
# Now the GRU, and the price of the weighted mean. Its state never leaves $(-1, 1)$. It cannot take steps of 1. It can take
# small ones: with $z$ shut and $r$ open,
#
# $$h_{\text{next}} = \tanh(h \pm \delta)$$
#
# and as long as $h$ is small, tanh is almost a straight line. With steps of 0.01 there is room for a hundred of them below 1.

# %%
guess.place("far", "With steps of 0.01, how far does it count?", 1, 1000, within=2)


# %%
def letters(n):
    """a^n b^n: (2 n, 1, 2), one input for a and one for b."""
    return np.repeat(np.eye(2), n, axis=0)[:, None]


def counter(delta):
    """W_x, W_h, b_x, b_h of a GRU's unit that goes up by delta at an a and down by delta at a b."""
    W_x, W_h = np.array([[0, 0, delta], [0, 0, -delta]]), np.array([[0, 0, 1.0]])
    return W_x, W_h, np.array([40.0, -40, 0]), np.zeros(3)


def counted(n, delta):
    """Where the counter stands after every letter of a^n b^n, in steps of delta."""
    _, *states = accumulate(letters(n), lambda h, x_t: step(x_t, h, *counter(delta))[0], initial=zero)
    return np.ravel(states) / delta


# %%
n, W_x, b = 200, np.array([[0.0, 0, 20, 0], [0, 0, -20, 0]]), np.array([40.0, 40, 0, 40])   # blocks i, f, g, o
_, c, _ = rnnkit.lstm_forward(letters(n), zero, zero, W_x, W_h, b)
figures.counting({"LSTM": c.ravel(), **{f"GRU, steps of {delta}": counted(n, delta) for delta in (0.1, 0.01, 0.001)}})

# %% [markdown] locked="it-saturates"
# It saturates. The further up, the more tanh takes from every step, and on the way down the missing part shows: the unit is
# back at zero long before the b's are over. Call a count right if the state comes back to less than half a step from zero.

# %%
counts_to = {delta: next(n for n in range(100) if abs(counted(n + 1, delta)[-1]) >= 0.5) for delta in (1e-1, 1e-2, 1e-3)}
figures.table("How far a GRU counts", {"step": "", "counts to": "", "1.3 / sqrt(step)": ".0f"},
              [(delta, n, 1.3 / np.sqrt(delta)) for delta, n in counts_to.items()])

# %%
guess.reveal("far", counts_to[0.01])

# %% [markdown] locked="no-room"
# With steps of 0.01 it counts to 13. Ten times as far costs steps a hundred times as small.
#
# <details><summary>Why 1.3 over the root of the step</summary>
#
# - Near zero $\tanh h \approx h - h^3 / 3$. So at a height $h$ tanh takes about $h^3 / 3$ from a step.
# - On the way up the heights are $\delta, 2\delta, \dots, n\delta$. The sum of the first $n$ cubes is about $n^4 / 4$, so the way
#   up loses about $n^4 \delta^3 / 12$, and the way down as much once more: $n^4 \delta^3 / 6$ in all.
# - The count is right while $n^4 \delta^3 / 6 < \delta / 2$, and that holds up to $n = \sqrt[4]{3} / \sqrt{\delta}$.
#
# </details>
#
# So *cannot* needs care: for every $n$ there is a GRU that counts to $n$, if somebody knows $n$ beforehand and sets the step.
# The LSTM needs no such knowledge. Be the one who knows:

# %% [markdown] locked="card-gru-counter"
# ### Exercise: `gru_counter`
#
# 3 points · 10 minutes · needs the counter above, and the table of how far it counts
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
# RNNs with tanh cannot. Our weights were set by hand, and nothing disturbed them. What noise does to so small a step, and
# whether *trained* cells learn to count at all, lesson 11 measures.

# %% [markdown] locked="what-we-know"
# ## What we know now
#
# - A GRU is an LSTM with two gates merged into one and two states merged into one.
# - There are two of them, with the reset gate before or after the product. They are two models, of 150 and 165 parameters
#   for $D = 4$ and $H = 5$ (10 of the 165 are idle), and their weights cannot be exchanged.
# - You derived its gradient. It has a direct route, $dh_{\text{next}} \odot z$, which is open as long as $z$ is.
# - Yours is PyTorch's, forwards and backwards, and Keras's with the blocks in another order.
# - A weighted mean is bounded. So a GRU cannot count as an LSTM can, or an RNN with relu.
#
# **What still does not work.** All of this runs in NumPy, one step after the other, on one core. Lesson 10 takes your LSTM to
# PyTorch and to the GPU, and looks at what gets faster there and what does not.

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
