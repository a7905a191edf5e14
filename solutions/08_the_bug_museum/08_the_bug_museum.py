# ---
# jupyter:
#   kernelspec:
#     display_name: Python 3 (ipykernel)
#     language: python
#     name: python3
# ---

# %% [markdown] locked="title"
# # 08 · The bug museum
#
# [← 07 · Backpropagation through the LSTM](../07_backpropagation_through_the_lstm/07_backpropagation_through_the_lstm.ipynb) · [map of the course](../00_start_here/00_start_here.ipynb) · [09 · The GRU and its cousins →](../09_the_gru_and_its_cousins/09_the_gru_and_its_cousins.ipynb)
#
# **The question.** Lesson 03 ended with a wrong gradient that learned. So a loss that goes down proves nothing. You
# have a backward pass, it runs, it trains, and it may be wrong. How do you find out, and how do you find *where*?
#
# **What you will write.** Six repairs. In each case lies a short backward pass with one mistake of a kind that
# people really published. You hold it against the judge of lesson 03, find the line, and repair a copy. Twelve points,
# about an hour and a half.
#
# **What you need.** The backward passes of lessons 03 and 07, and `numerical_gradient` from lesson 03.

# %% [markdown] locked="from-memory"
# **From memory.** Answer on paper, then open.
#
# <details><summary>1. The LSTM's loop, backwards. Which arrays get =, which get +=, and what is carried?</summary>
#
# `dx[t]` gets =. The gradients of the weights and the bias get +=. Two things are carried and replaced at every step: `dh`
# and `dc`.
#
# </details>
# <details><summary>2. Which two gradients meet in the new cell state?</summary>
#
# `dc_next`, which comes along the cell state, and what comes through $h = o \odot \tanh(c)$.
#
# </details>
# <details><summary>3. Lesson 03: the sequences start from zeros. Which term of dW_h is zero, and why?</summary>
#
# That of the first step. There $W_h$ multiplies $h_0$.
#
# </details>

# %%
import numpy as np

from rnnkit import (
    available,
    check,
    figures,
    guess,
    lstm_backward,
    lstm_forward,
    lstm_gates,
    lstm_step,
    lstm_step_backward,
    numerical_gradient,
    passes,
    pencil,
    relative_error,
    rnn_backward,
    rnn_forward,
    rnn_step_backward,
    sigmoid,
    yours,
)

# %% [markdown] locked="one-of-three"
# ## One of three is right
#
# The task is **echo** again: say at each step what you heard one step before. Below, a small network learns it three
# times, from the same first weights and with the same inputs. (It is trained with momentum: each update goes on with
# 0.8 of the one before.) Only the backward pass differs, and only one of the three is right. They are shuffled, so the
# names of the curves give nothing away. Inside `passes.train_on_echo`, the loop is the `train` of lesson 03.


# %%
def no_carry(dh, cache):
    steps = [rnn_backward(dh[t:t + 1], cache[t:t + 1]) for t in range(len(cache))]
    return [sum(gradients) for gradients in zip(*steps, strict=True)]


def wrong_sign(dh, cache):
    dx, dh0, dW_x, dW_h, db = rnn_backward(dh, cache)
    return dx, dh0, -dW_x, dW_h, db


def no_mistake(dh, cache):
    return rnn_backward(dh, cache)


shuffled = np.random.default_rng(5).permutation([no_carry, wrong_sign, no_mistake])
figures.losses({name: passes.train_on_echo(rnn_forward, backward, updates=300)
                for name, backward in zip("ABC", shuffled, strict=True)})

# %%
guess.choose("ABC", "Which one is right?", "A", "B", "C")

# %%
names = {name: backward.__name__ for name, backward in zip("ABC", shuffled, strict=True)}
print(names)
guess.reveal("ABC", next(name for name in names if names[name] == "no_mistake"))

# %% [markdown] locked="only-one"
# `no_carry` takes every step back by itself and hands nothing on. `wrong_sign` has the wrong *sign* in the gradient of
# $W_x$: it climbs where it should descend, and the other parameters make up for it. Both bring the loss down to less than
# a hundredth of what it was.
#
# Could you tell `no_carry` from `no_mistake`? And `wrong_sign` looks fine as long as nothing stands beside it. Your own
# loss curve never stands beside a right one. If it did, you would have a right one.
#
# ## The judge
#
# So measure. The judge is `numerical_gradient`, and we import ours. Paste your own from lesson 03 into the next cell.

# %%
# Paste your numerical_gradient here.

# %% [markdown] locked="examine"
# A loss needs something to look at. Every hidden state gets a random upstream gradient, and so does the last cell
# state of an LSTM. Then $L$ is the sum of states times upstream gradients, entry by entry, and its gradient is known
# twice: derived by the backward pass, and measured.
#
# Initial states and biases are random too. Zeros hide mistakes: what is multiplied by $h_0 = 0$ is right whatever it is.
# And the sequences are short, so that nothing in them has vanished: what has, the judge does not see.
#
# Here is one gradient of one backward pass. `passes.derived_and_measured` does the same for every argument, of an LSTM too.


# %%
measure = yours(numerical_gradient)
inputs, [dh] = passes.random_case(rnn_forward, T=3)


def loss(W_h):
    h, _ = rnn_forward(**{**inputs, "W_h": W_h})
    return np.sum(dh * h)


_, cache = rnn_forward(**inputs)
_, _, _, dW_h, _ = rnn_backward(dh, cache)
print(f"dW_h, derived and measured: relative error {relative_error(dW_h, measure(loss, inputs['W_h'])):.0e}")

