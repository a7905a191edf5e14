# ---
# jupyter:
#   kernelspec:
#     display_name: Python 3 (ipykernel)
#     language: python
#     name: python3
# ---

# %% [markdown] locked="title"
# # 07 · Backpropagation through the LSTM
#
# [← 06 · The LSTM](../06_the_lstm/06_the_lstm.ipynb) · [map of the course](../00_start_here/00_start_here.ipynb) · [08 · The bug museum →](../08_the_bug_museum/08_the_bug_museum.ipynb)
#
# **The question.** Lesson 03 ended with a gradient that was right and too small to learn from. Lesson 06 built a cell
# whose state is added to instead of multiplied. Does its gradient come back from far away? To find out we need that
# gradient.
#
# **What you will write.** One step of the LSTM backwards, the loop that takes it through time, and three lines that
# change what the loop finds. Thirteen points, about two hours.
#
# **What you need.** The forward pass of lesson 06, and the judge that you wrote in lesson 03.

# %%
import numpy as np

import rnnkit
from rnnkit import (
    available,
    check,
    figures,
    guess,
    lstm_forward,
    lstm_gates,
    lstm_step,
    pencil,
    relative_error,
    yours,
)

rng = np.random.default_rng(7)

# %% [markdown] locked="from-memory"
# **From memory.** Answer on paper, then open.
#
# <details><summary>1. The six equations of an LSTM step. Which of the four blocks is no gate?</summary>
#
# $i, f, o = \sigma(\dots)$, $g = \tanh(\dots)$, $c_{\text{next}} = f \odot c + i \odot g$,
# $h_{\text{next}} = o \odot \tanh(c_{\text{next}})$. The candidate $g$ is no gate.
#
# </details>
# <details><summary>2. A forget gate stays at 0.99. How many steps does the cell remember?</summary>
#
# About a hundred: $1 / (1 - f)$.
#
# </details>
# <details><summary>3. Lesson 03: one step backwards, all six formulas.</summary>
#
# $da = dh_{\text{next}} \odot (1 - h_{\text{next}}^2)$, $dx = da\, W_x^\top$, $dh = da\, W_h^\top$, $dW_x = x^\top da$,
# $dW_h = h^\top da$, $db = \sum_n da_n$.
#
# </details>

# %% [markdown] locked="the-judge"
# The forward pass is ours, and keeps the cache that lesson 06 proposed. You can paste yours below instead.
#
# The judge should be your own. Paste your `numerical_gradient` of lesson 03 over the import in the next cell. (The
# import is ours, so that the lesson runs meanwhile.)

# %%
from rnnkit import numerical_gradient

# %%
measure = yours(numerical_gradient)

# %% [markdown] locked="two-routes"
# ## Two routes into the future
#
# Change the cell state $c_1$ a little. What does $c_2$ do?
#
# Follow the arrows. One goes straight: $c_2 = f_2 \odot c_1 + i_2 \odot g_2$, so a part of the change passes through
# the forget gate. But $c_1$ is also shown to the world, as $h_1 = o_1 \odot \tanh c_1$. The gates and the
# candidate of step 2 read $h_1$. So they move as well, and $c_2$ with them.

# %%
figures.two_routes()

# %% [markdown] locked="guess-the-direct-term"
# You will often read that $\partial c_t / \partial c_{t-1} = f_t$, and that this is why an LSTM remembers.
#
# Below is the derivative of $c_2$ with respect to $c_1$, once with $h_1$ held still, and once with $h_1$ following
# $c_1$, as it does in a network. There are three units, so it has nine numbers. In row $j$ and column $k$ stands how unit $k$
# of $c_2$ answers to unit $j$ of $c_1$. The formula says: the forget gate where $j = k$, and zero elsewhere.

# %%
guess.choose("nine", "With both routes open, how many of the nine numbers are what the formula says?",
             "all nine", "the six zeros", "none")


# %%
def draw(*shapes, scale=0.7):
    """Random arrays of these shapes."""
    return [scale * rng.standard_normal(shape) for shape in shapes]


def derivative(function, c):
    """How every unit of the result (a column) answers to every unit of c (1, H) (a row): (H, H), measured."""
    return np.stack([measure(lambda c, k=k: function(c)[0, k], c)[0] for k in range(c.shape[1])], axis=1)


x, c, W_x, W_h, b = draw((1, 4), (1, 3), (4, 12), (3, 12), (12,))
o = rnnkit.sigmoid(rng.standard_normal((1, 3)))
h = o * np.tanh(c)
formula = np.diag(lstm_gates(x, h, W_x, W_h, b)[1][0])
following = derivative(lambda c: lstm_step(x, o * np.tanh(c), c, W_x, W_h, b)[1], c)
print("the formula, with the forget gate:\n", formula.round(2))
print("h held still:\n", derivative(lambda c: lstm_step(x, h, c, W_x, W_h, b)[1], c).round(2))
print("h following:\n", following.round(2))
fitting = np.sum(np.abs(following - formula) < 0.01)
guess.reveal("nine", {9: "all nine", 0: "none"}.get(fitting, "the six zeros"))

