# ---
# jupyter:
#   kernelspec:
#     display_name: Python 3 (ipykernel)
#     language: python
#     name: python3
# ---

# %% [markdown] locked="title"
# # 06 · The LSTM
#
# [← 04 · Vanishing and exploding](../04_vanishing_and_exploding/04_vanishing_and_exploding.ipynb) · [map of the course](../00_start_here/00_start_here.ipynb) · [07 · Backpropagation through the LSTM →](../07_backpropagation_through_the_lstm/07_backpropagation_through_the_lstm.ipynb)
#
# **The question.** The network of lesson 02 makes its state anew at every step. Whatever it wants to keep has to
# survive a matrix and a tanh, again and again, and the gradient of lesson 03 goes back the same way. Can a network
# keep something by leaving it alone?
#
# **What you will write.** The gates of an LSTM, one step, the loop around it, weights that make it count, and a few sentences
# on why its memory is not squashed. Eighteen points, about an hour and three quarters.
#
# **What you need.** `rnn_step` from lesson 02 and `sigmoid` from lesson 01. We import ours.

# %% [markdown] locked="from-memory"
# **From memory.** Answer on paper, then open.
#
# <details><summary>1. Lesson 03: which two gradients meet at a state?</summary>
#
# One from above, from a readout or a loss, and the carry, from the step after it.
#
# </details>
# <details><summary>2. Lesson 02: a state is multiplied by 0.9 at each of sixty steps. How much is left, about?</summary>
#
# Less than two thousandths: $0.9^{60} = 0.0018$.
#
# </details>
# <details><summary>3. Lesson 01: between which numbers does a sigmoid lie, and between which a tanh?</summary>
#
# 0 and 1, and -1 and 1.
#
# </details>

# %%
import numpy as np

from rnnkit import available, check, figures, guess, pencil, rnn_step, sigmoid, yours

rng = np.random.default_rng(6)

# %% [markdown] locked="everything-is-rewritten"
# ## Everything is rewritten
#
# Here is the network that you have. Follow one number from $h_0$ to $h_4$: it goes through $W_h$ and a tanh four
# times, whether anybody wants to change it or not.

# %%
figures.unrolled(steps=4, highlight="W_h")

# %% [markdown] locked="keep-a-number"
# In lesson 02 one unit kept a bit that way. Now let it keep a *number*. There is one unit, no input and no bias, so
# a step is $h_{\text{next}} = \tanh(w h)$, and the state is 0.5. You may choose the weight. There is one with which 0.5 stays
# 0.5 for ever: $w = \operatorname{arctanh}(0.5) / 0.5$ solves $h = \tanh(w h)$.

# %%
guess.choose("keep", "With that weight, what has become of a state of 0.2 after a hundred steps?",
             "it is still 0.2", "it has died away", "it has become 0.5")


# %%
def after(steps, start, w):
    """One unit's state after so many steps without input, and its slope in the start."""
    h, slope = np.array([[start]]), 1.0
    for _ in range(steps):
        h, _ = rnn_step(np.zeros((1, 1)), h, np.zeros((1, 1)), np.array([[w]]), np.zeros(1))
        slope *= w * (1 - h.item() ** 2)
    return h.item(), slope


rows = [(start, w, *after(100, start, w)) for w in (0.9, 1.0, np.arctanh(0.5) / 0.5) for start in (0.2, 0.5, 0.8)]
figures.table("One unit's state after a hundred steps",
              {"from": "", "with w": ".3f", "became": ".3f", "with the slope": ".0e"}, rows)

# %%
became = after(100, 0.2, np.arctanh(0.5) / 0.5)[0]
guess.reveal("keep", "it is still 0.2" if abs(became - 0.2) < 0.05 else "it has died away" if became < 0.1 else "it has become 0.5")

# %% [markdown] locked="keep-a-number-answer"
# 0.2 and 0.8 end at 0.5 as well. The unit has kept *its* number, not yours.
#
# The slopes say the same. Each says how far the end moves when the start moves a little. As in lesson 03, every step
# multiplies it by $w (1 - h_{\text{next}}^2)$. With that weight, a gradient that comes back over the hundred steps
# arrives ten million to a billion times smaller, and nobody learns what to store.