# %% [markdown] locked="where-to-look"
# ## Where to look
#
# *Wrong* is one bit, and a backward pass has fifteen lines. Four questions cut them down:
#
# 1. **Is it right for T = 1?** Then the step is right, and the mistake is in the loop. If it is wrong for T = 1 already,
#    stay there: one step is easier to read than three.
# 2. **Which gradients are wrong, and which are right?** Look for a line that the wrong ones share and the right ones do
#    not use. `db` is the sum of `da` and nothing else, so it is a window on `da`: if `db` is wrong, so is `da`. (If `db`
#    is right, `da` nearly always is. Only rows or steps that have changed places leave their sum as it was.)
# 3. **From which step on?** Gradients travel back in time, and so do mistakes. In `dx`, the *last* step that is wrong
#    is where it begins.
# 4. **Which block?** At T = 1, the blocks of `db` answer for each gate, and for the candidate, alone.
#
# One small function asks all four, and its answer is an x-ray: a cell for each gradient, for each step of `dx` (counted
# from 0, as the code does) and for each block. It is dark where something is wrong. Here are two backward passes that are
# right:


# %%
def report(forward, backward, plate, copies=True):
    """Show where a backward pass is right, and its relative error where it is not."""
    try:
        return figures.xray(plate, *(passes.derived_and_measured(forward, backward, T, measure, copies) for T in (1, 3)))
    except NotImplementedError:
        print("This one is not written yet.")


report(rnn_forward, rnn_backward, "rnn_backward, as in lesson 03")

# %%
report(lstm_forward, lstm_backward, "lstm_backward, as in lesson 07")

# %% [markdown] locked="the-rules"
# ## The rules of the house
#
# Each exhibit stays in its case: its cell is locked, and we shall need it again at the end. Below it, the report says
# what is wrong. Then comes an empty function. Copy the *body* of the exhibit into it, find the mistake, repair it, and run
# the report on your copy until everything is ok. A repair earns its points whole, or not at all.
#
# Do not call one of ours instead: what would do an exhibit's work is not there when yours is graded, and you would lose the
# points. Nor can you measure the gradients: grading asks once more, with some hundred thousand weights. To write the function
# anew is allowed. But the next broken gradient that you meet will not have a name, and there you will want to have *searched*.
#
# Read the **label** after the repair. It says where such a mistake was seen. And as code by six authors goes, no two exhibits
# are called in the same way.
#
# Before each exhibit, **guess: does it train?** That means: will the loss of echo fall below 0.01? At the end we train all
# six.

# %% [markdown] locked="room-1"
# ## Exhibit 1: the sum
#
# The loop of lesson 03, around its step. It reads well.

# %%
guess.choose("sum", "Does it train?", "yes", "no")


# %% locked="case-sum"
def broken_sum(dh, cache):
    x, h0, _, W_x, W_h = cache[0]
    dx, dh_next = np.zeros((len(cache), *x.shape)), np.zeros_like(h0)
    dW_x, dW_h, db = np.zeros_like(W_x), np.zeros_like(W_h), np.zeros_like(W_h[0])
    for t in reversed(range(len(cache))):
        dh_t = dh[t] + dh_next
        dx[t], dh_next, dW_x, dW_h, db = rnn_step_backward(dh_t, cache[t])
    return dx, dh_next, dW_x, dW_h, db

# %%
report(rnn_forward, broken_sum, "Exhibit 1 · the sum")

# %% [markdown] locked="card-exhibit-sum"
# ### Exercise: `exhibit_sum`
#
# 2 points · 5 minutes · needs the body of `broken_sum`
#
# <details><summary>Hint 1: what the report says</summary>
# Right for T = 1, so the loop is at fault. <code>dx</code> and <code>dh0</code> are right for T = 3, so what travels is right. What do the other three share?
# </details>
# <details><summary>Hint 2: the zeros</summary>
# After the loop, is anything left of the zeros that were made for the sums? Of which step is what is there?
# </details>


# %% answer="exhibit_sum"
def exhibit_sum(dh, cache):
    """rnn_backward, repaired: dx (T, N, D), dh0 (N, H), dW_x (D, H), dW_h (H, H), db (H,)."""
    ### BEGIN SOLUTION
    x, h0, _, W_x, W_h = cache[0]
    dx, dh_next = np.zeros((len(cache), *x.shape)), np.zeros_like(h0)
    dW_x, dW_h, db = np.zeros_like(W_x), np.zeros_like(W_h), np.zeros_like(W_h[0])
    for t in reversed(range(len(cache))):
        dh_t = dh[t] + dh_next
        dx[t], dh_next, dW_x_t, dW_h_t, db_t = rnn_step_backward(dh_t, cache[t])
        dW_x += dW_x_t
        dW_h += dW_h_t
        db += db_t
    return dx, dh_next, dW_x, dW_h, db
    ### END SOLUTION


# %%
report(rnn_forward, exhibit_sum, "Exhibit 1 · your repair")

# %% check="exhibit_sum" points=2
check(exhibit_sum, points=2)

# %% [markdown] locked="label-1"
# **The label.** The gradient of a weight is a sum over its uses. That was lesson 03, and you wrote an essay about it. In
# published code we have met `=` where `+=` belongs, an array that was added to itself, so that it stayed zero, and the
# input weights taken from the last step only. What the `=` does to a network that trains is stranger than it looks. We
# come back to it at the end.