# %% [markdown] locked="direct-term-answer"
# With $h_1$ held still, all nine. That is the solid route, and it is all that the famous formula means. It is the
# **direct term**. With $h_1$ following, none of the nine, and some that should be zero are as large as the gates.
#
# The other route can be written down, too. Walk along it. $c_1$ is shown through a tanh, whose slope is $1 - \tanh^2 c_1$, and
# then $o_1$ multiplies it. From $h_1$ it goes through $W_h$ into the three blocks that $c_2$ is made of. In each it meets the
# block's slope, and the other factor of its product:
#
# $$\frac{\partial c_2}{\partial c_1} = \mathrm{diag}(f) + \mathrm{diag}\big(o_1 (1 - \tanh^2 c_1)\big)
# \big[\, W_{hi}\, \mathrm{diag}(g\, i (1 - i)) + W_{hf}\, \mathrm{diag}(c_1 f (1 - f)) + W_{hg}\, \mathrm{diag}(i (1 - g^2)) \,\big]$$
#
# One direct term, and three terms through $h_1$. (The output gate of step 2 is not among them: $c_2$ is made before it.) Hold
# their sum against what was measured:

# %%
i, f, g, _ = (block[0] for block in lstm_gates(x, h, W_x, W_h, b))
W_hi, W_hf, W_hg, _ = np.split(W_h, 4, axis=1)
shown = np.diag((o * (1 - np.tanh(c) ** 2))[0])
terms = {"direct": np.diag(f), "through i": shown @ W_hi @ np.diag(g * i * (1 - i)),
         "through f": shown @ W_hf @ np.diag(c[0] * f * (1 - f)), "through g": shown @ W_hg @ np.diag(i * (1 - g ** 2))}
print(f"all four terms, against the measured nine: relative error {relative_error(sum(terms.values()), following):.0e}")
figures.table("The size of each term (the square root of the sum of its squares)", {"term": "", "size": ".2f"},
              [(name, np.linalg.norm(term)) for name, term in terms.items()])

# %% [markdown] locked="over-many-steps"
# How much does it matter over many steps? Along the solid route alone, the derivative of $c_T$ with respect to $c_0$ is
# the product of the forget gates. Beside it, the whole derivative, measured on a network of twelve units:


# %%
def forget_gates(x, h0, c0, W_x, W_h, b):
    """The forget gate of every step, (T, N, H)."""
    h, _, _ = lstm_forward(x, h0, c0, W_x, W_h, b)
    return np.stack([lstm_gates(x_t, h_t, W_x, W_h, b)[1] for x_t, h_t in zip(x, [h0, *h[:-1]], strict=True)])


x = rng.standard_normal((20, 1, 4))
h0, c0, W_x, W_h, b = draw((1, 12), (1, 12), (4, 48), (12, 48), (48,), scale=0.3)
rows = []
for T in (1, 2, 5, 10, 20):
    product = np.diag(np.prod(forget_gates(x[:T], h0, c0, W_x, W_h, b), axis=0)[0])
    whole = derivative(lambda c0, T=T: lstm_forward(x[:T], h0, c0, W_x, W_h, b)[1][-1], c0)
    rows.append((T, np.linalg.norm(product), np.linalg.norm(whole), relative_error(product, whole)))
figures.table("The derivative of c_T with respect to c_0: the sizes of two matrices, 12 by 12",
              {"T": "", "product of the forget gates": ".1e", "whole derivative": ".1e", "relative error": ".2f"}, rows)

# %% [markdown] locked="why-both-routes"
# (A size can be above 1 although every gate is below 1: there are twelve of them in the matrix.) At $T = 1$ the two agree,
# because $h_0$ is an input of its own and does not follow $c_0$. So the second route is not open yet. From then on the two go
# apart, and after twenty steps most of the truth is missing from the famous product.
#
# Where does the sentence come from, then? From 1997. Hochreiter and Schmidhuber cut the gradient wherever it would have
# gone on through a gate or the candidate, on purpose: "where this does not do harm", says their abstract. What was left is
# the solid route, and in a cell without a forget gate its factor is 1. They called it the *constant error carousel*. So for
# the rule that they trained with the formula is exact. The rule is what lesson 03 called an approximation. Graves and
# Schmidhuber trained with the whole gradient in 2005, and PyTorch does today.
#
# So we keep both. It is no more work: the rule of lesson 03 does it for us. *What is used twice collects two gradients,
# and they add up.*

# %% [markdown] locked="one-step-back"
# ## One step, backwards
#
# Write down the four lines of the forward step, and read them from the bottom to the top.
#
# $$a = [\,a_i \;\; a_f \;\; a_g \;\; a_o\,] = x W_x + h W_h + b$$
#
# $$i = \sigma(a_i) \qquad f = \sigma(a_f) \qquad g = \tanh(a_g) \qquad o = \sigma(a_o)$$
#
# $$c_{\text{next}} = f \odot c + i \odot g$$
#
# $$h_{\text{next}} = o \odot \tanh(c_{\text{next}})$$
#
# Somebody hands us *two* upstream gradients: `dh_next`, and `dc_next`, which came back along the cell state.
#
# **The last line** is a product, so each factor gets the upstream gradient times the other factor. Its second factor is
# a tanh, and through it $c_{\text{next}}$ gets $dh_{\text{next}} \odot o \odot (1 - \tanh^2(c_{\text{next}}))$. But $c_{\text{next}}$ has
# a second use: the next step goes on from it. That use has sent its gradient already. Two uses, two terms:
#
# $$dc_{\text{total}} = dc_{\text{next}} + dh_{\text{next}} \odot o \odot (1 - \tanh^2(c_{\text{next}}))$$
#
# In the picture, this is the place where the solid arrow and the dashed arrow leave $c_2$.

