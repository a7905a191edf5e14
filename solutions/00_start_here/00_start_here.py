# ---
# jupyter:
#   kernelspec:
#     display_name: Python 3 (ipykernel)
#     language: python
#     name: python3
# ---

# %% [markdown] locked="title"
# # 00 · Start here
#
# [01 · Sequences and squashing →](../01_sequences_and_squashing/01_sequences_and_squashing.ipynb)
#
# <img src="../../docs/cell.svg" width="640" alt="One unit of an LSTM reads a(b((c)d)e;f(g)h and counts the brackets
# that are open. Its gates open and close, and every line shows its value as a color, a width and a number.">
#
# One unit of an LSTM reads a text and counts the brackets that are open. In lesson 06 you write it.
#
# In this course you build recurrent networks with your own hands, in plain NumPy: the forward passes, every backward
# pass, and the training. Then you hold what you built against PyTorch, and it agrees to the last digits. By then
# nothing in it will be a black box, because you wrote the box.

# %% [markdown] locked="run-a-cell"
# This page takes fifteen minutes. You see how a lesson works, how a check talks to you, and how arrays are written
# here.
#
# To run a cell, click it and press **Shift + Enter**. Start with this one. It draws the same unit, and you say which
# step it shows.

# %%
from rnnkit import figures, lstm_gates, lstm_step

figures.lstm_explorer(lstm_step, lstm_gates)

# %% [markdown] locked="what-is-installed"
# And this one says what is installed.

# %%
import platform

import numpy as np

from rnnkit import available, check, guess

print("Python", platform.python_version(), "and NumPy", np.__version__)
for package in ("matplotlib", "ipywidgets", "torch", "keras"):
    if module := available(package):
        print(f"{package} {module.__version__}")

# %% [markdown] locked="environment"
# If a line above says that something is missing, it also says what to do. Only NumPy is needed for the exercises. The
# others draw some of the pictures (matplotlib), make the buttons for your guesses (ipywidgets), and are what you compare
# yourself with (torch, keras).

# %% [markdown] locked="the-course"
# ## Where this goes
#
# Fourteen lessons on one path. First the plain recurrent cell. Then why it forgets, and how it is trained all the
# same. Then the gates of the LSTM and the GRU, which were invented to fight forgetting. Then the world: GPUs,
# experiments, applications, and what came after.
#
# The picture fills up as you collect points. It reads them from your saved notebooks, so save (Ctrl + S), come back
# and run it again. It counts the checks. The points for an essay come from a person and
# stand beside them, as in *+3 by hand*. Click a lesson to open it. A dashed sign is a lesson that is
# still to come.

# %%
figures.course_map("..")

# %% [markdown] locked="the-guesses"
# Below the points, the course keeps another score: how often you guessed right before you looked.

# %%
guess.course("..")

# %% [markdown] locked="how-a-lesson-works"
# ## How a lesson works
#
# A lesson starts with a question that the last one left open. It derives something, lets you move it, and asks you to
# write it. In the first lessons the derivation is all there. Later, more and more of it is left to you.
#
# From lesson 01 on, three questions stand at the beginning. They are about the lessons before, and they are for your
# memory: what you have to look for, you keep.
#
# **Guess first** means: stop, and commit to an answer before you run on. The guess is worth more than it looks. A number
# that contradicts you is a number you remember. Here is the first one. Every step takes a tenth away.

# %%
guess.place("tenth", "Take 0.9 times itself, a hundred times. How much is left of 1?", 1e-8, 1)

# %%
left = 1.0
for _ in range(100):
    left *= 0.9
guess.reveal("tenth", left)

# %% [markdown] locked="exercises-and-checks"
# The point is your guess and the dot is the answer. A number counts as right if it lies in the blue part. Your guess is kept
# in a file beside the lessons, so that the course can count it. It is never graded, and nobody else sees it.
#
# Lesson 04 is about this number.
#
# **Exercises** have a card with the points, the time we allow for it, and what you need. Under the card there are
# hints, and each gives away more than the one before. Open one, try again, and only then open the next:
#
# <details><summary>Hint 1: click me</summary>
# That is how a hint opens. The next lessons have two to four under each card.
# </details>
#
# **By hand** asks for one number on paper, or with a pocket calculator. It earns no points. It shows you what the formulas mean.
#
# **Checks** run your function on random inputs and compare every number. You can run a check as often as you like.
#
# You never get stuck for good. Where your function is not right yet, the rest of the lesson goes on with ours, and
# says so.