# %% [markdown] locked="by-hand"
# **By hand.** In lesson 03 you worked out one gradient: one unit, $w_x = 1$, $w_h = 0.5$, no bias, inputs 1 and 0, $h_0 = 0$, and
# $h_2$ for a loss. The gradient of $w_h$ was 0.661. What does the exhibit return for it?

# %%
mine = None

one = np.ones((1, 1))
_, cache = rnn_forward(np.array([[[1.0]], [[0.0]]]), 0 * one, one, 0.5 * one, np.zeros(1))
last_only = np.array([[[0.0]], [[1.0]]])
pencil(mine, broken_sum(last_only, cache)[3].item(), {
    "the term of the last step is kept: which one does the loop reach last?": rnn_backward(last_only, cache)[3].item()})

# %% [markdown] locked="room-2"
# ## Exhibit 2: the carry
#
# The loop of lesson 07. An LSTM has two carries, one along the hidden state and one along the cell state.

# %%
guess.choose("carry", "Does it train?", "yes", "no")


# %% locked="case-carry"
def broken_carry(dh, dc_T, cache):
    x, h0, *_, W_x, W_h = cache[0]
    dx, dh_next, dc_next = np.zeros((len(cache), *x.shape)), np.zeros_like(h0), dc_T
    dW_x, dW_h, db = np.zeros_like(W_x), np.zeros_like(W_h), np.zeros_like(W_h[0])
    for t in reversed(range(len(cache))):
        dh_t = dh[t] + dh_next
        dx[t], dh_next, dc_next, dW_x_t, dW_h_t, db_t = lstm_step_backward(dh_t, dc_T, cache[t])
        dW_x += dW_x_t
        dW_h += dW_h_t
        db += db_t
    return dx, dh_next, dc_next, dW_x, dW_h, db

# %%
report(lstm_forward, broken_carry, "Exhibit 2 · the carry")

# %% [markdown] locked="card-exhibit-carry"
# ### Exercise: `exhibit_carry`
#
# 2 points · 5 minutes · needs the body of `broken_carry`
#
# <details><summary>Hint 1: what the report says</summary>
# Right for T = 1, so the step is right. For T = 3 everything is wrong, but <code>dx</code> is right at the last step. So the mistake begins where the last step hands over to the one before.
# </details>
# <details><summary>Hint 2: two of everything</summary>
# Follow <code>dh_next</code> round the loop: where is it set, where is it read? Now follow <code>dc_next</code>.
# </details>


# %% answer="exhibit_carry"
def exhibit_carry(dh, dc_T, cache):
    """lstm_backward, repaired: dx (T, N, D), dh0, dc0 (N, H), dW_x (D, 4H), dW_h (H, 4H), db (4H,)."""
    ### BEGIN SOLUTION
    x, h0, *_, W_x, W_h = cache[0]
    dx, dh_next, dc_next = np.zeros((len(cache), *x.shape)), np.zeros_like(h0), dc_T
    dW_x, dW_h, db = np.zeros_like(W_x), np.zeros_like(W_h), np.zeros_like(W_h[0])
    for t in reversed(range(len(cache))):
        dh_t = dh[t] + dh_next
        dx[t], dh_next, dc_next, dW_x_t, dW_h_t, db_t = lstm_step_backward(dh_t, dc_next, cache[t])
        dW_x += dW_x_t
        dW_h += dW_h_t
        db += db_t
    return dx, dh_next, dc_next, dW_x, dW_h, db
    ### END SOLUTION


# %%
report(lstm_forward, exhibit_carry, "Exhibit 2 · your repair")

# %% check="exhibit_carry" points=2
check(exhibit_carry, points=2)

# %% [markdown] locked="label-2"
# **The label.** The mistake that we met most often: a carry that is used and never updated. (Here it was updated and
# never used.) In issue 1 of the repository sagarnildass/andrew_ng_deep_learning somebody notices one, in a solution of a
# well-known course: the carry "never get update, always zeros", and the last results do not match.

# %% [markdown] locked="room-3"
# ## Exhibit 3: the saved states
#
# There are $T$ steps and $T + 1$ states, and that is one too many for comfort. The author of this exhibit kept no caches:
# it takes the inputs and the states as arrays, puts the states in one list, $h_0$ first, and writes the whole step out.
# (`passes.on_arrays` takes the arrays out of the caches of `rnn_forward` and hands them over.)

# %%
guess.choose("states", "Does it train?", "yes", "no")


# %% locked="case-states"
def broken_states(dh, x, h0, h, W_x, W_h):
    h = [h0, *h]
    dx, dh_next = np.zeros_like(x), np.zeros_like(h0)
    dW_x, dW_h, db = np.zeros_like(W_x), np.zeros_like(W_h), np.zeros_like(W_h[0])
    for t in reversed(range(len(x))):
        da = (dh[t] + dh_next) * (1 - h[t] ** 2)
        dx[t], dh_next = da @ W_x.T, da @ W_h.T
        dW_x += x[t].T @ da
        dW_h += h[t].T @ da
        db += da.sum(axis=0)
    return dx, dh_next, dW_x, dW_h, db

# %%
report(rnn_forward, passes.on_arrays(broken_states), "Exhibit 3 · the saved states")