# %% [markdown] locked="add-instead"
# ## Add instead
#
# Where is the fault? Not in what tanh does once. It is in doing it *to the memory*, at every step. So give the network
# a second state that nothing is done to. Call it the **cell state**, $c$. A step may only *add* to it:
#
# $$g = \tanh(x W_x + h W_h + b) \qquad\qquad c_{\text{next}} = c + g$$
#
# The first equation is your old step. Its result used to be the new state. Now it is a proposal: what could be added. It
# is called the **candidate**.
#
# The rest of the network reads $h = \tanh(c)$, so that it sees a tame number. But that tanh is on a side road. The
# next step goes on from $c$, not from its tanh.
#
# If the candidate is zero, then $c_{\text{next}} = c$, to the last bit. And with $h$ held still,
# $\partial c_{\text{next}} / \partial c$ is 1. A hundred such factors multiply to 1. (The candidate listens to $h$, and
# $h$ comes from $c$. Lesson 07 follows that second route.)

# %%
for start in (0.2, 0.5, 0.8):
    c = start
    for _ in range(100):
        c = c + np.tanh(0.0)
    print(f"{start} becomes {c}")

# %% [markdown] locked="somebody-talks"
# That was easy, because nobody spoke. Now the unit hears 0.5, and then a hundred numbers that are none of its
# business. Its candidate is the tanh of what it hears.

# %%
values = np.concatenate([[0.5], 0.3 * rng.standard_normal(100)])
print(f"meant to be kept: {np.tanh(values[0]):.3f}   kept: {np.tanh(values).sum():.3f}")

# %% [markdown] locked="a-gate"
# ## A gate
#
# Everything that comes in is added up. What is missing is a way to say *now*, and *not now*. That takes a number
# between 0 and 1 for each unit, to multiply the candidate with. Who knows whether it is time? Only somebody who looks at
# the input and the state. So the number is computed from them, with weights of its own:
#
# $$i = \sigma(x W_{xi} + h W_{hi} + b_i) \qquad\qquad c_{\text{next}} = c + i \odot g$$
#
# This is a **gate**: the input gate. The sigmoid makes it a share, from nothing to all. (With a tanh it could also be minus
# one, and flip the sign of what it multiplies. Lesson 13 finds a use for that.) And not a switch that is 0 or 1, for a
# switch has no slope, and then nothing could learn when to open it.
#
# Give our unit a second input, a marker, which is 1 at the value to be kept and 0 elsewhere. The gate listens to the
# marker:

# %%
marker = np.zeros(101)
marker[0] = 1
i = sigmoid(16 * marker - 8)
print(f"meant to be kept: {np.tanh(values[0]):.3f}   kept: {(i * np.tanh(values)).sum():.3f}")
print(f"gate at the marker {i[0]:.4f}, elsewhere {i[1]:.4f}")

# %% [markdown] locked="1997-and-2000"
# One gate says what comes in. A second one says what goes out: the **output gate** $o$, made in the same way,
# with $h = o \odot \tanh(c)$. A memory that is of no use yet need not disturb anybody.
#
# Two gates, a candidate, a cell state that is only added to: in all that matters here, this is the LSTM that
# Hochreiter and Schmidhuber published in 1997. *Long short-term memory*: it is short-term, for it lives in a state and
# not in the weights, and it lasts.
#
# Sometimes it lasts too long. On a text that does not end, nothing is ever cleared away. In 2000 Gers, Schmidhuber
# and Cummins added a third gate, which multiplies the old cell state: the **forget gate**. Its name is upside down. At 1
# it keeps, at 0 it forgets.
#
# $$c_{\text{next}} = f \odot c + i \odot g$$
#
# The cell of 1997 is this one with $f = 1$. Below, both read two hundred sentences. In each a bracket opens and is never
# closed, and a semicolon ends it: there the forget gate shuts. The gates are perfect here, 0 or 1.

# %%
c_1997 = c_2000 = 0.0
for symbol in 200 * "a(b;":
    i, f, g = float(symbol == "("), float(symbol != ";"), 1.0
    c_1997 = c_1997 + i * g
    c_2000 = f * c_2000 + i * g
print(f"open brackets, after the last semicolon: 1997 says {c_1997}, 2000 says {c_2000}")

# %% [markdown] locked="how-it-grew"
# Watch it grow. Here is one drawing in four states, and below each the experiment that asked for the gate: the three from
# above, and one for the output gate. There a unit that has been told to keep a number is asked for it at the very end,
# and until then should hold its tongue.

# %%
figures.growing_cell(values)

