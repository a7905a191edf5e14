# ---
# jupyter:
#   kernelspec:
#     display_name: Python 3 (ipykernel)
#     language: python
#     name: python3
# ---

# %% [markdown] locked="title"
# # 04 · Vanishing and exploding
#
# [← 03 · Backpropagation through time](../03_backpropagation_through_time/03_backpropagation_through_time.ipynb) · [map of the course](../00_start_here/00_start_here.ipynb) · [06 · The LSTM →](../06_the_lstm/06_the_lstm.ipynb)
#
# **The question.** Lesson 03 ended with a gradient that was right, and halved at every step. What decides whether a
# gradient comes back from far away, is lost on the way, or grows until it breaks the training?
#
# **What you will write.** The length of a gradient at every state, the one number that decides its fate, a start that
# delays it, and a remedy for the other half of the trouble. Fifteen points, about an hour and a half.
#
# **What you need.** One step backwards, from lesson 03, and products of matrices.

# %%
import numpy as np

import rnnkit
from rnnkit import (
    available,
    check,
    figures,
    guess,
    numerical_gradient,
    pencil,
    relative_error,
    rnn_backward,
    rnn_forward,
    rnn_step_backward,
    yours,
)

rng = np.random.default_rng(4)

# %% [markdown] locked="from-memory"
# **From memory.** Answer on paper, then open.
#
# <details><summary>1. One step backwards, with dh_next given: what is da, and what is dh?</summary>
#
# $da = dh_{\text{next}} \odot (1 - h_{\text{next}}^2)$ and $dh = da\, W_h^\top$.
#
# </details>
# <details><summary>2. A matrix is used at every one of T steps. How many terms has its gradient?</summary>
#
# One for each use, and they add up: $T$ of them, or $T - 1$ from $h_0 = 0$.
#
# </details>
# <details><summary>3. Lesson 02: what did the impulse do when the spectral radius was below 1?</summary>
#
# It died. The spectral radius is the size of the largest eigenvalue.
#
# </details>

# %% [markdown] locked="a-product"
# ## A product of matrices
#
# Let the loss look at the last state only. Then nothing is added on the way back. The step of lesson 03 is all there
# is, again and again:
#
# $$dh_{t-1} = \big(dh_t \odot (1 - h_t^2)\big)\, W_h^\top$$
#
# Read it the other way round, as a question about a small change of $h_{t-1}$. It goes through $W_h$, and then each
# unit multiplies it by its own slope:
#
# $$\frac{\partial h_t}{\partial h_{t-1}} = J_t = W_h\, \mathrm{diag}(1 - h_t^2)$$
#
# This is the **Jacobian** of one step: row $j$, column $k$ says how unit $k$ of $h_t$ answers to unit $j$ of
# $h_{t-1}$. The change that comes out of step $t$ goes into step $t + 1$. So over many steps the Jacobians are
# multiplied:
#
# $$\frac{\partial h_T}{\partial h_t} = J_{t+1}\, J_{t+2} \cdots J_T$$
#
# Below, that product over ten steps, and beside it the derivative as lesson 03 measures it.

# %%
T, D, H = 10, 3, 4
x, h0, W_x, W_h, b = (0.7 * rng.standard_normal(shape) for shape in [(T, 1, D), (1, H), (D, H), (H, H), (H,)])
h, _ = rnn_forward(x, h0, W_x, W_h, b)
product = np.eye(H)
for h_t in h:
    product = product @ (W_h * (1 - h_t ** 2))
measured = np.stack([numerical_gradient(lambda h0, k=k: rnn_forward(x, h0, W_x, W_h, b)[0][-1, 0, k], h0)[0]
                     for k in range(H)], axis=1)
error = relative_error(product, measured)
print(f"the product of ten Jacobians, against the measured derivative: relative error {error:.0e}")

# %% [markdown] locked="no-input-matrix"
# Look at what stands in the product: $W_h$ and the slopes, at every step. Many texts say that the gradient is
# multiplied by the recurrent matrix *and the input matrix* again and again. $W_x$ is not in it. It leads into a step
# from the side, and nothing goes back through it on the way to an earlier state.
#
# It has a say all the same. Together with the inputs it decides where on the tanh each unit sits, so it sets the
# slopes. Keep that in mind. It will decide more than $W_h$ does.
#
# ## One number
#
# Begin with one unit. Then the product is a product of numbers. Let each be 0.9.

# %%
guess.place("ninety", "0.9, a hundred times: how much is left?", 1e-8, 1, within=3)

# %%
figures.table("A factor, taken T times", {"factor": "", "T = 10": ".2g", "T = 50": ".3e", "T = 100": ".3e"},
              [(factor, *(factor ** T for T in (10, 50, 100))) for factor in (0.5, 0.9, 0.99, 1.0, 1.01, 1.1)])

# %%
guess.reveal("ninety", 0.9 ** 100)