# %% [markdown] locked="card-exhibit-states"
# ### Exercise: `exhibit_states`
#
# 2 points · 10 minutes · needs the body of `broken_states`
#
# <details><summary>Hint 1: what the report says</summary>
# Wrong for T = 1 already, so forget the loop. Everything is wrong, <code>db</code> too, and <code>db</code> is the sum of <code>da</code>. So <code>da</code> is wrong, and it has one line.
# </details>
# <details><summary>Hint 2: which entry is which?</summary>
# For T = 1 the list h has two entries. Which is h0, and which did the step make?
# </details>
# <details><summary>Hint 3: almost the answer</summary>
# Two lines use <code>h[t]</code>. One of them is right. The slope of a tanh belongs to what tanh returned, the gradient of W_h to what W_h multiplied.
# </details>


# %% answer="exhibit_states"
def exhibit_states(dh, x, h0, h, W_x, W_h):
    """rnn_backward, repaired: dx (T, N, D), dh0 (N, H), dW_x (D, H), dW_h (H, H), db (H,)."""
    ### BEGIN SOLUTION
    h = [h0, *h]
    dx, dh_next = np.zeros_like(x), np.zeros_like(h0)
    dW_x, dW_h, db = np.zeros_like(W_x), np.zeros_like(W_h), np.zeros_like(W_h[0])
    for t in reversed(range(len(x))):
        da = (dh[t] + dh_next) * (1 - h[t + 1] ** 2)
        dx[t], dh_next = da @ W_x.T, da @ W_h.T
        dW_x += x[t].T @ da
        dW_h += h[t].T @ da
        db += da.sum(axis=0)
    return dx, dh_next, dW_x, dW_h, db
    ### END SOLUTION


# %%
report(rnn_forward, passes.on_arrays(exhibit_states), "Exhibit 3 · your repair")

# %% check="exhibit_states" points=2
check(exhibit_states, points=2)

# %% [markdown] locked="label-3"
# **The label.** Its relatives: states that are one step off all the way, `h[t - 1]` at t = 0, which in Python is the last
# state, and zeros in the place of $h_0$.

# %% [markdown] locked="room-4"
# ## Exhibit 4: the slope
#
# This exhibit is one step of an LSTM, and takes one by one what the cache holds. To examine it we put it into the loop of
# lesson 07, with `passes.backward_through_time`.

# %%
guess.choose("slope", "Does it train?", "yes", "no")


# %% locked="case-slope"
def broken_slope(dh_next, dc_next, x, h, c, i, f, g, o, c_next, W_x, W_h):
    def slope(a):
        return sigmoid(a) * (1 - sigmoid(a))

    tanh_c = np.tanh(c_next)
    dc_next = dc_next + dh_next * o * (1 - tanh_c ** 2)
    da_i, da_f = dc_next * g * slope(i), dc_next * c * slope(f)
    da_g, da_o = dc_next * i * (1 - g ** 2), dh_next * tanh_c * slope(o)
    da = np.concatenate([da_i, da_f, da_g, da_o], axis=1)
    dx, dh, dc = da @ W_x.T, da @ W_h.T, dc_next * f
    dW_x, dW_h, db = x.T @ da, h.T @ da, da.sum(axis=0)
    return dx, dh, dc, dW_x, dW_h, db

# %%
report(lstm_forward, passes.backward_through_time(broken_slope, one_by_one=True), "Exhibit 4 · the slope")

# %% [markdown] locked="card-exhibit-slope"
# ### Exercise: `exhibit_slope`
#
# 2 points · 10 minutes · needs the body of `broken_slope`
#
# <details><summary>Hint 1: what the report says</summary>
# Look at T = 1 only: for T = 3 the mistake has spread to every block, through dh. One block of <code>db</code> is right, three are wrong, and <code>dc0</code> is right too.
# </details>
# <details><summary>Hint 2: what do the three share?</summary>
# Something stands in the lines of i, f and o that does not stand in the line of g. Measure it: <code>slope(sigmoid(0.7))</code> should be the slope of the sigmoid at 0.7, which <code>numerical_gradient</code> knows.
# </details>


# %% answer="exhibit_slope"
def exhibit_slope(dh_next, dc_next, x, h, c, i, f, g, o, c_next, W_x, W_h):
    """lstm_step_backward, repaired: dx (N, D), dh, dc (N, H), dW_x (D, 4H), dW_h (H, 4H), db (4H,)."""
    ### BEGIN SOLUTION
    def slope(s):
        return s * (1 - s)

    tanh_c = np.tanh(c_next)
    dc_next = dc_next + dh_next * o * (1 - tanh_c ** 2)
    da_i, da_f = dc_next * g * slope(i), dc_next * c * slope(f)
    da_g, da_o = dc_next * i * (1 - g ** 2), dh_next * tanh_c * slope(o)
    da = np.concatenate([da_i, da_f, da_g, da_o], axis=1)
    dx, dh, dc = da @ W_x.T, da @ W_h.T, dc_next * f
    dW_x, dW_h, db = x.T @ da, h.T @ da, da.sum(axis=0)
    return dx, dh, dc, dW_x, dW_h, db
    ### END SOLUTION


# %%
report(lstm_forward, passes.backward_through_time(exhibit_slope, one_by_one=True), "Exhibit 4 · your repair")

# %% check="exhibit_slope" points=2
check(exhibit_slope, points=2)

# %% [markdown] locked="nearly-right"
# **The label.** A sigmoid's slope can be written with what went in, $\sigma'(a) = \sigma(a) (1 - \sigma(a))$, or with what
# came out, $\sigma' = s (1 - s)$. The cache holds what came out. The same happens to tanh, and more often.
#
# How wrong was it? The slope of a sigmoid lies between 0 and 0.25. The exhibit took it at a point between 0 and 1,
# where it hardly moves. Below are both, and then the angle between the exhibit's gradient and the right one, for gates that
# are half open and for gates that are driven hard.