# %% [markdown] locked="three-gates"
# ## Three gates and a candidate
#
# Here it is, the whole cell. For a batch, $x$ is $(N, D)$, and $h$, $c$, $i$, $f$, $g$, $o$ are all $(N, H)$.
#
# $$\begin{aligned}
# i &= \sigma(x W_{xi} + h W_{hi} + b_i) && \text{how much to let in} \\
# f &= \sigma(x W_{xf} + h W_{hf} + b_f) && \text{how much to keep} \\
# g &= \tanh(x W_{xg} + h W_{hg} + b_g) && \text{what to let in} \\
# o &= \sigma(x W_{xo} + h W_{ho} + b_o) && \text{how much to show} \\[4pt]
# c_{\text{next}} &= f \odot c + i \odot g \\
# h_{\text{next}} &= o \odot \tanh(c_{\text{next}})
# \end{aligned}$$
#
# You will often read that an LSTM has four *layers*. It has, if a layer is a matrix, a bias and a squashing function: three
# with a sigmoid and one with a tanh, our four blocks. You will also read that it has four *gates*. It has three, and a
# candidate. A gate is a share and lies between 0 and 1. The candidate is content: it lies between -1 and 1, and with a
# negative one the memory can go *down*.
#
# Four times the same shape, so the four matrices are kept side by side in one, in blocks of $H$ columns:
#
# $$W_x = [\,W_{xi}\;\; W_{xf}\;\; W_{xg}\;\; W_{xo}\,], \quad (D, 4H)$$
#
# and $W_h$ is $(H, 4H)$, $b$ is $(4H,)$. One product instead of four gives the same numbers:

# %%
N, D, H = 3, 4, 6
x, h = rng.standard_normal((N, D)), rng.standard_normal((N, H))
W_x, W_h = 0.5 * rng.standard_normal((D, 4 * H)), 0.5 * rng.standard_normal((H, 4 * H))
b = rng.standard_normal(4 * H)

block = {name: slice(k * H, (k + 1) * H) for k, name in enumerate("ifgo")}
together = x @ W_x + h @ W_h + b
for name, columns in block.items():
    alone = x @ W_x[:, columns] + h @ W_h[:, columns] + b[columns]
    difference = np.abs(together[:, columns] - alone).max()
    print(f"{name}: columns {columns.start:2} to {columns.stop:2}, difference {difference:.0e}")

g = block["g"]
old_step, _ = rnn_step(x, h, W_x[:, g], W_h[:, g], b[g])
difference = np.abs(np.tanh(together[:, g]) - old_step).max()
print(f"the candidate, against your old step with its block: difference {difference:.0e}")

# %% [markdown] locked="card-lstm-gates"
# ### Exercise: `lstm_gates`
#
# 4 points · 15 minutes · needs the first four of the six equations
#
# Return the three gates and the candidate, in the order of their blocks: i, f, g, o.
#
# <details><summary>Hint 1: where to begin</summary>
# Compute the sum for all four blocks at once. Its shape is (N, 4H).
# </details>
# <details><summary>Hint 2: cutting it</summary>
# <code>np.split(a, 4, axis=1)</code> cuts an array into four blocks of columns. Or use slices, with <code>H = W_h.shape[0]</code>.
# </details>
# <details><summary>Hint 3: almost the answer</summary>
# <code>a_i, a_f, a_g, a_o = np.split(...)</code>. Three of them go through <code>sigmoid</code>, one through <code>np.tanh</code>.
# </details>


# %% answer="lstm_gates"
def lstm_gates(x, h, W_x, W_h, b):
    """The three gates and the candidate of an LSTM.

    x: (N, D). h: (N, H). W_x: (D, 4H), W_h: (H, 4H), b: (4H,), in blocks i, f, g, o.

    Returns i, f, g, o, each (N, H).
    """
    ### BEGIN SOLUTION
    a_i, a_f, a_g, a_o = np.split(x @ W_x + h @ W_h + b, 4, axis=1)
    i, f, g, o = sigmoid(a_i), sigmoid(a_f), np.tanh(a_g), sigmoid(a_o)
    ### END SOLUTION
    return i, f, g, o


# %% check="lstm_gates" points=4
check(lstm_gates, points=4)

# %% [markdown] locked="card-lstm-step"
# ### Exercise: `lstm_step`
#
# 4 points · 10 minutes · needs your `lstm_gates`, and the last two of the six equations
#
# Two states go in and two come out. The stub proposes a cache with what the way back will want to know in lesson 07. You may
# keep something else; no check looks inside.
#
# <details><summary>Hint 1: where to begin</summary>
# Get the four from <code>lstm_gates</code>. The rest is one line for each state, entry by entry: <code>*</code>, not <code>@</code>.
# </details>
# <details><summary>Hint 2: which c?</summary>
# Keep a share of the old one, add a share of the candidate: that is the new one. What is shown is the new one.
# </details>
# <details><summary>Hint 3: almost the answer</summary>
# <code>c_next = f * c + ...</code>, and the output gate multiplies <code>np.tanh(c_next)</code>.
# </details>