# %% [markdown] locked="exponential"
# $2.656 \cdot 10^{-5}$. (You will meet slides that say 0.000017. Now you know better.) And 1.1, a hundred times, is
# fourteen thousand. Between *nothing* and *far too much* there is little room: only a factor of 1 stays.
#
# So here is the hope: find the one number that is a network's factor per step. Is it an entry of $W_h$? An eigenvalue?
# A norm? The rest of this lesson is the search for it.

# %% [markdown] locked="by-hand"
# **By hand.** One unit, $W_h = 2$. The states are $h_1 = 0.9$, $h_2 = 0.8$ and $h_3 = 0.6$. The gradient at $h_3$ is
# 1. How large is it at $h_1$?

# %%
mine = None

w, states = 2.0, np.array([0.9, 0.8, 0.6]).reshape(3, 1, 1)
at_h_1 = rnnkit.gradient_norms(states, np.full((1, 1), w), np.ones((1, 1)))[0, 0]
pencil(mine, at_h_1, {"the slopes are left out": w ** 2, "W_h stands in it once": w * (1 - 0.8 ** 2) * (1 - 0.6 ** 2),
                      "one step only": w * (1 - 0.6 ** 2), "W_h is left out": (1 - 0.8 ** 2) * (1 - 0.6 ** 2),
                      "the slopes of h_1 and h_2 stand in it": w ** 2 * (1 - 0.9 ** 2) * (1 - 0.8 ** 2)})

# %% [markdown] locked="smaller-than-one"
# Although $W_h$ is 2, the gradient has become smaller. So the weight alone is not the number.
#
# With many units, the lengths have to be computed. That is the first exercise: walk back, and write down the length at
# every state. There are $N$ sequences in a batch, and each has lengths of its own.

# %% [markdown] locked="card-gradient-norms"
# ### Exercise: `gradient_norms`
#
# 3 points · 15 minutes · needs the step back, above
#
# <details><summary>Hint 1: where to begin</summary>
# At the end. The gradient of the last state is given, and its length is the last row of the result.
# </details>
# <details><summary>Hint 2: which slope belongs to which step?</summary>
# To go from h[t] back to h[t - 1] you go through the tanh that made h[t]. Its slope is 1 - h[t] ** 2.
# </details>
# <details><summary>Hint 3: one number for each sequence</summary>
# <code>np.linalg.norm(dh_t, axis=1)</code>.
# </details>
# <details><summary>Hint 4: almost the answer</summary>
# Collect the lengths in a list, one step back at a time, and turn the list round in the end.
# </details>


# %% answer="gradient_norms"
def gradient_norms(h, W_h, dh_T):
    """The length of the gradient at every state, of a loss that looks at the last state only.

    h: (T, N, H), the state after every step. W_h: (H, H). dh_T: (N, H), the gradient at the last state.

    Returns norms (T, N): norms[t, n] is the length of the gradient at h[t, n], so norms[-1] is that of dh_T.
    """
    ### BEGIN SOLUTION
    norms, dh_t = [], dh_T
    for h_t in reversed(h):
        norms.append(np.linalg.norm(dh_t, axis=1))
        dh_t = (dh_t * (1 - h_t ** 2)) @ W_h.T
    return np.stack(norms[::-1])
    ### END SOLUTION


# %% check="gradient_norms" points=3
check(gradient_norms, points=3)

# %% [markdown] locked="the-radius"
# ## Is it the spectral radius?
#
# In lesson 02 the spectral radius decided whether an impulse dies. A gradient is multiplied by the same matrix. Below
# is a network of 64 units, with random weights. Its $W_h$ is scaled so that the spectral radius is 1.5, and its inputs
# are random numbers with a standard deviation of 1.

# %%
guess.choose("radius", "From a hundred steps back, what arrives?",
             "more than a thousand times", "about as much", "less than a thousandth")

# %%
norms_of = yours(gradient_norms)


def random_network(gain, size, H=64, T=300, N=1, seed=4):
    """The states h (T, N, H) of a random network, after a hundred steps of running in, and its W_h.

    gain: W_h is gain * randn / sqrt(H). size: the standard deviation of the inputs.
    """
    rng = np.random.default_rng(seed)
    W_h, W_x = gain * rng.standard_normal((H, H)) / np.sqrt(H), rng.standard_normal((8, H)) / np.sqrt(8)
    x, h0 = size * rng.standard_normal((T + 100, N, 8)), rng.standard_normal((N, H)) / 2
    return rnn_forward(x, h0, W_x, W_h, np.zeros(H))[0][100:], W_h


def radius(W):
    return np.abs(np.linalg.eigvals(W)).max()


def left_over(h, W_h):
    """What is left of a random gradient at the first of these states: the geometric mean over the sequences."""
    norms = norms_of(h, W_h, rng.standard_normal(h[-1].shape))
    return np.exp(np.mean(np.log(norms[0] / norms[-1])))


gain = 1.5 / radius(random_network(1, 0)[1])
rows = []
for size in (0, 0.25, 0.5, 1, 2):
    h, W_h = random_network(gain, size, T=101, N=8)
    rows.append((size, radius(W_h), np.mean(1 - h ** 2), left_over(h, W_h)))