# %%
s = sigmoid(np.array([-4.0, -1, 0, 1, 4]))
figures.table("The slope of a gate", {"gate": ".3f", "its slope": ".3f", "the exhibit's": ".3f"},
              zip(s, s * (1 - s), sigmoid(s) * (1 - sigmoid(s)), strict=True))


# %%
rng, rows = np.random.default_rng(8), []
x, h, c, dh, dc = rng.standard_normal((5, 50, 4))
for size in (0.1, 1.0, 5.0):
    weights = [size * rng.standard_normal(shape) for shape in ((4, 16), (4, 16), (16,))]
    _, _, cache = lstm_step(x, h, c, *weights)
    wrong, right = broken_slope(dh, dc, *cache)[4], lstm_step_backward(dh, dc, cache)[4]
    i, *_ = lstm_gates(x, h, *weights)
    rows.append((size, i.min(), i.max(), np.degrees(np.arccos(passes.cosine_similarity([wrong], [right])))))
figures.table("The exhibit's gradient of W_h, and the right one",
              {"size of the weights": "", "least input gate": ".2f", "most": ".2f", "degrees apart": ".0f"}, rows)

# %% [markdown] locked="room-5"
# So near a = 0, where networks are born, nobody would see it. It shows where a gate is closed or wide open: there the
# right slope is nearly zero, and the exhibit goes on pushing.
#
# ## Exhibit 5: the gates
#
# Another step of an LSTM. Every gate and the candidate have a line of their own.

# %%
guess.choose("gates", "Does it train?", "yes", "no")


# %% locked="case-gates"
def broken_gates(dh_next, dc_next, cache):
    x, h, c, i, f, g, o, c_next, W_x, W_h = cache
    tanh_c = np.tanh(c_next)
    dc_next = dc_next + dh_next * o * (1 - tanh_c ** 2)
    da_i = dc_next * g * i * (1 - i)
    da_f = dc_next * c * f * (1 - f)
    da_g = dc_next * i * (1 - g ** 2)
    da_o = dh_next * tanh_c * o * (1 - o)
    da = np.concatenate([da_i, da_f, da_o, da_g], axis=1)
    dx, dh, dc = da @ W_x.T, da @ W_h.T, dc_next * f
    dW_x, dW_h, db = x.T @ da, h.T @ da, da.sum(axis=0)
    return dx, dh, dc, dW_x, dW_h, db

# %%
report(lstm_forward, passes.backward_through_time(broken_gates), "Exhibit 5 · the gates")

# %% [markdown] locked="look-at-db"
# Two blocks are wrong. Before you read their lines again, print the numbers:

# %%
derived, measured = passes.derived_and_measured(lstm_forward, passes.backward_through_time(broken_gates), 1, measure)["db"]
for gate, a, n in zip("ifgo", np.split(derived, 4), np.split(measured, 4), strict=True):
    print(f"{gate}   derived {a.round(3)}   measured {n.round(3)}")

# %% [markdown] locked="card-exhibit-gates"
# ### Exercise: `exhibit_gates`
#
# 2 points · 5 minutes · needs the body of `broken_gates`
#
# <details><summary>Hint 1: what the report says</summary>
# <code>dc0</code> is right for T = 1, and so are two blocks of <code>db</code>. Whatever is wrong sits in the other two, and <code>dx</code> and <code>dh0</code> are made of all four.
# </details>
# <details><summary>Hint 2: the numbers</summary>
# The wrong numbers are right numbers, in another place.
# </details>


# %% answer="exhibit_gates"
def exhibit_gates(dh_next, dc_next, cache):
    """lstm_step_backward, repaired: dx (N, D), dh, dc (N, H), dW_x (D, 4H), dW_h (H, 4H), db (4H,)."""
    ### BEGIN SOLUTION
    x, h, c, i, f, g, o, c_next, W_x, W_h = cache
    tanh_c = np.tanh(c_next)
    dc_next = dc_next + dh_next * o * (1 - tanh_c ** 2)
    da_i = dc_next * g * i * (1 - i)
    da_f = dc_next * c * f * (1 - f)
    da_g = dc_next * i * (1 - g ** 2)
    da_o = dh_next * tanh_c * o * (1 - o)
    da = np.concatenate([da_i, da_f, da_g, da_o], axis=1)
    dx, dh, dc = da @ W_x.T, da @ W_h.T, dc_next * f
    dW_x, dW_h, db = x.T @ da, h.T @ da, da.sum(axis=0)
    return dx, dh, dc, dW_x, dW_h, db
    ### END SOLUTION


# %%
report(lstm_forward, passes.backward_through_time(exhibit_gates), "Exhibit 5 · your repair")

# %% check="exhibit_gates" points=2
check(exhibit_gates, points=2)

# %% [markdown] locked="label-5"
# **The label.** An LSTM has four blocks, and 24 orders to put them in. PyTorch and Keras have i, f, g, o, ONNX has i, o, f,
# g, and a well-known course i, f, o, g. On the way forward any of them will do: the blocks only change their names. But
# the way back has to use the one that the way forward used, and code that was put together from two sources can have two.

# %% [markdown] locked="room-6"
# ## Exhibit 6: the upstream gradient
#
# The last exhibit is of another kind. The judge finds nothing. (It takes an upstream gradient of the last state as well,
# `dh_T`, which is added to `dh[-1]`: PyTorch's layers return the last state apart. `passes.without_dh_T` gives it zeros.)