# %% answer="lstm_step"
def lstm_step(x, h, c, W_x, W_h, b):
    """One step of an LSTM: the new hidden state and the new cell state.

    x: (N, D). h, c: (N, H). W_x: (D, 4H), W_h: (H, 4H), b: (4H,), in blocks i, f, g, o.

    Returns h_next (N, H), c_next (N, H), and a cache for the backward pass:
    x, h, c, i, f, g, o, c_next, W_x, W_h.
    """
    ### BEGIN SOLUTION
    i, f, g, o = lstm_gates(x, h, W_x, W_h, b)
    c_next = f * c + i * g
    h_next = o * np.tanh(c_next)
    ### END SOLUTION
    return h_next, c_next, (x, h, c, i, f, g, o, c_next, W_x, W_h)


# %% check="lstm_step" points=4
check(lstm_step, points=4)

# %% [markdown] locked="by-hand"
# **By hand.** One unit, with $c = 2$. The gates are $i = 0.5$, $f = 0.9$, $o = 1$, and the candidate is $g = -0.4$. What is the
# new cell state? (Then look up what it shows: it is the tanh of that.)

# %%
mine = None


def logit(gate):
    """What has to go into a sigmoid for this to come out."""
    return np.log(gate / (1 - gate))


b_hand = np.array([logit(0.5), logit(0.9), np.arctanh(-0.4), 40])
_, c_hand, _ = yours(lstm_step)(*np.zeros((2, 1, 1)), np.full((1, 1), 2.0), *np.zeros((2, 1, 4)), b_hand)
pencil(mine, c_hand.item(), {"the input gate multiplies the old state as well": 0.5 * 2 + 0.5 * -0.4,
                             "nothing is forgotten": 2 + 0.5 * -0.4, "the sign of the candidate is lost": 0.9 * 2 + 0.5 * 0.4,
                             "the candidate comes in whole": 0.9 * 2 - 0.4})

# %% [markdown] locked="look-inside"
# ## Look inside
#
# This is your step at work. One unit reads a short text, a symbol at a time. Every line has a color and a width that say
# what it carries. A gate is a valve: two jaws that leave as much of the way free as the gate says. Move the
# slider, click on a symbol, or press play.
#
# We set the weights by hand, so that the unit counts the brackets that are open. (The picture has the forget gate first,
# where the cell state meets it. The arrays keep the order i, f, g, o.) What to look for:
#
# - **Step 5** reads a bracket. The input gate opens, the candidate is +1, and $c$ goes from 2 to 3.
# - **Step 6** reads a letter. The input gate is shut, so $c$ does not move. The output gate opens and shows that the
#   letter stands inside brackets.
# - **Step 7** reads a closing bracket. The candidate is -1: a purple line goes up into the sum, and $c$ goes down.
# - **Step 11** reads a semicolon. Here the forget gate shuts, and a bracket that nobody closed is gone.
#
# Then choose the random weights, as they are before training. No gate is open and none is shut, and nothing is kept for
# long.

# %%
figures.lstm_explorer(yours(lstm_step), yours(lstm_gates))

# %% [markdown] locked="hidden-says-less"
# Compare the two rows of numbers. At depths 1, 2 and 3 the cell state says 1, 2 and 3. The hidden state says 0.7, 0.9
# and 1.0, and further up it will not be able to tell one depth from the next.
#
# One more thing is in this cell that you cannot see: its $W_h$ is zero. A network of lesson 02 with $W_h = 0$ knows the
# last symbol and nothing else. This one counts. Its memory is not in $W_h$.

# %% [markdown] locked="card-lstm-forward"
# ### Exercise: `lstm_forward`
#
# 4 points · 10 minutes · needs your `lstm_step`, and the loop of lesson 02 with a second state in it
#
# <details><summary>Hint 1: where to begin</summary>
# Two variables hold the current states. Before the loop they are <code>h0</code> and <code>c0</code>.
# </details>
# <details><summary>Hint 2: collecting</summary>
# Three lists: hidden states, cell states, caches. <code>np.stack</code> makes an array of the first two.
# </details>
# <details><summary>Hint 3: almost the answer</summary>
# In the loop: <code>h_t, c_t, step_cache = lstm_step(x_t, h_t, c_t, W_x, W_h, b)</code>.
# </details>