# %% [markdown] locked="the-third-line"
# **The third line** has two products in it. Again, each factor gets the other one. For the second product:
#
# $$di = dc_{\text{total}} \odot g \qquad dg = dc_{\text{total}} \odot i$$
#
# **The second line** squashes, so each of the four is multiplied by its own slope. Lesson 01 wrote slopes with what the
# function returned:
#
# $$da_i = di \odot i (1 - i) \qquad da_g = dg \odot (1 - g^2)$$
#
# Two blocks of four. **The forget gate and the output gate are yours.** Derive $da_f$ and $da_o$ on paper, and $dc$, which
# leaves the step along the solid route. Each is one line, found by the two rules above: the other factor, then the slope.
# The judge will tell you. Open this only to compare:
#
# <details><summary>What the forget gate and the output gate get</summary>
#
# The forget gate multiplied the *old* cell state, and the old cell state was multiplied by the forget gate:
#
# $$df = dc_{\text{total}} \odot c \qquad dc = dc_{\text{total}} \odot f \qquad da_f = df \odot f (1 - f)$$
#
# The output gate is in the last line, so what it gets is not $dc_{\text{total}}$:
#
# $$do = dh_{\text{next}} \odot \tanh(c_{\text{next}}) \qquad da_o = do \odot o (1 - o)$$
#
# </details>
#
# **The first line** you have seen before. It is the line of lesson 03, only wider: put the four side by side, in the
# order in which the weights lie,
#
# $$da = [\,da_i \;\; da_f \;\; da_g \;\; da_o\,]$$
#
# and $da$ is $(N, 4H)$. Then, word for word,
#
# $$dx = da\, W_x^\top \qquad dh = da\, W_h^\top \qquad dW_x = x^\top da \qquad dW_h = h^\top da \qquad
# db = \textstyle\sum_n da_n$$
#
# and $dh$ leaves along the dashed route. It is long, but each formula undoes one operation.

# %% [markdown] locked="by-hand"
# **By hand.** The step of lesson 06 again: one unit, $c = 2$, $i = 0.5$, $f = 0.9$, $g = -0.4$, $o = 1$. Upstream come
# $dc_{\text{next}} = 1$ and $dh_{\text{next}} = 0$. How large is $da_f$? The judge measures it below.

# %%
mine = None

b_hand = np.array([0, np.log(9), np.arctanh(-0.4), 40])  # at x = h = 0, i, f, g and o are as above
weights = np.zeros((1, 4)), np.zeros((1, 4))
zero = np.zeros((1, 1))
da_f = measure(lambda b: lstm_step(zero, zero, zero + 2, *weights, b)[1].item(), b_hand)[1]
pencil(mine, da_f, {"the slope is left out": 2, "the other factor is left out": 0.9 * 0.1,
                    "the new cell state stands where the old one belongs": 1.6 * 0.9 * 0.1,
                    "the other factor is the candidate": -0.4 * 0.9 * 0.1})

# %% [markdown] locked="card-lstm-step-backward"
# ### Exercise: `lstm_step_backward`
#
# 6 points · 40 minutes · needs the formulas above, and two that you derive
#
# Return one gradient for each argument of `lstm_step`, in the same order.
#
# <details><summary>Hint 1: where to begin</summary>
# With <code>tanh_c = np.tanh(c_next)</code>, because it is needed twice, and then with the total gradient of c_next.
# </details>
# <details><summary>Hint 2: only one block is wrong</summary>
# The check names the gate. Compare its line with its neighbors: the upstream gradient, the other factor, the slope.
# </details>
# <details><summary>Hint 3: four arrays side by side</summary>
# <code>np.concatenate([...], axis=1)</code>. From there on it is the end of your rnn_step_backward.
# </details>
# <details><summary>Hint 4: almost the answer</summary>
# The line of the input gate is <code>da_i = dc_total * g * i * (1 - i)</code>. The other three look alike; one of them
# does not begin with dc_total, for its gate stands in the last line.
# </details>


# %% answer="lstm_step_backward"
def lstm_step_backward(dh_next, dc_next, cache):
    """One step of backpropagation through time, for an LSTM.

    dh_next, dc_next: (N, H), the gradients of the loss with respect to the new hidden and the new cell state.
    cache: what `lstm_step` kept: x (N, D), h, c, i, f, g, o, c_next (N, H), W_x (D, 4H), W_h (H, 4H).

    Returns dx (N, D), dh (N, H), dc (N, H), dW_x (D, 4H), dW_h (H, 4H), db (4H,).
    """
    x, h, c, i, f, g, o, c_next, W_x, W_h = cache
    ### BEGIN SOLUTION
    tanh_c = np.tanh(c_next)
    dc_total = dc_next + dh_next * o * (1 - tanh_c ** 2)
    da_i = dc_total * g * i * (1 - i)
    da_f = dc_total * c * f * (1 - f)
    da_g = dc_total * i * (1 - g ** 2)
    da_o = dh_next * tanh_c * o * (1 - o)
    da = np.concatenate([da_i, da_f, da_g, da_o], axis=1)
    return da @ W_x.T, da @ W_h.T, dc_total * f, x.T @ da, h.T @ da, da.sum(axis=0)
    ### END SOLUTION