# %%
guess.choose("upstream", "Does it train?", "yes", "no")


# %% locked="case-upstream"
def broken_upstream(dh, dh_T, cache):
    x, *_, W_x, W_h = cache[0]
    dx, dh_next = np.zeros((len(cache), *x.shape)), dh_T
    dW_x, dW_h, db = np.zeros_like(W_x), np.zeros_like(W_h), np.zeros_like(W_h[0])
    for t in reversed(range(len(cache))):
        dh[t] += dh_next
        dx[t], dh_next, dW_x_t, dW_h_t, db_t = rnn_step_backward(dh[t], cache[t])
        dW_x += dW_x_t
        dW_h += dW_h_t
        db += db_t
    return dx, dh_next, dW_x, dW_h, db

# %%
report(rnn_forward, passes.without_dh_T(broken_upstream), "Exhibit 6 · the upstream gradient")

# %% [markdown] locked="ask-twice"
# Every number is right. Now call it twice, with the same arguments, and hold the two answers against each other:

# %%
inputs, [dh] = passes.random_case(rnn_forward, T=5)
_, cache = rnn_forward(**inputs)
once, twice = (passes.without_dh_T(broken_upstream)(dh, cache) for _ in range(2))
for name, a, b in zip(("dx", "dh0", "dW_x", "dW_h", "db"), once, twice, strict=True):
    print(f"{name:5} first call against second call: {relative_error(a, b):.2f}")

# %% [markdown] locked="who-is-bitten"
# A function that answers differently when it is asked again has changed something: its own `dh`. That hurts whoever uses
# the upstream gradient again: two cells in parallel whose states are added, a connection that goes around a cell. And a
# gradient check that keeps no copy. Ours handed out copies. Without them it holds a right gradient against a spoiled
# loss, and blames the gradient:

# %%
report(rnn_forward, passes.without_dh_T(broken_upstream), "Exhibit 6 · the upstream gradient", copies=False)

# %% [markdown] locked="card-exhibit-upstream"
# To change an upstream gradient in place is a habit, and in most programs it does no harm. Where it does, it is hard to
# find. In issue 7 of Burton2000/CS231n-2017 a student writes `dh[:,t,:] = dprev_h + dh[:,t,:]`. The step passes its test,
# every other line is right, and the gradients are "wrong in my version". The thread ends with "It is just so weird."
#
# In the check below, one `dh` goes to your function twice.
#
# ### Exercise: `exhibit_upstream`
#
# 2 points · 5 minutes · needs the body of `broken_upstream`
#
# <details><summary>Hint 1: where to look</summary>
# Which lines write into an array that the function did not make itself?
# </details>
# <details><summary>Hint 2: I have taken dh_t = dh[t], and it still happens</summary>
# <code>dh[t]</code> is a view: another name for the same numbers. <code>a += b</code> writes into them, <code>a = a + b</code> makes a new array.
# </details>


# %% answer="exhibit_upstream"
def exhibit_upstream(dh, dh_T, cache):
    """rnn_backward, repaired: dx (T, N, D), dh0 (N, H), dW_x (D, H), dW_h (H, H), db (H,)."""
    ### BEGIN SOLUTION
    x, *_, W_x, W_h = cache[0]
    dx, dh_next = np.zeros((len(cache), *x.shape)), dh_T
    dW_x, dW_h, db = np.zeros_like(W_x), np.zeros_like(W_h), np.zeros_like(W_h[0])
    for t in reversed(range(len(cache))):
        dh_t = dh[t] + dh_next
        dx[t], dh_next, dW_x_t, dW_h_t, db_t = rnn_step_backward(dh_t, cache[t])
        dW_x += dW_x_t
        dW_h += dW_h_t
        db += db_t
    return dx, dh_next, dW_x, dW_h, db
    ### END SOLUTION


# %%
report(rnn_forward, passes.without_dh_T(exhibit_upstream), "Exhibit 6 · your repair", copies=False)

# %% check="exhibit_upstream" points=2
check(exhibit_upstream, points=2)

# %% [markdown] locked="second-witness"
# ## A second witness
#
# The judge has seen your repairs, and so have our checks. PyTorch knows nothing of either. Here are its `nn.RNN` and
# `nn.LSTM`, with the same weights and the same loss, and the gradients that they derive by themselves. Every number is the
# largest relative error of `dW_x`, `dW_h` and `db`.

# %%
museum = {  # name: the forward pass, the exhibit, and your repair
    "sum": (rnn_forward, broken_sum, yours(exhibit_sum)),
    "carry": (lstm_forward, broken_carry, yours(exhibit_carry)),
    "states": (rnn_forward, *map(passes.on_arrays, (broken_states, yours(exhibit_states)))),
    "slope": (lstm_forward, *(passes.backward_through_time(step, one_by_one=True)
                              for step in (broken_slope, yours(exhibit_slope)))),
    "gates": (lstm_forward, *map(passes.backward_through_time, (broken_gates, yours(exhibit_gates)))),
    "upstream": (rnn_forward, *map(passes.without_dh_T, (broken_upstream, yours(exhibit_upstream)))),
}
if torch := available("torch"):
    for name, (forward, _, repair) in museum.items():
        layer = "RNN" if forward is rnn_forward else "LSTM"
        print(f"{name:9} against torch.nn.{layer:5} relative error {passes.error_against_torch(forward, repair):.0e}")