figures.table("A hundred steps back, with a spectral radius of 1.5",
              {"inputs": "", "spectral radius": ".2f", "mean slope of tanh": ".2f", "what is left": ".1e"}, rows)

# %%
left = rows[3][-1]
guess.reveal("radius", "less than a thousandth" if left < 1e-3 else
             "more than a thousand times" if left > 1e3 else "about as much")

# %% [markdown] locked="radius-vanishes"
# Less than a thousandth, by far. The matrix is the same in all rows, and so is its spectral radius. What differs is
# the slopes. Large inputs push the units to the flat ends of the tanh, and a unit at a flat end passes nothing back.
#
# Move it yourself. Every frame of this picture is computed with your `gradient_norms`. On the left are the eigenvalues
# of $W_h$. Find a place where they leave the circle and the gradient vanishes. Is there one where all are inside, and
# it explodes? Make the sequence shorter: does the slope of the line change?

# %%
figures.flow_explorer(norms_of)

# %% [markdown] locked="straight-lines"
# The lines are nearly straight. On a log axis that means that each step multiplies by about the same factor, however
# many steps there are. So there *is* a number. It is not the spectral radius.
#
# ## Is it a norm?
#
# The largest singular value says how much a matrix can stretch a vector, at most. A step cannot do more than $W_h$
# alone, for the slopes are never above 1. So if the largest singular value of $W_h$ is below 1, the gradient vanishes:
# that is a proof. Many conclude that above 1 it explodes. Take
#
# $$M = \begin{pmatrix} 0.5 & 10 \\ 0 & 0.5 \end{pmatrix}$$
#
# with no tanh at all. Its largest singular value is above 10.

# %%
guess.choose("powers", "How large is the largest singular value of M to the power 100?",
             "above 10^20", "about 10", "below 10^-20")

# %%
M = np.array([[0.5, 10.0], [0.0, 0.5]])
rows, linear = [], {}
for T in (1, 2, 5, 10, 100, 1000):
    largest = np.linalg.norm(np.linalg.matrix_power(M, T), 2)
    linear[T] = largest
    rows.append((T, largest, largest ** (1 / T)))
figures.table("The largest singular value of M to the power T",
              {"T": "", "largest singular value": ".4g", "per step": ".3f"}, rows)

# %%
guess.reveal("powers", "above 10^20" if linear[100] > 1e20 else "below 10^-20" if linear[100] < 1e-20 else "about 10")

# %% [markdown] locked="norm-is-a-bound"
# It stretches by ten, *once*. The vector that it stretches comes out pointing the other way, where $M$ shrinks. A norm
# says what can happen to the luckiest vector in one step. It does not say that the same luck comes again.
#
# The last column goes to 0.5, which is the spectral radius of $M$. For one matrix and no slopes, the spectral radius
# is the factor per step in the long run (Gelfand's formula). With slopes there is no one matrix: $J_1, J_2, \dots$ all
# differ.
#
# ## How fast does a vector grow?
#
# So do not look at a matrix. Send a vector through the product, and see how fast it grows:
#
# $$v_t = v_{t-1} J_t = (v_{t-1} W_h) \odot (1 - h_t^2)$$
#
# The factors per step, $|v_t| / |v_{t-1}|$, multiply. What is their mean? Two steps, one by 2 and one by a quarter:

# %%
factors = np.array([2, 0.25])
figures.table("Two means of the factors 2 and 0.25", {"": "", "factor per step": ".3f", "after 100 steps": ".1e"},
              [("arithmetic mean", factors.mean(), factors.mean() ** 100),
               ("mean of the logarithms", np.exp(np.log(factors).mean()), np.exp(np.log(factors).mean()) ** 100),
               ("the product itself", None, np.prod(np.tile(factors, 50)))])

# %% [markdown] locked="growth-rate"
# Factors multiply, so their logarithms add, and the mean has to be taken of those:
#
# $$\text{rate} = \exp\left(\frac{1}{T} \sum_{t=1}^{T} \ln \frac{|v_t|}{|v_{t-1}|}\right)$$
#
# Below 1 the gradient vanishes, above 1 it explodes. In the long run the rate does not depend on the $v$ that one
# begins with, unless one is very unlucky: whatever in it grows fastest takes over. Its logarithm has a name, the
# **largest Lyapunov exponent**.
#
# One thing is left to mind. A vector that shrinks by 0.4 at each step is gone after a thousand:

# %%
print("0.4 ** 1000 =", 0.4 ** 1000)

# %% [markdown] locked="card-growth-rate"
# ### Exercise: `growth_rate`
#
# 3 points · 15 minutes · needs the two formulas above
#
# `h[0]` is the first step's state, so its slopes are already in the product. Keep the vector at length 1: divide it by
# its length at every step, and keep the logarithm of what you divided by.
#
# <details><summary>Hint 1: where to begin</summary>
# Make every row of v a vector of length 1. Its length at the start is no growth.
# </details>
# <details><summary>Hint 2: in which direction?</summary>
# Forwards in time, as a small change of the state goes: first through W_h, then times the slope at h[t].
# </details>
# <details><summary>Hint 3: almost the answer</summary>
# In each step: the new v, its length with <code>np.linalg.norm(v, axis=1, keepdims=True)</code>, the logarithm into a
# list, and v divided by the length. In the end the exponential of the mean.
# </details>