# %% check="lstm_step_backward" points=6
check(lstm_step_backward, points=6)

# %% [markdown] locked="ask-the-judge"
# Now ask the judge, who knows nothing about gates. The loss is
#
# $$L = \sum dh_{\text{next}} \odot h_{\text{next}} + \sum dc_{\text{next}} \odot c_{\text{next}}$$
#
# with random numbers for both upstream gradients. Leave the second sum out, and nobody would notice that you forgot
# `dc_next`.

# %%
N, D, H = 3, 4, 5
names = ["x", "h", "c", "W_x", "W_h", "b"]
inputs = dict(zip(names, draw((N, D), (N, H), (N, H), (D, 4 * H), (H, 4 * H), (4 * H,)), strict=True))
dh_next, dc_next = draw((N, H), (N, H))


def loss_of_a_step(**inputs):
    h_next, c_next, _ = lstm_step(**inputs)
    return np.sum(dh_next * h_next) + np.sum(dc_next * c_next)


derived, rows = yours(lstm_step_backward)(dh_next.copy(), dc_next.copy(), lstm_step(**inputs)[2]), []
for name, gradient in zip(names, derived, strict=True):
    measured = measure(lambda value, name=name: loss_of_a_step(**{**inputs, name: value}), inputs[name])
    rows.append((f"d{name}", relative_error(gradient, measured)))
figures.table("One step: derived against measured", {"gradient": "", "relative error": ".0e"}, rows)

# %% [markdown] locked="run-it-backwards"
# ## Run the cell backwards
#
# This is your step, taken from the last symbol of a text to the first. It is the cell of lesson 06 with its arrows turned
# round, and a line is as broad as its gradient is large. The loss is the last hidden state, so a gradient of 1 comes in
# at the lower right of step 16. Press play, or click on a symbol. Point at a formula, and what it computes lights up.
#
# - **Step 16.** All of $dc_{\text{total}}$ has come through the output gate. It parts: along $c$ to the step before, and down
#   into the input gate, the candidate and the forget gate.
# - **Step 15.** Now two gradients meet in $c$, from the right and from below.
# - **Step 11** reads a semicolon, and the forget gate is shut. The route along $c$ ends here. What arrives at the steps
#   before it has gone through the gates.
#
# The second slider sets one number of this cell, the bias of its forget gate. Compare what arrives at step 12 for -1 and
# for 3. That number will come back.

# %%
figures.backward_explorer(yours(lstm_step_backward))

# %% [markdown] locked="through-time"
# ## Through time
#
# The loop is the loop of lesson 03, and it carries two things instead of one.
#
# The **hidden state** $h_t$ has somebody above it who reads it. So its gradient is the sum of `dh[t]` and what step
# $t + 1$ sent back, as before.
#
# The **cell state** is private. Nobody above reads $c_t$; its whole future is step $t + 1$, whose `dc` is all there is.
# With one exception: the last one, $c_T$. If another network starts from it, as in the encoder-decoder of lesson 02,
# then it has a gradient of its own, which comes from outside: `dc_T`. If none does, `dc_T` is zero.
#
# At the other end, what leaves the first step is `dh0` and `dc0`.

# %% [markdown] locked="card-lstm-backward"
# ### Exercise: `lstm_backward`
#
# 5 points · 25 minutes · needs your `lstm_step_backward`
#
# `dh` holds an upstream gradient for every step, and `dc_T` one for the last cell state. Return one gradient for each
# argument of `lstm_forward`, in the same order.
#
# <details><summary>Hint 1: where to begin</summary>
# Open your rnn_backward of lesson 03. What is new is one variable, <code>dc_next</code>. What is it before the loop?
# </details>
# <details><summary>Hint 2: what is carried, what is added</summary>
# Both carries are used and then <i>replaced</i>. Only dh_next is added to something, because only h has readers above.
# </details>
# <details><summary>Hint 3: almost the answer</summary>
# In the loop: <code>dx[t], dh_next, dc_next, ... = lstm_step_backward(dh[t] + dh_next, dc_next, cache[t])</code>.
# </details>


# %% answer="lstm_backward"
def lstm_backward(dh, dc_T, cache):
    """Backpropagation through time for an LSTM: the step backwards, from the last step to the first.

    dh: (T, N, H), the upstream gradient of every hidden state. dc_T: (N, H), that of the last cell state.
    cache: the list with the cache of every step.

    Returns dx (T, N, D), dh0 (N, H), dc0 (N, H), dW_x (D, 4H), dW_h (H, 4H), db (4H,).
    """
    T, N, H = dh.shape
    D = cache[0][0].shape[1]
    dx, dW_x, dW_h, db = np.zeros((T, N, D)), np.zeros((D, 4 * H)), np.zeros((H, 4 * H)), np.zeros(4 * H)
    ### BEGIN SOLUTION
    dh_next, dc_next = np.zeros((N, H)), dc_T
    for t in reversed(range(T)):
        dx[t], dh_next, dc_next, dW_x_t, dW_h_t, db_t = lstm_step_backward(dh[t] + dh_next, dc_next, cache[t])
        dW_x += dW_x_t
        dW_h += dW_h_t
        db += db_t
    dh0, dc0 = dh_next, dc_next
    ### END SOLUTION
    return dx, dh0, dc0, dW_x, dW_h, db