# %% answer="lstm_forward"
def lstm_forward(x, h0, c0, W_x, W_h, b):
    """The step at every time, each from the two states that the last one left.

    x: (T, N, D). h0, c0: (N, H), the states before the first step.
    W_x: (D, 4H), W_h: (H, 4H), b: (4H,), in blocks i, f, g, o.

    Returns h and c, both (T, N, H), the states after every step, and a list with the cache of every step.
    """
    ### BEGIN SOLUTION
    h_t, c_t, h, c, cache = h0, c0, [], [], []
    for x_t in x:
        h_t, c_t, step_cache = lstm_step(x_t, h_t, c_t, W_x, W_h, b)
        h.append(h_t)
        c.append(c_t)
        cache.append(step_cache)
    return np.stack(h), np.stack(c), cache
    ### END SOLUTION


# %% check="lstm_forward" points=4
check(lstm_forward, points=4)

# %% [markdown] locked="card-bracket-counter"
# ## Your own counter
#
# In the figure the weights were ours. Now set them. The input has four lines, one of which is 1 at every step: an opening
# bracket, a closing bracket, a semicolon, any other letter. The first cell state is to be the number of open brackets, to the
# nearest whole number. A semicolon sets it back to zero. A bracket that was not opened is never closed.
#
# ### Exercise: `bracket_counter`
#
# 3 points · 15 minutes · needs the six equations, and the order i, f, g, o
#
# There are many right answers. The check runs your weights on random texts, short ones and long ones.
#
# <details><summary>Hint 1: where to begin</summary>
# One unit, W_h = 0 and b = 0. Then W_x has a row for each symbol and a column for each block. Make a table: at which symbol is
# each gate open, and what is the candidate?
# </details>
# <details><summary>Hint 2: open, shut, plus one</summary>
# A sigmoid is open at 40 and shut at -40, to the last digit. At 5 it is at 0.993, and a count leaks away. A tanh is 1 at 20.
# </details>
# <details><summary>Hint 3: almost the answer</summary>
# The row of the opening bracket is 40, 40, 20, 0: let in, keep, plus one. The output gate does not matter here.
# </details>


# %% answer="bracket_counter"
def bracket_counter():
    """Weights of an LSTM whose first cell state is the number of open brackets.

    The input is one-hot: opening bracket, closing bracket, semicolon, any other letter. The initial states are zero.
    The number of units, K, is yours to choose.

    Returns W_x (4, 4K), W_h (K, 4K), b (4K,), in blocks i, f, g, o.
    """
    ### BEGIN SOLUTION
    W_x = np.array([[40.0, 40, 20, 0],      # (: let in, keep, plus one
                    [40.0, 40, -20, 0],     # ): let in, keep, minus one
                    [-40.0, -40, 0, 0],     # ;: let nothing in, keep nothing
                    [-40.0, 40, 0, 0]])     # a letter: let nothing in, keep
    W_h, b = np.zeros((1, 4)), np.zeros(4)
    ### END SOLUTION
    return W_x, W_h, b


# %% check="bracket_counter" points=3
check(bracket_counter, points=3)

# %% [markdown] locked="how-high"
# ## How high can it count?
#
# Here is the smallest counter: one unit, one input that is +1 for an opening bracket and -1 for a closing one. The input
# gate and the output gate stand wide open. The forget gate stands where its bias puts it.

# %%
guess.place("thousand", "The forget gate is at 0.99, and a thousand brackets open. What is the cell state?", 1, 1e4, within=2)

# %%
forward = yours(lstm_forward)


def counted(brackets, f):
    """The states h and c after each bracket, with a forget gate that always stands at f."""
    W_x, W_h = np.array([[0.0, 0, 20, 0]]), np.zeros((1, 4))
    b = np.array([40, np.log(f / (1 - f)) if f < 1 else 40, 0, 40])
    zero = np.zeros((1, 1))
    h, c, _ = forward(brackets.reshape(-1, 1, 1), zero, zero, W_x, W_h, b)
    return h.ravel(), c.ravel()


opening = np.ones(1000)
counts = {f: counted(opening, f)[1] for f in (0.5, 0.9, 0.99, 0.999, 1)}
limits = {f: f"*f* = {f}, limit {1 / (1 - f):.0f}" if f < 1 else "*f* = 1, no limit" for f in counts}
figures.growth("A forget gate at *f* counts to *1 / (1 - f)*, and no further", "opening brackets read", "cell state",
               {limits[f]: c for f, c in counts.items()})

# %%
guess.reveal("thousand", counts[0.99][-1])