# %% answer="growth_rate"
def growth_rate(h, W_h, v):
    """The factor per step by which a small change v grows on its way through the states: exp of the mean logarithm.

    h: (T, N, H), the state after every step. W_h: (H, H). v: (N, H), one vector for each sequence, none of them zero.

    Returns rate (N,), one for each sequence. Works for any number of steps.
    """
    ### BEGIN SOLUTION
    v = v / np.linalg.norm(v, axis=1, keepdims=True)
    logs = []
    for h_t in h:
        v = (v @ W_h) * (1 - h_t ** 2)
        length = np.linalg.norm(v, axis=1, keepdims=True)
        logs.append(np.log(length[:, 0]))
        v = v / length
    return np.exp(np.mean(logs, axis=0))
    ### END SOLUTION


# %% check="growth_rate" points=3
check(growth_rate, points=3)

# %% [markdown] locked="the-table"
# ## What decides
#
# Now the number can be had for any network. Here is a family of them: 64 units, $W_h = \text{gain} \cdot$ random
# numbers $/ \sqrt{H}$, run on noise. (PyTorch draws the entries of its `W_h` evenly between $-1/\sqrt H$ and $1/\sqrt
# H$. Their standard deviation is $1/\sqrt{3H}$, a gain of 0.577.)

# %%
rate_of = yours(growth_rate)


def rate(gain, size, **more):
    h, W_h = random_network(gain, size, **more)
    return rate_of(h, W_h, np.ones((1, len(W_h))))[0]


rows = []
for gain in (1 / np.sqrt(3), 1, 1.5, 2, 3):
    W_h = random_network(gain, 0, T=1)[1]
    rows.append((gain, radius(W_h), np.linalg.norm(W_h, 2), *(rate(gain, size) for size in (0, 0.5, 1))))
figures.table("Three numbers of a matrix, and the rate of the gradient",
              {"gain": ".3f", "spectral radius": ".2f", "largest singular value": ".2f", "rate, no input": ".3f",
               "rate, input 0.5": ".3f", "rate, input 1": ".3f"}, rows)

# %%
gains, sizes = (0.5, 0.75, 1, 1.25, 1.5, 2, 2.5, 3), (0, 0.25, 0.5, 1, 1.5, 2)
figures.rate_map(gains, sizes, np.array([[rate(gain, size) for size in sizes] for gain in gains]))

# %% [markdown] locked="what-decides"
# Read a row of the table. One matrix, one spectral radius, one norm, and three rates, which depend on what the network
# reads. In the map the line between vanishing and exploding runs to the right and upwards: the larger the inputs, the
# larger the weights have to be for the gradient to last. PyTorch's start is at the bottom, and vanishes everywhere.
#
# There is a saying that a network should live at the *edge of chaos*. This line is that edge. It is a line, and
# training pushes a network across it without asking.
#
# One thing is reassuring. The gain was divided by $\sqrt H$. What happens to the rate as the network becomes wider?

# %%
guess.choose("width", "From 16 units to 256, with a gain of 1.5 and inputs of 1: the rate ...",
             "falls by more than a tenth", "stays within a tenth", "rises by more than a tenth")

# %%
rows = [(H, rate(1.5, 1, H=H), rate(1.5 * np.sqrt(H / 64), 1, H=H)) for H in (16, 64, 256)]
figures.table("The rate against the width",
              {"H": "", "entries scaled by 1 / sqrt(H)": ".3f", "entries scaled by 1/8": ".3f"}, rows)

# %%
wider = rows[-1][1] / rows[0][1]
guess.reveal("width", "falls by more than a tenth" if wider < 0.9 else
             "rises by more than a tenth" if wider > 1.1 else "stays within a tenth")

# %% [markdown] locked="why-the-root"
# It stays, and that is why everybody divides by $\sqrt H$. Each unit of $v W_h$ is a sum of $H$ random terms, and such
# a sum grows with $\sqrt H$. With entries of a fixed size, a wider network is another network.
#
# ## A start that keeps lengths
#
# Can we do better than random numbers? A matrix with all singular values equal to 1 stretches nothing and shrinks
# nothing: an **orthogonal** matrix, $Q^\top Q = 1$. Saxe, McClelland and Ganguli proposed it as a start in 2014.
#
# Every matrix can be written as $A = QR$, with $Q$ orthogonal and $R$ upper triangular. `np.linalg.qr` does so. Take a
# matrix of normal random numbers, and keep the $Q$. There is one catch. $QR$ is not unique: turn the sign of a column
# of $Q$ and of the same row of $R$, and the product stays. The library picks signs by a rule of its own, and then some
# orthogonal matrices come up more often than others. With $R$'s diagonal made positive, each is equally likely
# (Mezzadri 2007).