# %% check="lstm_backward" points=5
check(lstm_backward, points=5)

# %% [markdown] locked="judge-again"
# The judge again, on seven steps, with a random upstream gradient for every $h_t$ and for $c_T$. And beside it PyTorch,
# whose `nn.LSTM` gets your weights and derives its own gradients.

# %%
T, back = 7, yours(lstm_backward)
names = ["x", "h0", "c0", "W_x", "W_h", "b"]
inputs = dict(zip(names, draw((T, N, D), (N, H), (N, H), (D, 4 * H), (H, 4 * H), (4 * H,)), strict=True))
dh, dc_T = draw((T, N, H), (N, H))


def loss_of_a_sequence(**inputs):
    h, c, _ = lstm_forward(**inputs)
    return np.sum(dh * h) + np.sum(dc_T * c[-1])


derived = dict(zip(names, back(dh.copy(), dc_T.copy(), lstm_forward(**inputs)[2]), strict=True))
witnesses = {"the judge": [measure(lambda value, name=name: loss_of_a_sequence(**{**inputs, name: value}), inputs[name])
                           for name in names]}

if torch := available("torch"):
    layer = torch.nn.LSTM(D, H, dtype=torch.float64)
    ours = {"weight_ih_l0": inputs["W_x"].T, "weight_hh_l0": inputs["W_h"].T, "bias_ih_l0": inputs["b"],
            "bias_hh_l0": np.zeros(4 * H)}
    layer.load_state_dict({name: torch.tensor(array) for name, array in ours.items()})
    x, h0, c0 = (torch.tensor(inputs[name], requires_grad=True) for name in ("x", "h0", "c0"))
    h, (_, c_T) = layer(x, (h0[None], c0[None]))
    ((torch.tensor(dh) * h).sum() + (torch.tensor(dc_T) * c_T[0]).sum()).backward()
    weights = layer.weight_ih_l0.grad.T, layer.weight_hh_l0.grad.T, layer.bias_ih_l0.grad
    witnesses["torch.nn.LSTM"] = [gradient.numpy() for gradient in (x.grad, h0.grad, c0.grad, *weights)]

figures.table("Seven steps: your gradient, and what others say", {"relative error": "", **dict.fromkeys(witnesses, ".0e")},
              [(f"d{name}", *(relative_error(derived[name], theirs) for theirs in gradients))
               for name, *gradients in zip(names, *witnesses.values(), strict=True)])

# %% [markdown] locked="does-it-arrive"
# ## Does it arrive?
#
# You have the gradient. Now the question of this lesson: does it come back from far away?
#
# Take a hundred steps, and a loss that looks at the last hidden state only. How large is its gradient at each input?
# One loss might be a special case, so take eight: eight copies of the sequence as a batch, and for each a random
# upstream gradient at $h_T$.
#
# We compare an RNN and an LSTM, both initialized as PyTorch does it: every parameter drawn evenly between
# $-1/\sqrt{H}$ and $1/\sqrt{H}$. PyTorch has two biases, which add up. The LSTM was made against vanishing gradients.

# %%
guess.place("arrives", "How much comes back to the first of a hundred steps in an LSTM, relative to the last?", 1e-30, 1,
            within=1e3)


# %%
def initialized(rng, blocks, D=16, H=64):
    """W_x, W_h and b as PyTorch draws them, with one block for an RNN and four for an LSTM."""
    shapes = [(D, blocks * H), (H, blocks * H), (blocks * H,), (blocks * H,)]
    W_x, W_h, b, another_b = (rng.uniform(-1, 1, shape) / np.sqrt(H) for shape in shapes)
    return W_x, W_h, b + another_b


def flow(forward, backward, states, x, parameters):
    """|dx_t| for every t, of one sequence x (T, 1, D). states: 1 for an RNN, 2 for an LSTM (h and c)."""
    zeros = np.zeros((8, len(parameters[1])))
    h, *_, cache = forward(np.repeat(x, 8, axis=1), *[zeros] * states, *parameters)
    dh = np.zeros_like(h)
    dh[-1] = np.random.default_rng(0).standard_normal(zeros.shape)
    return np.linalg.norm(backward(dh, *[zeros] * (states - 1), cache)[0], axis=(1, 2))


def left_of(runs):
    """What comes back from 99 steps back, relative to the last step, of each network."""
    return np.array(runs)[:, 0] / np.array(runs)[:, -1]


def middle(runs):
    """The geometric mean of what is left."""
    return np.exp(np.mean(np.log(left_of(runs))))


def say(flows):
    ends = {name: left_of(runs) for name, runs in flows.items()}
    powers = np.log10(max(map(np.max, ends.values())) / min(map(np.min, ends.values())))
    return figures.dots(f"What arrives differs by {powers:.0f} powers of ten", "six networks of each kind",
                        "what comes back from 99 steps back, relative to the last step", {"what arrives": ends})


series = [np.random.default_rng(seed).standard_normal((100, 1, 16)) for seed in range(6)]
rnns = [initialized(np.random.default_rng([seed, 1]), blocks=1) for seed in range(6)]
lstms = [initialized(np.random.default_rng([seed, 4]), blocks=4) for seed in range(6)]
rnn = rnnkit.rnn_forward, rnnkit.rnn_backward
flows = {"RNN": [flow(*rnn, 1, x, p) for x, p in zip(series, rnns, strict=True)],
         "LSTM, default": [flow(lstm_forward, back, 2, x, p) for x, p in zip(series, lstms, strict=True)]}