# %% [markdown] locked="notation"
# ## How arrays are written here
#
# Five letters, the same in every lesson:
#
# | letter | what it counts |
# | --- | --- |
# | $T$ | time steps |
# | $N$ | sequences in a batch |
# | $D$ | numbers in the input of one step |
# | $H$ | hidden units |
# | $V$ | possible outputs, such as the words of a vocabulary |
#
# A batch of sequences is one array `x` of shape $(T, N, D)$. **Time comes first**, so that `x[t]` is the $x_t$ of the
# equations: the input of one step, for all the sequences at once. (Formulas count the steps from 1, Python counts from 0.
# So the $x_1$ of a formula is `x[0]`.)

# %%
figures.axes_of_x(T=5, N=3, D=4)

# %%
T, N, D = 5, 3, 4
x = np.arange(T * N * D).reshape(T, N, D)
print("x has shape", x.shape, "and x[2] has shape", x[2].shape)

# %% [markdown] locked="row-vectors"
# One sequence's input is a **row**. A matrix stands to the right of what it multiplies:
#
# $$a = x W + b$$
#
# In code it is `x @ W + b`. The line of code and the equation are the same line, here and in all that follows.
#
# With $N$ rows in the batch, $x$ is $(N, D)$. To make $H$ numbers out of $D$, the matrix $W$ has to be $(D, H)$. The
# two $D$'s meet and vanish, $(N, D)(D, H) \to (N, H)$. The bias $b$ has one number for each of the $H$ columns, and
# NumPy adds it to every row.

# %%
H = 6
W, b = np.ones((D, H)), np.arange(H)
print("x[2] has shape", x[2].shape, "and W", W.shape, "so x[2] @ W + b has shape", (x[2] @ W + b).shape)
print("and its first row is", (x[2] @ W + b)[0])

# %% [markdown] locked="gradients-by-name"
# One more habit: `dv` is the gradient of the loss with respect to `v`. So `dW` has the shape of `W`, always. You need
# it from lesson 03 on.

# %% [markdown] locked="a-check-talks"
# ## How a check talks
#
# Here is a function with a mistake in it. It was asked to compute $a = xW + b$. Read it, then run the check below it.


# %%
def affine(x, W, b):
    """a = x W + b for a batch of rows: x (N, D), W (D, H), b (H,). Returns a (N, H)."""
    return x @ W


check(affine, points=1)

# %% [markdown] locked="named"
# It does not only say *wrong*. It names the mistake. Open what is folded below, and it says how wrong.
#
# There is no magic in it. For each exercise we wrote down the mistakes that people make, each as a wrong version of
# the function. When your numbers are not the right ones, the check compares them with the numbers of each wrong
# version. If they are equal to one, it knows what happened.
#
# And if your mistake is a new one, it tells you what can be seen from outside: which result differs, at which step
# first, in how many entries, and by how much. Try it. Change `x @ W` above into `2 * x @ W`, run the cell again, and
# read.

# %% [markdown] locked="card-affine"
# ### Warm-up: `affine`
#
# 1 point · 2 minutes · needs the equation above
#
# <details><summary>Hint 1: where to begin</summary>
# Copy the function from above, and put back what the check says is missing.
# </details>
# <details><summary>Hint 2: almost the answer</summary>
# The bias has shape (H,). NumPy adds it to every row of an (N, H) array with a plain +.
# </details>


# %% answer="affine"
def affine(x, W, b):
    """a = x W + b for a batch of rows: x (N, D), W (D, H), b (H,). Returns a (N, H)."""
    ### BEGIN SOLUTION
    return x @ W + b
    ### END SOLUTION


# %% check="affine" points=1
check(affine, points=1)

# %% [markdown] locked="what-a-check-does"
# A full card says what you have built, and to how many digits it agrees with ours. Folded below are three things: that
# something was written and has the right shape, that the numbers were right for random inputs, and that the border
# cases hold too. Border cases are worth a part of the points, and so is each of
# several results, so a function that is mostly right earns most of them. Where a border case is worth more than a
# tenth, the card says so.
#
# A check writes nothing into your files and sends nothing anywhere. It is all there is to run: **Validate**, in the bar
# above, runs the whole notebook from top to bottom and lists what the checks find.

# %% [markdown] locked="what-we-know"
# ## What we know now
#
# - Run a cell with Shift + Enter. Guess before you run.
# - `x` is $(T, N, D)$, time first. Rows on the left: `x @ W + b`.
# - A check names the mistake if it knows it, and describes it if it does not.
#
# **What still does not work.** Everything. `x @ W + b` is a straight line, it has no memory, and it cannot learn. The
# next lesson bends the line.

# %%
figures.end_of_lesson(0, "The numbers of a wrong answer say which mistake it is. So a check can name it.")

# %% [markdown] locked="onward"
# [01 · Sequences and squashing →](../01_sequences_and_squashing/01_sequences_and_squashing.ipynb)