# %% [markdown] locked="how-high-answer"
# A hundred. Every step takes a share of $1 - f$ away from what is there, and at $c = 1 / (1 - f)$ that is as much as the
# step brings. Written out, $c = 1 + f + f^2 + \dots$, a geometric series. (At 0.999 it is on its way to 1000, and a
# thousand brackets are not enough to get there.)
#
# Turn it round, and you have a rule: a forget gate at $f$ remembers about $1 / (1 - f)$ steps. After so many, about
# 37 % is left of what was there: $0.99^{100} = 0.37$. To remember a thousand, the gate has to be at 0.999. *Open* is
# not enough.
#
# Now leave it at 1, open a thousand brackets, and close them all.

# %%
h, c = counted(np.concatenate([opening, -opening]), f=1)
figures.table("A thousand brackets open, then all of them close", {"step": "", "c": ".1f", "h": ".16f"},
              [(step, c[step - 1], h[step - 1]) for step in (1, 2, 20, 1000, 2000)])

# %% [markdown] locked="unbounded"
# **$c$ has no bound, and $h$ has one.** A gate is below 1 and a tanh is below 1, so $|h| < 1$ for any weights and any
# input. (The computer rounds: from step 20 on it is 1 to the last digit.) But $c$ may grow by nearly one at every step, as
# long as the sequence goes on. A state that is squashed on its way cannot do that.
#
# It has consequences. Take $a^n b^n$: some a's, then as many b's. Weiss, Goldberg and Yahav (2018) trained LSTMs to recognize
# it, and they learned to count, further than they had been trained to. How much further a *trained* counter goes is
# contested. Lesson 11 measures it.

# %% [markdown] locked="cannot-say"
# **Counting in ones, this unit cannot say what it knows.** Look at steps 20 and 1000. The hidden state is the same in all
# sixteen digits, and the hidden state is all that the rest of the network sees, its own gates included. It can say when
# there is no bracket left, at step 2000, and for closing brackets that is what matters.

# %%
guess.choose("readable", "Let the unit add 0.001 for a bracket, and not 1. Can a reader of h tell 20 brackets from 1000 now?",
             "yes", "no")

# %%
small, _ = counted(np.concatenate([opening, -opening]) * np.arctanh(0.001) / 20, f=1)
figures.table("The same brackets, counted in thousandths", {"step": "", "h": ".6f"},
              [(step, small[step - 1].round(6) + 0) for step in (1, 2, 20, 1000, 1980, 2000)])

# %%
guess.reveal("readable", "yes" if small[999] - small[19] > 0.01 else "no")

# %% [markdown] locked="small-steps"
# Now every depth shows, up to 0.76 at a thousand. It is a matter of the unit of measure: an LSTM that counts in small
# steps can be read, as long as somebody knows beforehand how far it will have to count. Lesson 09 lets one unit read
# another.

# %% [markdown] locked="two-notations"
# ## Two notations, one cell
#
# Open two textbooks and you will find two LSTMs. One writes rows, with a matrix for the input and one for the state, as
# we do. Its $X_t$ and $H_{t-1}$ are our $x$ and $h$:
#
# $$I_t = \sigma(X_t W_{xi} + H_{t-1} W_{hi} + b_i)$$
#
# The other writes columns, puts the state on top of the input, and has one matrix for both:
#
# $$i_t = \sigma(W_i\,[h_{t-1}, x_t] + b_i)$$
#
# Lay the first one on its side. A product of rows becomes a product of columns when everything is transposed and the
# order is turned round, so $(H_{t-1} W_{hi})^\top = W_{hi}^\top H_{t-1}^\top$. Two products that are added are one product
# with the matrices side by side and the columns on top of each other. So
#
# $$W_i = [\,W_{hi}^\top\;\; W_{xi}^\top\,], \quad (H, H + D).$$
#
# In numbers, for the three gates and the candidate:

# %%
gates = yours(lstm_gates)
x, h = rng.standard_normal((N, D)), rng.standard_normal((N, H))
rows = dict(zip("ifgo", gates(x, h, W_x, W_h, b), strict=True))
state_on_input = np.vstack([h.T, x.T])
for name, columns in block.items():
    W = np.hstack([W_h[:, columns].T, W_x[:, columns].T])
    squash = np.tanh if name == "g" else sigmoid
    in_columns = squash(W @ state_on_input + b[columns][:, None])
    difference = np.abs(in_columns.T - rows[name]).max()
    print(f"{name}: W is {W.shape}, the result is {in_columns.shape}, difference {difference:.0e}")

# %% [markdown] locked="other-names"
# Some write $[x_t, h_{t-1}]$. Then the two parts of $W_i$ change places as well. Which way round is free, as long as both
# have the same. The names differ too:
#
# | here | elsewhere |
# | --- | --- |
# | cell state $c$ | $C_t$, $s_t$; memory, internal state |
# | candidate $g$ | $\tilde C_t$, $\tilde c_t$; candidate memory, cell input |
# | hidden state $h$ | $H_t$; output, short-term memory |
#
# None of this changes a number. One thing does, and you will meet it at the end of this lesson.