# %% [markdown] locked="card-orthogonal"
# ### Exercise: `orthogonal`
#
# 3 points · 10 minutes · needs `np.linalg.qr`
#
# The check draws many of your matrices, and looks at their distribution.
#
# <details><summary>Hint 1: where to begin</summary>
# <code>Q, R = np.linalg.qr(...)</code> of a square matrix from <code>rng.standard_normal</code>. No other random numbers
# are needed.
# </details>
# <details><summary>Hint 2: what to do with the signs</summary>
# Column k of Q belongs to row k of R. Where R[k, k] is negative, turn column k of Q.
# </details>
# <details><summary>Hint 3: almost the answer</summary>
# <code>np.sign(np.diag(R))</code> is a row of signs. Times Q, it turns columns.
# </details>


# %% answer="orthogonal"
def orthogonal(size, rng):
    """A random orthogonal matrix, each equally likely.

    size: the number of rows and of columns. rng: a numpy.random.Generator.

    Returns Q (size, size), with Q.T @ Q = 1.
    """
    ### BEGIN SOLUTION
    Q, R = np.linalg.qr(rng.standard_normal((size, size)))
    return Q * np.sign(np.diag(R))
    ### END SOLUTION


# %% check="orthogonal" points=3
check(orthogonal, points=3)

# %% [markdown] locked="orthogonal-and-tanh"
# Its eigenvalues lie on the unit circle, all of them. Its powers neither vanish nor explode. Now put it into a network
# with a tanh, and let the network read.

# %%
guess.place("orthogonal", "Orthogonal W_h, inputs of 1: what is left after a hundred steps?", 1e-25, 10, within=100)

# %%
Q, W_x = yours(orthogonal)(64, rng), rng.standard_normal((8, 64)) / np.sqrt(8)
rows, lefts = [], {}
for size in (0, 0.1, 0.5, 1):
    x, h0 = size * rng.standard_normal((101, 8, 8)), 0.1 * rng.standard_normal((8, 64))
    h, _ = rnn_forward(x, h0, W_x, Q, np.zeros(64))
    lefts[size] = left_over(h, Q)
    rows.append((size, np.mean(1 - h ** 2), lefts[size]))
figures.table("An orthogonal W_h, a hundred steps back",
              {"inputs": "", "mean slope of tanh": ".3f", "what is left": ".1e"}, rows)

# %%
guess.reveal("orthogonal", lefts[1])

# %% [markdown] locked="slopes-again"
# Without inputs the network is nearly linear, and a good part of the gradient comes back. As soon as it reads
# something, the slopes are below 1, and their product does the rest. A good start delays the trouble. It does not
# remove it.
#
# PyTorch has the same start, as `torch.nn.init.orthogonal_`. Beside yours, and beside what `torch.nn.RNN` starts with:

# %%
if torch := available("torch"):
    torch.manual_seed(4)
    theirs = torch.nn.init.orthogonal_(torch.empty(64, 64).double()).numpy()
    default = torch.nn.RNN(8, 64).weight_hh_l0.detach().numpy().astype(float)
    rows = [(name, np.linalg.norm(W, -2), np.linalg.norm(W, 2), radius(W)) for name, W in
            (("yours", Q), ("torch.nn.init.orthogonal_", theirs), ("torch.nn.RNN as it is made", default))]
figures.table("Three starts for W_h", {"": "", "smallest singular value": ".3f", "largest": ".3f",
                                       "spectral radius": ".3f"}, rows) if torch else None

# %% [markdown] locked="what-is-left-of-dW"
# ## What vanishes, exactly?
#
# The gradient of $W_h$ does not vanish. It is a *sum* over the steps (lesson 03), and the terms of the last steps are
# as large as ever. What vanishes is the part of it that knows about long ago.

# %%
H, T = 64, 100
W_h = rng.uniform(-1, 1, (H, H)) / np.sqrt(H)
h, caches = rnn_forward(rng.standard_normal((T, 1, 8)), np.zeros((1, H)), W_x, W_h, np.zeros(H))
dh, terms = rng.standard_normal((1, H)), []
for cache in reversed(caches):
    _, dh, _, term, _ = rnn_step_backward(dh, cache)
    terms.append(term)
whole = np.linalg.norm(sum(terms))
figures.table("The gradient of W_h, and the parts of it that come from these steps",
              {"": "", "share of its length": ".1e"},
              [(name, np.linalg.norm(sum(terms[start:end])) / whole) for name, start, end in
               (("the last 10 steps", 0, 10), ("the 10 before them", 10, 20), ("the 10 before those", 20, 30),
                ("the first 50 steps", 50, 100))])

# %% [markdown] locked="it-learns-the-near"
# That is why a vanishing gradient is so hard to notice. The network trains, and its loss falls. It learns what is
# near, and never hears of what is far.