# %% [markdown] locked="room-7"
# ## Exhibit 7: the forward pass
#
# One more case, with nothing to repair and no points. It is a whole LSTM step, forwards *and* backwards, by one author. The
# step forwards has two mistakes: $h = o \odot c$, without the tanh, and the blocks of $i$ and $f$ have changed places. The step
# backwards was derived from it, line by line, without any slip.

# %%
guess.choose("forward", "What does the judge say about these gradients?", "all wrong", "some are wrong", "all are right")


# %% locked="case-forward"
def wrong_step(x, h, c, W_x, W_h, b):
    a_f, a_i, a_g, a_o = np.split(x @ W_x + h @ W_h + b, 4, axis=1)
    i, f, g, o = sigmoid(a_i), sigmoid(a_f), np.tanh(a_g), sigmoid(a_o)
    c_next = f * c + i * g
    return o * c_next, c_next, (x, h, c, i, f, g, o, c_next, W_x, W_h)


def wrong_step_backward(dh_next, dc_next, cache):
    x, h, c, i, f, g, o, c_next, W_x, W_h = cache
    dc_next = dc_next + dh_next * o
    da_i, da_f = dc_next * g * i * (1 - i), dc_next * c * f * (1 - f)
    da_g, da_o = dc_next * i * (1 - g ** 2), dh_next * c_next * o * (1 - o)
    da = np.concatenate([da_f, da_i, da_g, da_o], axis=1)
    return da @ W_x.T, da @ W_h.T, dc_next * f, x.T @ da, h.T @ da, da.sum(axis=0)


# %%
wrong_forward, wrong_backward = passes.forward_through_time(wrong_step), passes.backward_through_time(wrong_step_backward)
said = passes.derived_and_measured(wrong_forward, wrong_backward, 4, measure)
errors = {name: relative_error(derived, measured) for name, (derived, measured) in said.items()}
figures.table("What the judge says", {"gradient": "", "relative error": ".0e"}, errors.items())

# %%
wrong = sum(error > 1e-6 for error in errors.values())
guess.reveal("forward", "all are right" if wrong == 0 else "all wrong" if wrong == len(errors) else "some are wrong")

# %%
inputs, upstream = passes.random_case(wrong_forward, T=4)
h_wrong, h_right = wrong_forward(**inputs)[0], lstm_forward(**inputs)[0]
print(f"the states against rnnkit's:       relative error {relative_error(h_wrong, h_right):.2f}")
if torch:
    h_torch, _ = passes.in_torch(inputs, upstream)
    print(f"the states against torch.nn.LSTM:  relative error {relative_error(h_wrong, h_torch):.2f}")
losses = passes.train_on_echo(wrong_forward, wrong_backward)
print(f"trained on echo, the loss goes from {losses[0]:.3f} to {losses[-20:].mean():.4f}")

# %% [markdown] locked="label-7"
# **The label.** The judge compares a gradient with the forward pass that it came from, and with nothing else. These two belong
# to each other, so they agree, to nine digits and more. What they compute together is not an LSTM. It trains, all the same: it
# is a network, only not the one that its name promises.
#
# No gradient check finds this, however good it is. It takes a **second witness**: somebody else's forward pass, with the same
# weights. One comparison of one output is enough. That is why every lesson of this course ends beside PyTorch.

# %% [markdown] locked="does-it-train"
# ## Does it train?
#
# Now take all six out of their cases, as they are, and train. Beside each runs a right backward pass, from the same
# first weights and with the same inputs. It takes some ten seconds.
#
# The upstream exhibit gets two cells that read the input in parallel. Their states are added, so both are sent back the same
# upstream gradient. The others have one cell.

# %%
right_pass = {rnn_forward: rnn_backward, lstm_forward: lstm_backward}


def races(delay):
    """Each exhibit beside the right backward pass: the losses of both, and the mean cosine between their gradients."""
    return {name: passes.race(forward, right_pass[forward], exhibit, delay, cells=2 if name == "upstream" else 1)
            for name, (forward, exhibit, _) in museum.items()}


one = races(delay=1)
figures.museum({name: losses for name, (*losses, _) in one.items()})

# %% [markdown] locked="the-wall"
# Five of the six reach a low loss. Hang the x-rays beside the losses, each over the plate that says where such a mistake was
# seen, and cover them with your hand one after the other. Which of the losses would have made you look?

# %%
provenance = {
    "sum": "seen in published code", "carry": "the most frequent one: sagarnildass/ andrew_ng_deep_learning, issue 1",
    "states": "a state of the wrong step", "slope": "the input's formula, with the output put in",
    "gates": "two sources, two orders of the blocks", "upstream": "Burton2000/CS231n-2017, issue 7",
}
figures.wall({name: (passes.derived_and_measured(forward, exhibit, 3, measure, copies=name != "upstream"), *one[name][:2],
                     provenance[name]) for name, (forward, exhibit, _) in museum.items()})

# %% [markdown] locked="what-it-shows"
# Now your guesses, and a harder question. With a delay of two steps, the network has to say what it heard before the last
# input, and what it needs for that comes back through the carry. A loss is the mean of the last twenty updates. A cosine
# is that between the exhibit's gradients and the right ones, in the network that is being trained, and the mean over every
# tenth update: 1 is the same direction, 0 is a right angle.

# %%
two = races(delay=2)
rows = []
for name in museum:
    (right, exhibit, angle), (right_2, exhibit_2, angle_2) = one[name], two[name]
    trains = "yes" if exhibit[-20:].mean() < 0.01 else "no"
    guess.reveal(name, trains)
    rows.append((name, right[-20:].mean(), exhibit[-20:].mean(), angle, right_2[-20:].mean(), exhibit_2[-20:].mean(), angle_2,
                 trains, guess.made(name)))