# %% [markdown] locked="pytorch"
# ## Against PyTorch and Keras
#
# Your cell is `torch.nn.LSTM`, and it is `keras.layers.LSTM`. PyTorch keeps its matrices transposed, and has two biases that
# add, so the second gets zeros. Keras keeps its matrices as we do, has one bias, and wants the batch before the time.

# %%
T = 7
x = rng.standard_normal((T, N, D))
h0, c0 = rng.standard_normal((N, H)), rng.standard_normal((N, H))
h, c, _ = forward(x, h0, c0, W_x, W_h, b)

if torch := available("torch"):
    layer = torch.nn.LSTM(D, H, dtype=torch.float64)
    ours = {"weight_ih_l0": W_x.T, "weight_hh_l0": W_h.T,
            "bias_ih_l0": b, "bias_hh_l0": np.zeros(4 * H)}
    layer.load_state_dict({name: torch.tensor(array) for name, array in ours.items()})
    initial = torch.tensor(h0)[None], torch.tensor(c0)[None]
    h_torch, (_, c_torch) = layer(torch.tensor(x), initial)
    print(f"torch.nn.LSTM, every hidden state:  largest difference {np.abs(h - h_torch.detach().numpy()).max():.0e}")
    print(f"torch.nn.LSTM, the last cell state: largest difference {np.abs(c[-1] - c_torch.detach().numpy()).max():.0e}")

# %%
if keras := available("keras"):
    keras.config.set_floatx("float64")
    layer = keras.layers.LSTM(H, return_sequences=True)
    layer.build((N, T, D))
    layer.set_weights([W_x, W_h, b])
    h_keras = keras.ops.convert_to_numpy(layer(x.swapaxes(0, 1), initial_state=[h0, c0])).swapaxes(0, 1)
    print(f"keras.layers.LSTM, every hidden state: largest difference {np.abs(h - h_keras).max():.0e}")

# %% [markdown] locked="the-order"
# (Keras rounds some of its products to single precision, as in lesson 02.) That went smoothly because both keep their blocks in
# our order. Transposes, rows or columns, one bias or two: all of
# that shows in the shapes. But nothing in an array of shape $(D, 4H)$ says which block is which, and people do not agree:
#
# | order | who |
# | --- | --- |
# | i f g o | PyTorch, cuDNN, Keras, this course |
# | i f o g | Stanford's course CS231n, and much that was learned from it |
# | i o f g | ONNX |
#
# Somebody hands you the weights of a trained LSTM in another order, and you run them as they are.

# %%
guess.choose("order", "What happens?", "an error", "a warning", "nothing: it says something else")


# %%
def reordered(array, have, want):
    """The array with its four blocks, which lie in the order `have`, put into the order `want`."""
    blocks = dict(zip(have, np.split(array, 4, axis=-1), strict=True))
    return np.concatenate([blocks[name] for name in want], axis=-1)


rows = []
for order in ("ifgo", "ifog", "iofg"):
    theirs = [reordered(array, "ifgo", order) for array in (W_x, W_h, b)]
    as_they_are, _, _ = forward(x, h0, c0, *theirs)
    put_back, _, _ = forward(x, h0, c0, *(reordered(array, order, "ifgo") for array in theirs))
    rows.append((" ".join(order), np.abs(as_they_are - h).max(), np.abs(put_back - h).max()))
figures.table("How far h is off", {"their order": "", "weights as they are": ".2f", "put into our order": ".0e"}, rows)

# %%
guess.reveal("order", "nothing: it says something else" if rows[1][1] > 0.01 else "an error")

# %% [markdown] locked="the-order-answer"
# No error, and no warning. Every shape fits, every $h$ lies between -1 and 1, and the network says something else.
# If you *train* with your own order, you will never notice: the weights grow into the places where you look for them. It
# shows only when weights change hands. **Of all the ways in which two LSTMs can differ on paper, the order of the blocks
# is the one that decides whether their weights can be exchanged.** So ask for it first, and compare one output.

# %% [markdown] rubric="why-not-squashed"
# ### In your own words: why is the cell state not squashed on its way?
#
# 3 points · 10 minutes · graded by hand · needs the sections *Everything is rewritten* and *How high can it count?*
#
# A friend worries that $c$ may grow without end, and writes $c_{\text{next}} = \tanh(f \odot c + i \odot g)$ to be safe.
# The program runs, and every number is tame. In five to ten sentences, explain what they lose, and why $c$ may be left
# alone.
#
# What earns the points:
#
# - 1 point: says what a tanh at every step does to a value that nobody wants to change, and supports it with a number or an
#   experiment from this lesson.
# - 1 point: says what it does to the gradient that comes back along the cell state, or to counting.
# - 1 point: says why an unbounded $c$ does no harm: where the squashing takes place instead, and which gate can make $c$ smaller.