say(flows)

# %%
guess.reveal("arrives", middle(flows["LSTM, default"]))

# %% [markdown] locked="it-vanishes-too"
# Less than that. The LSTM is better than the RNN, on the whole by several powers of ten, and it makes no difference.
# Added to the gradients of the last few steps, $10^{-20}$ is rounded away. *The LSTM solves the vanishing gradient* is
# a sentence about what it **can** do. As PyTorch initializes it, it does not.
#
# Why? Look at the solid route. Lesson 06 ended there: the forget gate's bias begins near zero, so the gate begins near
# $\sigma(0)$. In the first of these networks:

# %%
gates = forget_gates(series[0], np.zeros((1, 64)), np.zeros((1, 64)), *lstms[0])
product = np.prod(gates, axis=0)
print(f"forget gates: from {gates.min():.2f} to {gates.max():.2f}, mean {gates.mean():.2f}")
print(f"a hundred of them, multiplied: {np.median(product):.0e} in the median unit, at most {product.max():.0e}")

# %% [markdown] locked="open-the-gate"
# A cell that loses about half of its memory at every step has a memory of a step or two. Nothing in the data told it to
# let go. It was made that way.
#
# ## A gate that begins open
#
# So make it otherwise. Change no equation, only a number: set the bias of the forget gate to something larger before
# training begins. Gers, Schmidhuber and Cummins did so when they introduced the gate, in 2000.

# %% [markdown] locked="card-forget-bias"
# ### Exercise: `forget_bias`
#
# 2 points · 5 minutes · needs the order of the blocks: i, f, g, o
#
# Return a *new* array. Whoever passed `b` in may still need it.
#
# <details><summary>Hint 1: where is the block?</summary>
# b has 4H numbers. The input gate has the first H of them.
# </details>
# <details><summary>Hint 2: almost the answer</summary>
# <code>b_new = b.copy()</code>, then one assignment to a slice of b_new.
# </details>


# %% answer="forget_bias"
def forget_bias(b, value):
    """The same bias, but for the block of the forget gate, which is `value`.

    b: (4H,), in blocks i, f, g, o. value: a number. Returns b_new (4H,). Leaves b as it was.
    """
    ### BEGIN SOLUTION
    H = len(b) // 4
    b_new = b.copy()
    b_new[H:2 * H] = value
    return b_new
    ### END SOLUTION


# %% check="forget_bias" points=2
check(forget_bias, points=2)

# %% [markdown] locked="half-life"
# How open should it be? Suppose that the gate stays at $f = \sigma(\text{bias})$ and nothing new is let in. Then
# $c_t = f^t c_0$, and half of it is gone after $\ln \tfrac12 / \ln f$ steps: the **half-life** of the memory. (It is
# shorter than the $1 / (1 - f)$ of lesson 06, after which about 37 % is left.) Below, the formula, and beside it an
# LSTM whose weights are all zero.

# %%
set_bias = yours(forget_bias)
rows = []
for value in (0, 1, 2, 3, 5):
    gate = rnnkit.sigmoid(value)
    weights = np.zeros((1, 4)), np.zeros((1, 4)), set_bias(np.zeros(4), value)
    _, c, _ = lstm_forward(np.zeros((150, 1, 1)), np.zeros((1, 1)), np.ones((1, 1)), *weights)
    rows.append((value, gate, np.log(0.5) / np.log(gate), np.sum(c >= 0.5)))
figures.table("How long half of the memory lasts",
              {"bias": "", "gate": ".3f", "half-life": ".1f", "steps in which an LSTM has at least half": ""}, rows)

# %% [markdown] locked="guess-again"
# A bias of 1 is the usual advice (Jozefowicz, Zaremba and Sutskever 2015). It gives two steps. That does not look like
# much.
#
# The recipe can be turned round. Lesson 06 found that a gate at $f$ remembers about $1 / (1 - f)$ steps. Say how many
# steps $T$ you need, and solve $1 / (1 - \sigma(b)) = T$ for the bias:
#
# $$b = \ln(T - 1)$$
#
# For ten steps that is 2.2, for a hundred 4.6. Tallec and Ollivier (2018) draw a $T$ for each unit and set the bias so;
# they call it *chrono initialization*.
#
# Now the same six networks with other biases. You might begin with what the gate alone would let through.

# %%
guess.place("bias-1", "With a forget bias of 1, how much comes back to the first of a hundred steps?", 1e-20, 10, within=100)

# %%
guess.place("bias-3", "And with a forget bias of 3?", 1e-20, 10, within=100)

# %%
for value in (1, 3):
    flows[f"LSTM, forget bias {value}"] = [
        flow(lstm_forward, back, 2, x, (W_x, W_h, set_bias(b, value)))
        for x, (W_x, W_h, b) in zip(series, lstms, strict=True)]
say(flows)

# %%
guess.reveal("bias-1", middle(flows["LSTM, forget bias 1"]))

# %%
guess.reveal("bias-3", middle(flows["LSTM, forget bias 3"]))

# %%
figures.table("What the gate alone lets through", {"bias": "", "gate, 99 times": ".0e"},
              [(value, (1 + np.exp(-value)) ** -99) for value in (0, 1, 3)])