figures.table("The loss with a right backward pass and with the exhibit, at a delay of 1 and of 2",
              {"exhibit": "", "right, 1": ".4f", "exhibit, 1": ".4f", "cosine, 1": ".2f", "right, 2": ".4f",
               "exhibit, 2": ".4f", "cosine, 2": ".2f", "trains?": "", "you said": ""}, rows)

# %% [markdown] locked="what-the-table-says"
# The cosines are above zero: roughly downhill, and that is all that training asks for. Only the exchanged blocks stand at
# nearly a right angle: what the candidate should be told is told to the output gate. How far above zero says little. At
# delay 1 the sum points further off than the carry, and ends no higher than the right one.
#
# Look at the carry. At delay 1 it ends a little above the right one, and who would notice? At delay 2 the right
# network goes on learning, and the exhibit ends about ten times as high. The loss does not say why. A person
# will, months later, and wrongly: LSTMs are not good at remembering.
#
# The upstream exhibit, whose two cells are told different things, trains as well as the right one at both delays. It does
# no harm here, and there is no way to know that beforehand.
#
# One run is one run. `passes.race` takes a seed: try another before you believe in a gap.

# %% [markdown] locked="the-quietest-exhibit"
# ## The quietest exhibit
#
# Back to the sum. Of all the terms of $dW_h$ it keeps one, that of the first step: $h_0^\top da$. And `train` starts every
# sequence from $h_0 = 0$.

# %%
guess.choose("frozen", "How far has its W_h moved after six hundred updates?", "as far as it should", "a little", "not at all")


# %%
def W_h_frozen(dh, cache):
    dx, dh0, dW_x, dW_h, db = rnn_backward(dh, cache)
    return dx, dh0, dW_x, 0 * dW_h, db


def readout_only(dh, cache):
    return [0 * gradient for gradient in rnn_backward(dh, cache)]


def watched_sum(dh, cache):
    gradients = broken_sum(dh, cache)
    largest.append(np.abs(gradients[3]).max())
    return gradients


largest, rows = [], []
for name, backward in {"the right gradient": rnn_backward, "right, but for W_h, which is frozen": W_h_frozen,
                       "the sum": watched_sum, "readout only": readout_only}.items():
    rows.append((name, *(np.mean([passes.train_on_echo(rnn_forward, backward, delay, seed)[-20:] for seed in range(3)])
                         for delay in (1, 2))))
print(f"The largest entry of the sum's dW_h in {len(largest):,} updates: {max(largest)}")
figures.table("The loss after training, the mean of three networks", {"": "", "delay 1": ".4f", "delay 2": ".4f"}, rows)

# %%
guess.reveal("frozen", "not at all" if max(largest) == 0 else "a little" if max(largest) < 1e-3 else "as far as it should")

# %% [markdown] locked="frozen"
# Not at all. In every update, every entry of $dW_h$ was zero: not small, zero. One innocent-looking = has frozen the one
# matrix that makes the network recurrent, and the loss falls anyway.
#
# What brings it down is the rest. $W_x$ and $b$ learn from their first term, the readout from all of its own. A random $W_h$
# makes states in which an input of one or two steps ago can still be found. In the mean of three networks the sum ends
# several times as high as the right gradient, but 0.003 looks like success to anybody who has no right one beside it.
#
# Some do it on purpose. A network whose $W_h$ stays as it was drawn, and whose readout alone is trained, is called an
# *echo state network* (Jaeger 2001). It is the old distinction again: for them it is an approximation, here it is a bug.

# %% [markdown] locked="what-we-know"
# ## What we know now
#
# - A loss that goes down does not say that the gradient is right. It does not even say that every weight has one.
# - The judge says that it is wrong. Four questions say where: T = 1 or the loop? Which arrays? From which step on? Which
#   block?
# - `db` is a window on `da`: if it is wrong, so is `da`. The last wrong step of `dx` is where the mistake begins.
# - A check is only as good as its inputs: random upstream gradients at every state, random initial states and biases, more
#   than one step, fresh copies.
# - Right numbers are not everything: a function that changes what it was given is right once.
# - The judge compares a gradient with its own forward pass. Whether that is the right one, a second witness says.
#
# **What still does not work.** An LSTM has many places to go wrong: three gates and a candidate, two states, two
# carries. Is all of that needed? Lesson 09 takes some of it away.

# %%
guess.score()

# %% [markdown] locked="read-on"
# ## Read on
#
# - Stanford's CS231n, the notes on *gradient checks* (cs231n.github.io/neural-networks-3). What size of error means what.
# - Karpathy, *A recipe for training neural networks*, 2019 (karpathy.github.io). Why a network with a bug fails silently.
# - Jaeger, *The "echo state" approach to analysing and training recurrent neural networks*, GMD Report 148, 2001. How far
#   one comes with a $W_h$ that never moves.

# %%
figures.end_of_lesson(8, "A loss that goes down does not even show that every weight has a gradient.")

# %% [markdown] locked="onward"
# [← 07 · Backpropagation through the LSTM](../07_backpropagation_through_the_lstm/07_backpropagation_through_the_lstm.ipynb) · [map of the course](../00_start_here/00_start_here.ipynb) · [09 · The GRU and its cousins →](../09_the_gru_and_its_cousins/09_the_gru_and_its_cousins.ipynb)