# %% [markdown] essay="why-not-squashed" points=3
# ### BEGIN SOLUTION
# A tanh does something to every number but zero, whether or not anybody wants to write. With f = 1 and i = 0 the friend's
# cell computes c = tanh(c), and after a hundred steps 0.2, 0.5 and 0.8 have become 0.10, 0.12 and 0.12. That is the row
# for w = 1 in the first table. The value has shrunk, and worse, the three can hardly be told apart. Without the tanh all
# three are still there, to the last bit.
#
# On the way back each tanh multiplies the gradient by a slope below 1. In the same row the slopes are between 0.1 and
# 0.003 after a hundred steps, and they would be worse for larger states. Without the tanh the factor along the cell
# state is f, and f can be 1. Counting goes too: a squashed state cannot get past 1, so it cannot tell three open
# brackets from four.
#
# And nobody needs the safety. The rest of the network never sees c, it sees h = o * tanh(c), and that is below 1. The
# squashing is on the side road, where it happens once for every look and does not pile up. If c is too large to be of
# use, the forget gate can shrink it, but when the network decides and not at every step.
# ### END SOLUTION

# %% [markdown] locked="what-we-know"
# ## What we know now
#
# - An LSTM is your RNN with a second state. The old step makes a candidate. A gate lets it in, a gate keeps what was
#   there, a gate shows it.
# - The cell state is added to, not rewritten. With the forget gate at 1 and the input gate at 0 it stays as it is, to the
#   last bit. With the forget gate at $f$ it lasts about $1 / (1 - f)$ steps.
# - $|h| < 1$, and $c$ has no bound. That is how an LSTM counts.
# - Rows or columns, glued or apart: one cell. The order of the blocks is not a matter of notation.
# - Yours is `torch.nn.LSTM`, and Keras's.
#
# **What still does not work.** Nothing has been learned yet: we picked the weights again. Along the cell state the
# gradient is multiplied by $f$ at every step, and that can be 1. Where do forget gates stand before training? Below, the
# weights are drawn as PyTorch draws them, and the gates of a hundred random steps are multiplied.

# %%
H, D = 64, 16
shapes = (D, 4 * H), (H, 4 * H), (2, 4 * H)
W_x, W_h, two_biases = (rng.uniform(-1, 1, shape) / np.sqrt(H) for shape in shapes)
weights = W_x, W_h, two_biases.sum(axis=0)
x, h0, c0 = rng.standard_normal((100, 1, D)), np.zeros((1, H)), np.zeros((1, H))
h, _, _ = forward(x, h0, c0, *weights)
f = np.array([gates(x_t, h_t, *weights)[1] for x_t, h_t in zip(x, [h0, *h[:-1]], strict=True)])
kept = f.prod(axis=0)
print(f"the forget gates: {f.min():.2f} to {f.max():.2f}, on average {f.mean():.2f}")
print(f"a hundred of them, multiplied: {np.median(kept):.0e} in the median unit, at most {kept.max():.0e}")

# %% [markdown] locked="half-open"
# They stand half open, and a half to the power of a hundred is nothing. A cell that *can* keep everything begins its life by
# keeping nothing. What it takes to change that, and what else the gradient meets on its way, is lesson 07.

# %%
guess.score()

# %% [markdown] locked="read-on"
# ## Read on
#
# - Hochreiter and Schmidhuber, *Long short-term memory*, Neural Computation 9, 1997. The cell with two gates.
# - Gers, Schmidhuber and Cummins, *Learning to forget: continual prediction with LSTM*, Neural Computation 12, 2000. The
#   third gate, and why it was needed.
# - Olah, *Understanding LSTM networks*, 2015 (colah.github.io). The same cell, one gate lit at a time.

# %%
figures.end_of_lesson(6, "An LSTM can count without bound because its cell state is added to, and never squashed on its way.")

# %% [markdown] locked="onward"
# [← 04 · Vanishing and exploding](../04_vanishing_and_exploding/04_vanishing_and_exploding.ipynb) · [map of the course](../00_start_here/00_start_here.ipynb) · [07 · Backpropagation through the LSTM →](../07_backpropagation_through_the_lstm/07_backpropagation_through_the_lstm.ipynb)