# %% [markdown] rubric="singular-value"
# ### In your own words: "A singular value above 1, therefore it explodes"
#
# 3 points · 10 minutes · graded by hand · needs *Is it a norm?* and *What decides*
#
# A colleague has computed that the largest singular value of their $W_h$ is 3, and tells you: "It is above 1,
# therefore the gradient explodes." In five to ten sentences, explain what their number does say, what it does not say,
# and what they should have measured.
#
# What earns the points:
#
# - 1 point: says that a norm is a bound for one step and for the luckiest vector, with an example where it is above 1
#   and the product vanishes.
# - 1 point: says that the slopes of tanh are in the product as well, and that inputs and weights set them.
# - 1 point: names what decides, the growth per step in the mean of the logarithms, and what could rightly be concluded
#   from a largest singular value *below* 1.

# %% [markdown] essay="singular-value" points=3
# ### BEGIN SOLUTION
# The largest singular value says how much one multiplication by W_h can stretch a vector, if it points in just the
# right direction. It is an upper bound for one step. A product of a hundred steps stretches by 3^100 only if the
# vector points in that direction every time. The matrix [[.5, 10], [0, .5]] stretches a vector by more than 10 once,
# and its hundredth power is about 1e-27, because what it stretches comes out in a direction that it shrinks.
#
# Besides, W_h is not alone in the product. At every step each unit multiplies by its slope 1 - h^2, which is at most 1
# and near 0 for a saturated unit. The slopes depend on the inputs: in this lesson the same matrix gave rates above and
# below 1.
#
# What decides is how fast a vector really grows through the product, per step, in the mean of the logarithms, on the
# network's own inputs. From a largest singular value below 1 one could conclude something: no step can stretch any
# vector, so the gradient vanishes. Above 1 the number leaves both open.
# ### END SOLUTION

# %% [markdown] locked="exploding"
# ## Exploding: the cliff
#
# Now the other half. Suppose the rate is above 1. What does a training run see of it?
#
# A network of one unit has two weights, so its loss can be drawn. It starts at $h_0 = 0.5$, makes fifty steps $h_t =
# \tanh(w h_{t-1} + b)$, and should end at 0.7: the network of Pascanu, Mikolov and Bengio's figure 6 (2013), with our
# tanh. All starts below are sent downhill at once, so $w$ and $b$ are arrays.


# %%
def one_unit(w, b, steps=50):
    """The loss (h_50 - 0.7)^2 of networks of one unit, and its slopes in w and b."""
    h = [np.full_like(w, 0.5)]
    for _ in range(steps):
        h.append(np.tanh(w * h[-1] + b))
    dh, dw, db = 2 * (h[-1] - 0.7), 0, 0
    for before, after in zip(h[-2::-1], h[::-1], strict=False):
        da = dh * (1 - after ** 2)
        dh, dw, db = da * w, dw + da * before, db + da
    return (h[-1] - 0.7) ** 2, dw, db


def descend(w, b, shorten, rate=0.03, updates=300):
    """(w, b, loss) before every update, (updates, 3, starts). shorten: changes a gradient [dw, db]."""
    path = []
    for _ in range(updates):
        loss, *slopes = one_unit(w, b)
        path.append((w, b, loss))
        dw, db = np.transpose([shorten(list(pair)) for pair in zip(*slopes, strict=True)])
        w, b = w - rate * dw, b - rate * db
    return np.array(path)


starts = np.meshgrid(np.linspace(1.3, 1.7, 9), np.linspace(-0.6, -0.3, 7))
w0, b0 = (np.append(1.5, grid) for grid in starts)
b0[0] = -0.45
free = descend(w0, b0, lambda pair: pair)
jumps = np.abs(np.diff(free[:, :2], axis=0)).max(axis=(0, 1))
print(f"{np.sum(jumps > 1)} of {len(w0)} descents jump by more than 1. The longest jump: {jumps.max():.0f}, "
      f"where the median descent has one of {np.median(jumps):.2f}.")

# %% [markdown] locked="what-the-cliff-does"
# Most descents go well. Some meet a place that is so steep that a single update throws them far away. They land where
# the unit is saturated. There the slope is nearly 0, so nothing brings them back.
#
# ## Clipping
#
# The gradient on the cliff still points the right way. It is only too long to be followed for a whole step. So shorten
# it. Put all gradients together into one long vector, with the **global norm**
#
# $$|g| = \sqrt{\textstyle\sum_k |g_k|^2}$$
#
# where $g_k$ are the gradients of all the parameters, and if it is longer than a limit, multiply *all* of them by one
# factor:
#
# $$g_k \leftarrow g_k \cdot \min\left(1, \frac{\text{limit}}{|g| + 10^{-6}}\right)$$
#
# (The $10^{-6}$ is PyTorch's, against a division by zero.)

# %% [markdown] locked="card-clip-by-global-norm"
# ### Exercise: `clip_by_global_norm`
#
# 3 points · 10 minutes · needs the two formulas above
#
# Return new arrays, and leave the old ones as they are.
#
# <details><summary>Hint 1: where to begin</summary>
# The sum of the squares of all entries of all arrays. Its square root is the norm, one number.
# </details>
# <details><summary>Hint 2: my gradients become longer</summary>
# A short gradient stays as it is. The factor is never above 1.
# </details>
# <details><summary>Hint 3: almost the answer</summary>
# <code>norm = np.sqrt(sum(np.sum(g ** 2) for g in gradients))</code>, and then one factor for all.
# </details>