# %%
figures.table("The bias for a memory of T steps", {"T": "", "b = ln(T - 1)": ".1f", "gate": ".3f"},
              [(T, np.log(T - 1), rnnkit.sigmoid(np.log(T - 1))) for T in (10, 100, 1000)])

# %%
figures.gradient_flow({name: np.array(runs) for name, runs in flows.items()})

# %% [markdown] locked="four-lines"
# The upper three are the same networks with the same weights, but for the bias of one gate. Between the lowest and the
# highest of them lie twenty powers of ten.
#
# With a bias of 1 the gradient is still small after a hundred steps, but no longer hopeless. With 3 it arrives whole.
# And each time, much more arrives than the forget gate alone would let through. By which way?

# %% [markdown] locked="move-it"
# ## Move it yourself
#
# Here the two routes are told apart, in a network of sixteen units. The solid line is what comes back along the cell
# state alone: on the way back, $W_h$ was taken to be zero, so that nothing leaves through the gates. The dashed line is
# your backward pass, with both routes open.
#
# Begin with the bias at 0. Which of the routes brings more from far away? Then open the gate. Then set $W_h$ to zero.

# %%
figures.routes_explorer(lstm_forward, back, set_bias)

# %% [markdown] locked="the-second-route-carries"
# Did you expect it? With the bias at 0, nearly everything that comes back from far away has gone through the gates at
# least once. The route along the cell state is one way, and one product. A way that changes between the two routes may do so
# at any step. There are very many such ways, and their gradients add up.
#
# So the product of the forget gates is no upper limit, and it does not describe an untrained LSTM. It describes what the cell
# can rely on: with the gate open, this route needs no luck with $W_h$.
#
# ## Does it explode?
#
# The other half of the famous sentence is that an LSTM cures *exploding* gradients too. The argument: a forget gate is
# at most 1, so no product of forget gates can exceed 1.
#
# Training makes weights grow. So take the six LSTMs from above and multiply their $W_h$ by 3, and by 8.

# %%
guess.choose("explodes", "How much comes back to the first of the hundred steps now?",
             "less than to the last", "about as much", "a hundred times as much, and more")


# %%
def along_the_cell_state(dh, dc_T, cache):
    """lstm_backward with W_h taken to be zero on the way back: nothing leaves through the gates."""
    return rnnkit.lstm_backward(dh, dc_T, [(*step[:-1], 0 * step[-1]) for step in cache])


def comes_back(forward, backward, states, networks):
    return left_of([flow(forward, backward, states, x, p) for x, p in zip(series, networks, strict=True)])


rows = []
for times in (1, 3, 8):
    plain = comes_back(*rnn, 1, [(W_x, times * W_h, b) for W_x, W_h, b in rnns]).max()
    for value in (0, 1, 3):
        networks = [(W_x, times * W_h, set_bias(b, value)) for W_x, W_h, b in lstms]
        left = comes_back(lstm_forward, back, 2, networks)
        alone = comes_back(rnnkit.lstm_forward, along_the_cell_state, 2, networks)
        rows.append((times, value, left.min(), left.max(), alone.max(), None if value else plain))
figures.table("What comes back from 99 steps back, in six networks",
              {"W_h times": "", "forget bias": "", "least": ".0e", "most": ".0e", "most, along the cell state alone": ".0e",
               "most, in an RNN": ".0e"}, rows)

# %%
guess.reveal("explodes", "a hundred times as much, and more" if left.min() >= 100 else
             "about as much" if left.max() > 0.1 else "less than to the last")

# %% [markdown] locked="it-explodes-too"
# More. With $W_h$ eight times as large, what comes back from far away is hundreds to hundreds of thousands times
# what comes back from nearby, and the open gate does not help. The bound is true, and it holds for the solid route only:
# there nothing exceeds 1. The dashed route goes through $W_h$ at every step, as in an RNN.
#
# It is far tamer than an RNN, whose gradient explodes by many powers of ten more. But *the LSTM cures exploding gradients*
# is not true, and those who train one clip its gradients. Lesson 04 writes the clipping.

# %% [markdown] locked="why-it-may-grow"
# ## Why the cell state may grow
#
# The hidden state is squashed, so it stays between $-1$ and $1$. The cell state is not. Let the gates be open and the
# candidate be 1, and it counts, as in lesson 06. What does that do to its gradient?

# %%
always_open = np.array([50.0, 50.0, 50.0, 50.0])  # i, f, o are 1 to the last digit, and so is g
weights = np.zeros((1, 4)), np.zeros((1, 4)), always_open
h, c, cache = lstm_forward(np.zeros((100, 1, 1)), np.zeros((1, 1)), np.zeros((1, 1)), *weights)
dc0 = back(np.zeros((100, 1, 1)), np.ones((1, 1)), cache)[2].item()
print("c after 1, 2, 3, ..., 100 steps:", c[[0, 1, 2, 99], 0, 0], f"  dc0 = {dc0:.4f}")

state, slope = 0.0, 1.0
for _ in range(100):
    state = np.tanh(state + 1)
    slope *= 1 - state ** 2
print(f"the same with a tanh on the way:  c = {state:.4f}  dc0 = {slope:.0e}")