# %% answer="clip_by_global_norm"
def clip_by_global_norm(gradients, limit):
    """Shorten the gradients, taken together as one long vector, where it is longer than the limit.

    gradients: a list of arrays of any shapes. limit: a number above 0.

    Returns the list of clipped arrays, new ones, and the norm before.
    """
    ### BEGIN SOLUTION
    norm = np.sqrt(sum(np.sum(gradient ** 2) for gradient in gradients))
    factor = min(1, limit / (norm + 1e-6))
    return [factor * gradient for gradient in gradients], norm
    ### END SOLUTION


# %% check="clip_by_global_norm" points=3
check(clip_by_global_norm, points=3)

# %%
clip = yours(clip_by_global_norm)
clipped = descend(w0, b0, lambda pair: clip(pair, 1.0)[0])
figures.table("64 descents on the cliff", {"": "", "end with a loss above 0.01": "", "longest update": ".2f"},
              [(name, np.sum(path[-1, 2] > 0.01), np.linalg.norm(np.diff(path[:, :2], axis=0), axis=1).max())
               for name, path in (("not clipped", free), ("clipped at 1", clipped))])

# %%
w, b = np.linspace(1, 2, 140), np.linspace(-0.8, 0.6, 140)
losses = one_unit(*np.meshgrid(w, b))[0]
figures.cliff(w, b, losses, {"not clipped": free[:, :, 0], "clipped": clipped[:, :, 0]})

# %% [markdown] locked="value-or-norm"
# The wall is the boundary between two basins: on one side of it the unit ends near 0.7, on the other near $-0.9$.
# Close to it a tiny change of a weight decides between the two, and that is what a huge gradient says.
#
# There is a second way of clipping: cut every *entry* to between $-$limit and limit, by itself. It is as short to
# write. Take the gradient of a network that explodes, and clip it both ways.

# %%
guess.place("angle", "Cut every entry by itself: by how many degrees does the gradient turn?", 0, 90, log=False)


# %%
def angle(one, other):
    """The angle between two gradients, each a list of arrays taken as one long vector, in degrees."""
    one, other = (np.concatenate([np.ravel(g) for g in gradients]) for gradients in (one, other))
    return np.degrees(np.arccos(np.clip(one @ other / np.linalg.norm(one) / np.linalg.norm(other), -1, 1)))


W_h = 3 * rng.standard_normal((64, 64)) / 8
h, caches = rnn_forward(rng.standard_normal((50, 4, 8)), np.zeros((4, 64)), W_x, W_h, np.zeros(64))
dh = np.zeros_like(h)
dh[-1] = rng.standard_normal(dh[-1].shape)
gradients = rnn_backward(dh, caches)[2:]
by_value = rnnkit.optim.clip_by_value(gradients, 1.0)
by_norm, norm = clip(gradients, 1.0)
each = [clip([gradient], 1.0)[0][0] for gradient in gradients]
figures.table(f"A gradient of length {norm:.0e}, clipped at 1",
              {"": "", "length after": ".2f", "turned by, in degrees": ".1f"},
              [(name, clip(after, 1.0)[1], angle(gradients, after)) for name, after in
               (("by global norm", by_norm), ("every entry by itself", by_value), ("every array by itself", each))])

# %%
guess.reveal("angle", angle(gradients, by_value))

# %% [markdown] locked="the-direction"
# By the global norm it is not turned at all. That is the whole point: every entry shrinks by one factor. Cut entry by
# entry, little is left but the signs. It may still go downhill, but not along the gradient, and the limit says nothing
# about how long the step will be. Clipping every array by itself turns it too, because it changes what the parameters'
# shares are.
#
# PyTorch's function is `torch.nn.utils.clip_grad_norm_`. Beside yours:

# %%
if torch := available("torch"):
    parameters = [torch.nn.Parameter(torch.zeros(gradient.shape).double()) for gradient in gradients]
    for parameter, gradient in zip(parameters, gradients, strict=True):
        parameter.grad = torch.tensor(gradient)
    its_norm = torch.nn.utils.clip_grad_norm_(parameters, 1.0).item()
    rows = [(name, relative_error(ours, parameter.grad.numpy()))
            for name, ours, parameter in zip(("dW_x", "dW_h", "db"), by_norm, parameters, strict=True)]
    rows.append(("the norm before", relative_error(np.array(norm), np.array(its_norm))))
figures.table("Yours and PyTorch's", {"": "", "relative error": ".0e"}, rows) if torch else None

# %% [markdown] locked="chaos"
# ## Exploding: chaos
#
# The rate was defined by a small change on its way *forwards*. So it says something about the network itself. Take a
# network with a gain of 2.5 and no inputs, and run it twice, from two states that are $10^{-8}$ apart. Its rate:

# %%
(h, W_h), T = random_network(2.5, 0, T=150), 150
start, v = h[:1, 0], rng.standard_normal((1, 64))
v *= 1e-8 / np.linalg.norm(v)
nothing = np.zeros((T, 1, 8)), np.zeros((8, 64)), np.zeros(64)
one, other = (rnn_forward(nothing[0], h0, nothing[1], W_h, nothing[2])[0] for h0 in (start, start + v))
speed = rate_of(one, W_h, v)[0]
print(f"rate {speed:.3f}")

# %%
guess.place("part", "After how many steps are the two more than 0.1 apart in some unit?", 5, 5000, within=1.6)

# %%
moved, grown = v, []
for h_t in one:
    moved = (moved @ W_h) * (1 - h_t ** 2)
    grown.append(np.linalg.norm(moved))
apart, each = np.linalg.norm(one - other, axis=(1, 2)), np.abs(one - other)[:, 0] > 0.1
parted = np.flatnonzero(each.any(axis=1))[0] + 1
unit = each[parted - 1].argmax()
figures.chaos(one[:, 0, unit], other[:, 0, unit], apart, np.array(grown))

# %%
print(f"ln(0.1 / 1e-8) / ln(rate) = {np.log(0.1 / 1e-8) / np.log(speed):.0f}")
guess.reveal("part", parted)

# %% [markdown] locked="same-product"
# The distance grows by the rate, step after step, as the product of Jacobians says, until the two have nothing to do
# with each other any more. Then the distance stops growing, for states are never far apart in a box. The product goes
# on.
#
# A system in which small differences grow exponentially is called **chaotic**. Sompolinsky, Crisanti and Sommers
# showed in 1988 that large random networks of this kind are, once the gain is above 1 and nothing is read. (Ours has
# 64 units. In the map its line begins a little above 1.) And the gradient that explodes on the way back is *the same
# product*, multiplied from the other end:

# %%
g = rng.standard_normal((1, 64))
dh = np.zeros((40, 1, 64))
dh[-1] = g
dh0 = rnn_backward(dh, rnn_forward(nothing[0][:40], start, nothing[1], W_h, nothing[2])[1])[1]
change = v
for h_t in one[:40]:
    change = (change @ W_h) * (1 - h_t ** 2)
figures.table("v J_1 J_2 ... J_40 g, computed three ways", {"": "", "value": ".10e"},
              [("forwards: the change v, and then times g", np.sum(change * g)),
               ("backwards: the gradient g, and then times v", np.sum(dh0 * v)),
               ("by two runs, 1e-8 apart", np.sum((other - one)[39] * g))])

# %% [markdown] locked="exploding-is-chaos"
# So an exploding gradient is no accident of the way back, and nothing is wrong with it. It tells the truth about a
# network whose state in the far future hangs on every digit of its state now. Clipping makes the step short. It does
# not make such a network predictable.

# %% [markdown] locked="what-we-know"
# ## What we know now
#
# - The gradient goes back through a product of Jacobians, $W_h$ and the slopes of tanh at every step. $W_x$ is not in
#   it. It sets the slopes.
# - What decides is the growth per step, in the mean of the logarithms. A largest singular value below 1 is enough for
#   vanishing, above 1 it says nothing. The spectral radius decides only without slopes.
# - Large inputs saturate units, and make gradients vanish even where the spectral radius is 1.5.
# - An orthogonal start and a scale of $1/\sqrt H$ help at the beginning.
# - Exploding gradients are cliffs in the loss, and chaos in the state. Clip by the global norm, which keeps the
#   direction.
# - The gradient of $W_h$ does not vanish. Its far part does, so the network learns what is near.
#
# **What still does not work.** Clipping makes a long gradient short. There is no way of making a short one long: what
# has vanished is lost in the sum with what is near. The map has a line where the gradient lasts, but a network that
# reads something new at every step does not stay on it. Could one build a cell that lives on that line by its
# construction? Lesson 06 does.

# %%
guess.score()

# %% [markdown] locked="read-on"
# ## Read on
#
# - Hochreiter, *Untersuchungen zu dynamischen neuronalen Netzen*, diploma thesis, TU München, 1991. The first
#   analysis, in German.
# - Bengio, Simard and Frasconi, *Learning long-term dependencies with gradient descent is difficult*, IEEE
#   Transactions on Neural Networks 5, 1994. Why a network that keeps a bit safely must have gradients that vanish.
# - Pascanu, Mikolov and Bengio, *On the difficulty of training recurrent neural networks*, ICML 2013. The cliff, and
#   clipping.
# - Saxe, McClelland and Ganguli, *Exact solutions to the nonlinear dynamics of learning in deep linear neural
#   networks*, ICLR 2014. Orthogonal starts.
# - Sompolinsky, Crisanti and Sommers, *Chaos in random neural networks*, Physical Review Letters 61, 1988. Four pages.

# %%
figures.end_of_lesson(4, "What decides is the growth per step through weights and slopes: not a norm, not the spectral radius.")

# %% [markdown] locked="onward"
# [← 03 · Backpropagation through time](../03_backpropagation_through_time/03_backpropagation_through_time.ipynb) · [map of the course](../00_start_here/00_start_here.ipynb) · [06 · The LSTM →](../06_the_lstm/06_the_lstm.ipynb)