# %% [markdown] locked="bounded-is-forgetful"
# A tanh on the solid route would keep the state small. It would also put its slope into the product, at every step,
# and after a hundred steps there is neither a count nor a gradient. To have a slope of 1 at every value, a function has
# to be a straight line, and a straight line has no ceiling. That is the price, and it buys the ability to count (Weiss,
# Goldberg and Yahav 2018).
#
# The tanh stands where the cell state is *shown*, in $h = o \odot \tanh c$. There it costs once, not once a step. But
# it does cost:

# %%
figures.table("What a large cell state shows", {"c": "", "tanh(c)": ".4f", "the slope there": ".0e"},
              [(count, np.tanh(count), 1 / np.cosh(count) ** 2) for count in (1, 3, 10, 20)])

# %% [markdown] locked="two-biases"
# A cell that has counted to twenty shows a 1, and so does one that has counted to ten. Who reads $h$ cannot tell them
# apart, and sends back next to nothing. The gradient of a large cell state comes along the solid route, or not at all.
#
# ## In PyTorch: two biases
#
# One practical matter. `torch.nn.LSTM` has two biases, `bias_ih` and `bias_hh`. They stand in the same sum, so only
# their sum counts. It is easy to set the forget block of both to 1.

# %%
guess.choose("two-biases", "Which forget bias is that?", "0.5", "1", "2")

# %%
if torch := available("torch"):
    torch.set_num_threads(1)  # the matrices are small, and threads would only wait for each other

    def left_in_pytorch(kind, seed, *biases):
        """What comes back from 99 steps, by autograd, with these values in the biases' forget blocks."""
        torch.manual_seed(seed)
        layer, x = getattr(torch.nn, kind)(16, 64).double(), torch.randn(100, 1, 16).double().requires_grad_()
        with torch.no_grad():
            for bias, value in zip((layer.bias_ih_l0, layer.bias_hh_l0), biases, strict=False):
                bias[64:128] = value
        layer(x)[0][-1].sum().backward()
        return (x.grad[0].norm() / x.grad[-1].norm()).item()

    rows = []
    for kind, *biases in [("RNN",), ("LSTM",), ("LSTM", 1, 0), ("LSTM", 1, 1), ("LSTM", 2, 0), ("LSTM", 3, 0)]:
        left = [left_in_pytorch(kind, seed, *biases) for seed in range(6)]
        rows.append((kind, *(biases or ("default", "default")), min(left), max(left)))

figures.table("What comes back from 99 steps back, in six of PyTorch's networks",
              {"": "", "bias_ih": "", "bias_hh": "", "least": ".0e", "most": ".0e"}, rows) if torch else None

# %%
b_ih, b_hh = (set_bias(np.zeros(4), 1) for _ in range(2))
guess.reveal("two-biases", f"{(b_ih + b_hh)[1]:g}")

# %% [markdown] locked="set-one"
# It is 2: the rows (1, 1) and (2, 0) are the same. Set one of the two, and the other to zero. (Keras has one bias, and
# sets its forget block to 1 unless you ask it not to.)
#
# And the first two rows do not depend on us at all. They are PyTorch's networks as it makes them, with PyTorch's own
# gradient, and both vanish.

# %% [markdown] locked="what-we-know"
# ## What we know now
#
# - The cell state reaches the future by two routes: along itself, times the forget gate, and through the hidden state
#   and the gates. $\partial c_t / \partial c_{t-1} = f_t$ is the first of them only.
# - One step back undoes four lines. Two gradients meet in $c_{\text{next}}$, as they do in $h_t$.
# - Through time, two gradients are carried, and the last cell state has one of its own.
# - An LSTM can keep a gradient alive over a hundred steps. With PyTorch's default weights it does not. With a
#   forget bias of 1, $10^{-8}$ to $10^{-7}$ of it comes back; with 3, all of it. For $T$ steps, $b = \ln(T - 1)$.
# - It can explode, too. A forget gate bounds the route along the cell state, and no other.
# - The cell state is not squashed on its way, so it can count. What it shows is squashed.
#
# **What still does not work.** Two things. An open forget gate keeps everything, also what should be forgotten; a
# gradient that arrives is not yet a network that learns. Lesson 11 measures that.
#
# And a backward pass like yours has a place to slip in every line. You had a check that names the slip. Outside of this
# course there is none. Lesson 08 hands you six backward passes, each with one mistake in it, and your judge.

# %%
guess.score()

# %% [markdown] locked="read-on"
# ## Read on
#
# - Hochreiter and Schmidhuber, *Long short-term memory*, Neural Computation 9, 1997. Section 4 has the carousel, the
#   appendix what was cut.
# - Graves and Schmidhuber, *Framewise phoneme classification with bidirectional LSTM and other neural network
#   architectures*, Neural Networks 18, 2005. The whole gradient.
# - Tallec and Ollivier, *Can recurrent neural networks warp time?*, ICLR 2018 (arXiv 1804.11188). Why there are gates at
#   all, and what their biases mean.

# %%
figures.end_of_lesson(7, "An LSTM does not cure vanishing gradients by itself: its forget gate has to begin open. And it can explode.")

# %% [markdown] locked="onward"
# [← 06 · The LSTM](../06_the_lstm/06_the_lstm.ipynb) · [map of the course](../00_start_here/00_start_here.ipynb) · [08 · The bug museum →](../08_the_bug_museum/08_the_bug_museum.ipynb)
