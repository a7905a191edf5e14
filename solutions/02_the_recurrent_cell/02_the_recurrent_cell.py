# ---
# jupyter:
#   kernelspec:
#     display_name: Python 3 (ipykernel)
#     language: python
#     name: python3
# ---

# %% [markdown] locked="title"
# # 02 · The recurrent cell
#
# [← 01 · Sequences and squashing](../01_sequences_and_squashing/01_sequences_and_squashing.ipynb) · [map of the course](../00_start_here/00_start_here.ipynb) · [03 · Backpropagation through time →](../03_backpropagation_through_time/03_backpropagation_through_time.ipynb)
#
# **The question.** Lesson 01 ended with two reviews, *not bad, good* and *not good, bad*. A network that adds up its
# words cannot tell them apart. What does a network need before it can?
#
# **What you will write.** One step of a recurrent network, weights that make it remember, the loop around it, and a readout.
# Fifteen points, about an hour and a quarter.
#
# **What you need.** The shapes of lesson 00, and `tanh` from lesson 01.

# %% [markdown] locked="from-memory"
# **From memory.** Answer on paper, then open.
#
# <details><summary>1. Why does a network of affine maps alone not get better with more layers?</summary>
#
# Because two affine maps, one after the other, are one affine map.
#
# </details>
# <details><summary>2. A sigmoid has returned s. What was its slope, and how large can that be?</summary>
#
# $s (1 - s)$, and at most a quarter.
#
# </details>
# <details><summary>3. Lesson 00: a batch of sequences is one array. What do its three axes count?</summary>
#
# Steps, sequences, inputs: $(T, N, D)$. Time comes first.
#
# </details>

# %%
import numpy as np

from rnnkit import available, check, figures, guess, pencil, yours

rng = np.random.default_rng(2)

# %% [markdown] locked="something-to-carry"
# ## Something to carry
#
# You read this sentence one word at a time. When you reach its end you no longer see its beginning, and yet you
# know what it was about. Something was carried along.
#
# Call it the **state** and write it $h$. It is a short row of numbers. At every step the network looks at two things,
# the new input $x_t$ and the state $h_{t-1}$ that the last step left, and makes the next state out of them:
#
# $$h_t = f(x_t,\; h_{t-1})$$
#
# That is the whole idea. Draw one copy of $f$ for each step, side by side, and you get the picture below. It is
# called the *unrolled* network. Only the drawing is unrolled: there is one $f$.

# %%
figures.unrolled(steps=4, highlight="W_h")

# %% [markdown] locked="why-one-f"
# **Think first.** Every arrow marked $W_h$ is the same matrix. Why not give each step a matrix of its own? Find two
# reasons before you open the answer.
#
# <details><summary>Two reasons</summary>
#
# The first is length. With a matrix for each step, a network built for ten words has nothing to read the eleventh
# with.
#
# The second is learning. What the network finds out about the word *not* in third place should hold in seventh place
# too. With one $f$ for all steps it does, for free.
#
# </details>

# %% [markdown] locked="the-equation"
# ## The smallest f that works
#
# What should $f$ be? Take the plainest thing with weights in it. Each of the two inputs gets a matrix, the results
# are added, and a bias shifts the sum:
#
# $$a = x W_x + h W_h + b$$
#
# Then squash. Without a squashing function, sixty steps would multiply the state by $W_h$ sixty times with nothing to
# hold it, and all those steps together would still be one affine map. We take tanh, because a state should be able to
# say *yes*, *no* and *nothing yet*: plus one, minus one, zero. (Lesson 13 meets networks that have dropped just this tanh,
# and says what they won and what it cost.)
#
# $$h_{\text{next}} = \tanh(x W_x + h W_h + b)$$
#
# The shapes leave no choice. For a batch of $N$ sequences, $x$ is $(N, D)$ and $h$ is $(N, H)$. The result has to be
# $(N, H)$ again, because it is the next step's $h$. So $W_x$ is $(D, H)$, $W_h$ is $(H, H)$ and $b$ is $(H,)$.
#
# Look at $W_h$. It is square. Keep that in mind: a square matrix goes through either way round, so NumPy will not
# tell you when you have transposed it.

# %%
N, D, H = 3, 4, 6
x, h = rng.standard_normal((N, D)), rng.standard_normal((N, H))
W_x, W_h, b = 0.5 * rng.standard_normal((D, H)), 0.5 * rng.standard_normal((H, H)), 0.5 * rng.standard_normal(H)

a = x @ W_x + h @ W_h + b
print("a has shape", a.shape, "and its largest entry is", np.abs(a).max().round(2))
print("After tanh the largest is", np.abs(np.tanh(a)).max().round(4))
figures.row_vectors(N, D, H)

# %% [markdown] locked="other-notations"
# You will meet this equation in other clothes. Many texts use column vectors, $h_t = \tanh(W_{hh} h_{t-1} + W_{xh}
# x_t + b)$. Others glue state and input together and use one large matrix, $\tanh(W\,[h_{t-1}, x_t] + b)$. Same
# numbers, written in another order:

# %%
columns = (W_h.T @ h.T + W_x.T @ x.T + b[:, None]).T
glued = np.hstack([h, x]) @ np.vstack([W_h, W_x]) + b
print("columns:", np.abs(columns - a).max(), "  glued:", np.abs(glued - a).max())

# %% [markdown] locked="one-bit"
# ## One unit, one bit
#
# Before you write it for matrices, look at the smallest one there is: one input, one unit, two weights.
#
# $$h_t = \tanh(3 x_t + 2 h_{t-1})$$
#
# The input is $+1$ once, then nothing for a while, then $-1$ once, then nothing.

# %%
guess.choose("switch", "Where is the state ten steps after the +1?", "near 0", "about half way", "above 0.9")

# %%
pulses = np.zeros(24)
pulses[2], pulses[14] = 1, -1
state, states = 0.0, []
for pulse in pulses:
    state = np.tanh(3 * pulse + 2 * state)
    states.append(state)
print(np.round(states, 2))
ten_later = states[2 + 10]
guess.reveal("switch", "above 0.9" if ten_later > 0.9 else "about half way" if ten_later > 0.1 else "near 0")

# %% [markdown] locked="a-switch"
# It is still 0.96. The unit is a switch. One pulse turns it on, and with no input at all it stays on, because
# $h = \tanh(2h)$ has a solution near 0.96 that pulls its neighbors in. The opposite
# pulse flips it to -0.96.
#
# One number has remembered one bit for as long as nobody disturbed it. We put the memory there ourselves, in
# the weight 2. With 0.5 in its place, the state would fall back to zero. Change the 2 in the cell above and try.

# %% [markdown] locked="move-the-two"
# Here is that unit again, step by step. On the left its numbers, on the right how a state answers to the one before it
# while nothing is heard. Press play, or click on a step. Then move the weight.

# %%
guess.place("lost", "How small may the 2 become before the bit is lost?", 0, 2, log=False, within=0.15)


# %%
def switch(x, h, w):
    return np.tanh(3 * x + w * h)


figures.switch_explorer(switch)

# %%
weights, state = np.linspace(0, 2, 201), 1.0
for _ in range(5000):
    state = switch(0, state, weights)  # a unit for each weight, and nothing is heard
guess.reveal("lost", weights[state > 0.05].min())

# %% [markdown] locked="where-the-bit-is-lost"
# It is lost from 1 downwards. There the curve lies below the diagonal, so every state shrinks, and only 0 stays where it
# is. Above 1 the curve meets the diagonal at two more places. Those two are the bit.

# %% [markdown] locked="card-rnn-step"
# ### Exercise: `rnn_step`
#
# 4 points · 10 minutes · needs the equation above
#
# Write one step for a whole batch. Return the new state, and beside it a **cache**: whatever the backward pass in
# lesson 03 will want to know. The stub proposes one. You may keep something else; no check looks inside.
#
# <details><summary>Hint 1: where to begin</summary>
# Compute the sum <code>a</code> first. It has three terms and the shape (N, H).
# </details>
# <details><summary>Hint 2: a shape does not fit</summary>
# A row vector stands on the left of its matrix: (N, D) times (D, H). The two D's meet.
# </details>
# <details><summary>Hint 3: almost the answer</summary>
# <code>x @ W_x</code>, plus the same for h, plus b. NumPy adds b to each row by itself. Then one <code>np.tanh</code>
# around all of it.
# </details>


# %% answer="rnn_step"
def rnn_step(x, h, W_x, W_h, b):
    """One step: the new state of every sequence in the batch.

    x: (N, D), the input. h: (N, H), the state so far. W_x: (D, H), W_h: (H, H), b: (H,).

    Returns h_next (N, H), and a cache for the backward pass: x, h, h_next, W_x, W_h.
    """
    ### BEGIN SOLUTION
    h_next = np.tanh(x @ W_x + h @ W_h + b)
    ### END SOLUTION
    return h_next, (x, h, h_next, W_x, W_h)


# %% check="rnn_step" points=4
check(rnn_step, points=4)

# %% [markdown] locked="card-latch"
# ## A switch with two buttons
#
# Now *you* choose the weights. The unit above needs a +1 and a -1 on one line. Let there be two lines instead, (set, reset), and
# nothing but zeros and ones on them:
#
# - after a set, the unit is on, which means above 0.5, and stays on, however long nothing comes;
# - after a reset it is off, and stays off;
# - before any set it is off. The state begins at zero;
# - and if both lines are 1 at the same step, the reset wins.
#
# ### Exercise: `latch`
#
# 3 points · 10 minutes · needs the switch above
#
# There are many right answers, with one unit or more. The check runs the cell with your weights on random sequences and looks at
# the first unit.
#
# <details><summary>Hint 1: where to begin</summary>
# One unit, no bias, and the 2 of the switch. Only W_x is new. Where does the state stand when the unit is on, and when it is off?
# </details>
# <details><summary>Hint 2: how strong has a set to be?</summary>
# When the unit is off at -0.96, the state sends 2 times -0.96 back. The set has to win against that, with something to spare.
# </details>
# <details><summary>Hint 3: how strong has a reset to be?</summary>
# At worst the unit is on and a set comes at the same step. The reset has to win against both.
# </details>


# %% answer="latch"
def latch():
    """Weights of an RNN whose first unit is on (above 0.5) from a set until a reset, and off before any set.

    The input is (set, reset), and the initial state is zero. The number of units, K, is yours to choose.

    Returns W_x (2, K), W_h (K, K), b (K,).
    """
    ### BEGIN SOLUTION
    W_x = np.array([[3.0], [-6.0]])
    W_h = np.array([[2.0]])
    b = np.array([0.0])
    ### END SOLUTION
    return W_x, W_h, b


# %% check="latch" points=3
check(latch, points=3)

# %% [markdown] locked="designed"
# You have just done what training does: find numbers with which the same equation does something useful. There were three. Real
# networks have millions.

# %% [markdown] locked="impulse"
# ## Knock on it and listen
#
# You find out what a bell is made of by striking it once. Do the same to the cell: one impulse at the first step,
# zeros from then on. All that happens afterwards is $W_h$ talking to itself.
#
# In this figure $W_h$ does two things to a state, and there is a slider for each. It multiplies its size by a number, the
# **spectral radius**. And it turns its direction by an angle. (For any matrix, the spectral radius is the size of its largest
# eigenvalue. Applied again and again, the matrix multiplies a small state by about that number per step, in the long run.)

# %%
guess.place("knock", "At a radius of 0.9, how much of a small knock is left after 60 steps?", 1e-6, 1)

# %%
figures.impulse_explorer(yours(rnn_step))

# %% [markdown] locked="impulse-number"
# Below 1 the knock dies, and if every step turns the state, it rings while it dies. Above 1 it would grow without
# end, if tanh did not stop it. Without a turn the state settles on a value whose sign the knock chose. With a turn it
# rings on.
#
# Here is the guess as a number, for a knock so small that tanh is almost a straight line:


# %%
step = yours(rnn_step)


def left_of_a_knock(radius, steps=60):
    """The size of a one-unit state `steps` steps after a knock of size 0.001, relative to the knock."""
    state = np.array([[0.001]])
    for _ in range(steps):
        state, _ = step(np.zeros((1, 1)), state, np.zeros((1, 1)), np.array([[radius]]), np.zeros(1))
    return state.item() / 0.001


figures.table("What is left of a small knock after 60 steps", {"radius": "", "left": ".2e", "radius ** 60": ".2e"},
              [(radius, left_of_a_knock(radius), radius ** 60) for radius in (0.5, 0.9, 1.0, 1.1)])

# %%
guess.reveal("knock", left_of_a_knock(0.9))

# %% [markdown] locked="impulse-meaning"
# At 0.9, less than two thousandths. A memory that loses a tenth at each step is gone after sixty. (At 1.1 the
# numbers differ a little: the state has grown large enough to feel the tanh.)
#
# Remember this picture. In lesson 04 the same thing happens to gradients, backwards, and it will cost us more.

# %% [markdown] locked="the-loop"
# ## The loop around it
#
# A sequence is the step, repeated. The state that comes out goes in again, together with the next input. We keep the
# state of *every* step, because somebody may want to read any of them, so $h$ comes out as $(T, N, H)$.
#
# There is one decision in it: what is the state before the first step? It is an argument, `h0`. Often it is zero. But
# in lesson 05 it will be the state that the last chunk of text left behind, and then a loop that quietly starts from
# zero has forgotten the book so far.

# %% [markdown] locked="card-rnn-forward"
# ### Exercise: `rnn_forward`
#
# 5 points · 15 minutes · needs your `rnn_step`
#
# The check tries your step as well. So it can tell you whether the step is wrong, or the loop.
#
# <details><summary>Hint 1: where to begin</summary>
# One variable holds the current state. Before the loop it is <code>h0</code>.
# </details>
# <details><summary>Hint 2: collecting</summary>
# Append each step's state to a list and its cache to another. <code>np.stack</code> makes one array with a new first axis out of a
# list of arrays.
# </details>
# <details><summary>Hint 3: almost the answer</summary>
# In the loop: <code>h_t, step_cache = rnn_step(x[t], h_t, W_x, W_h, b)</code>. The same name, h_t, goes in and comes out.
# </details>


# %% answer="rnn_forward"
def rnn_forward(x, h0, W_x, W_h, b):
    """The step at every time, each from the state that the last one left.

    x: (T, N, D). h0: (N, H), the state before the first step. W_x: (D, H), W_h: (H, H), b: (H,).

    Returns h (T, N, H), the state after every step, and a list with the cache of every step.
    """
    ### BEGIN SOLUTION
    h_t, h, cache = h0, [], []
    for x_t in x:
        h_t, step_cache = rnn_step(x_t, h_t, W_x, W_h, b)
        h.append(h_t)
        cache.append(step_cache)
    return np.stack(h), cache
    ### END SOLUTION


# %% check="rnn_forward" points=5
check(rnn_forward, points=5)

# %% [markdown] locked="size"
# ## How large is it?
#
# *An RNN's size does not grow with its input.* You will read this in many places. Is it true?
#
# **By hand.** Count first. A network has $D = 10$ inputs and $H = 20$ units. How many numbers are in $W_x$, $W_h$ and $b$?

# %%
mine = None
forward = yours(rnn_forward)


def run(T, D, H):
    """Run a network of these sizes: how many parameters it has, and how many states came out."""
    shapes = [(D, H), (H, H), (H,)]
    states, _ = forward(np.zeros((T, 1, D)), np.zeros((1, H)), *map(np.zeros, shapes))
    return sum(map(np.prod, shapes)), len(states)


pencil(mine, run(1, 10, 20)[0], {"b is left out": 10 * 20 + 20 * 20, "W_h is left out": 10 * 20 + 20,
                                 "W_h is taken to be (D, H) as well": 10 * 20 + 10 * 20 + 20})

# %%
guess.choose("size", "Which of these makes the network larger?", "a longer sequence", "a wider input", "both")

# %%
sizes = [(10, 4, 6), (1000, 4, 6), (10, 400, 6), (10, 4, 600)]
counts = [run(*size) for size in sizes]
figures.table("How large a network is", {"T": "", "D": "", "H": "", "parameters": ",", "states that came out": ""},
              [(*size, *found) for size, found in zip(sizes, counts, strict=True)])

# %%
(small, _), (longer, _), (wider, _), _ = counts
guess.reveal("size", "both" if longer > small < wider else "a longer sequence" if longer > small else "a wider input")

# %% [markdown] locked="size-answer"
# A hundred times as long: no change, and the same three arrays read it. A hundred times as wide: more than thirty
# times as many parameters. A hundred times as many hidden units: thousands of times as many, for $W_h$ is $H \times
# H$.
#
# So it is half true. Not with $T$, but with $D$, and most of all with $H$.

# %% [markdown] locked="saying-something"
# ## Saying something
#
# The state is the network's private notebook. What it says aloud is read off the state by one more affine map:
#
# $$y_t = h_t W_y + b_y$$
#
# With $V$ possible answers, $W_y$ is $(H, V)$ and $y$ is $(T, N, V)$: scores for every step and every sequence. A
# softmax turns scores into probabilities, but not here. The loss in lesson 05 wants the scores.

# %% [markdown] locked="card-readout"
# ### Exercise: `readout`
#
# 3 points · 5 minutes · needs one line
#
# <details><summary>Hint 1: three axes?</summary>
# <code>@</code> works on the last two axes and repeats itself over the first: (T, N, H) times (H, V) is (T, N, V).
# </details>
# <details><summary>Hint 2: do I need a loop over t?</summary>
# No. Once the states are there, no step's output depends on another's.
# </details>
# <details><summary>Hint 3: almost the answer</summary>
# It is the affine map of lesson 00, with h for x, and the shapes carry the third axis along.
# </details>


# %% answer="readout"
def readout(h, W_y, b_y):
    """What the network says at every step.

    h: (T, N, H). W_y: (H, V). b_y: (V,). Returns y (T, N, V).
    """
    ### BEGIN SOLUTION
    return h @ W_y + b_y
    ### END SOLUTION


# %% check="readout" points=3
check(readout, points=3)

# %% [markdown] locked="wirings"
# ## One cell, five networks
#
# You now have every part. What people call *types* of recurrent network is only a question of where inputs go in and
# which outputs you look at.

# %%
figures.wirings()

# %% [markdown] locked="wirings-code"
# In code they are a line each. Here they are, all with the same three functions and the same weights.

# %%
T, V = 5, 2
x = rng.standard_normal((T, N, D))
W_y, b_y = rng.standard_normal((H, V)), rng.standard_normal(V)
silence = np.zeros((T - 1, N, D))
read, h0 = yours(readout), np.zeros((N, H))


def network(inputs, start):
    return read(forward(inputs, start, W_x, W_h, b)[0], W_y, b_y)


last_state = forward(x, h0, W_x, W_h, b)[0][-1]
wirings = {
    "one to one": network(x[:1], h0),
    "one to many": network(np.concatenate([x[:1], silence]), h0),
    "many to one": network(x, h0)[-1:],
    "many to many, aligned": network(x, h0),
    "many to many, encoder-decoder": network(np.zeros((3, N, D)), last_state),
}
figures.table("What each network says", {"wiring": "", "shape of y, (T, N, V)": ""},
              [(name, str(y.shape)) for name, y in wirings.items()])

# %% [markdown] locked="order"
# ## Not bad, good
#
# Back to the two reviews. We give each word a random vector, and the network random weights. Nothing is trained. A
# bag of words adds the vectors up. The network reads them in order.

# %%
guess.choose("order", "Can a network with random weights tell the two reviews apart?", "yes", "no")

# %%
words = {word: rng.standard_normal(D) for word in ("not", "bad", "good")}
reviews = ["not bad good", "not good bad"]
sequences = np.array([[words[word] for word in review.split()] for review in reviews]).swapaxes(0, 1)

bags = sequences.sum(axis=0)
last = forward(sequences, np.zeros((2, H)), W_x, W_h, b)[0][-1]
print(f"Largest difference between the two bags of words: {np.abs(bags[0] - bags[1]).max():.1e}")
print(f"Largest difference between the two last states:   {np.abs(last[0] - last[1]).max():.2f}")
guess.reveal("order", "yes" if np.abs(last[0] - last[1]).max() > 0.01 else "no")

# %% [markdown] locked="order-answer"
# It can. The bags agree to the last bit or the one before. The states are far apart, without any training: order is
# built into the way that the state is made. Training only has to find a readout, and weights, that make something of
# it.

# %% [markdown] locked="any-length"
# ## Any length, at a price
#
# *An RNN processes input of any length.* True: three words or three hundred, the same function reads them. But a
# batch is one array, and its sequences have to be equally long. So short ones are filled up with zeros at the end,
# which is called **padding**.

# %%
guess.choose("padding", "The input is zero in the padding. What does the state do?", "it stays where it was", "it moves on")

# %%
length, T = 8, 20
x = rng.standard_normal((T, 1, D))
x[length:] = 0
h, _ = forward(x, np.zeros((1, H)), W_x, W_h, b)
figures.padding(h, length=length)

# %%
moved = np.linalg.norm(h[-1] - h[length - 1]) / np.linalg.norm(h[length - 1])
print(f"From the last real input to the end of the padding, the state has moved by {moved:.0%} of its own size.")
guess.reveal("padding", "it moves on" if moved > 0.01 else "it stays where it was")

# %% [markdown] locked="padding-answer"
# It moves on. Zero input is not no step: $h W_h + b$ goes round all the same. So for a padded sequence `h[-1]` is not
# its summary. The state at its own last word is. Lesson 12 has an exercise about this, for it is an easy thing to get
# wrong.

# %% [markdown] locked="pytorch"
# ## Against PyTorch and Keras
#
# Your cell should be theirs. PyTorch keeps its matrices transposed and has two biases where we have one; they add, so
# we set the second to zero. Keras keeps its matrices as we do, but puts the batch before the time.

# %%
T, N = 7, 3
x, h0 = rng.standard_normal((T, N, D)), rng.standard_normal((N, H))
h, _ = forward(x, h0, W_x, W_h, b)

if torch := available("torch"):
    layer = torch.nn.RNN(D, H, dtype=torch.float64)
    ours = {"weight_ih_l0": W_x.T, "weight_hh_l0": W_h.T, "bias_ih_l0": b, "bias_hh_l0": np.zeros(H)}
    layer.load_state_dict({name: torch.tensor(array) for name, array in ours.items()})
    h_torch, _ = layer(torch.tensor(x), torch.tensor(h0)[None])
    print(f"torch.nn.RNN:    largest difference {np.abs(h - h_torch.detach().numpy()).max():.1e}")
    y_torch = torch.nn.functional.linear(torch.tensor(h), torch.tensor(W_y.T), torch.tensor(b_y))
    print(f"torch's linear:  largest difference {np.abs(read(h, W_y, b_y) - y_torch.numpy()).max():.1e}")

# %%
if keras := available("keras"):
    keras.config.set_floatx("float64")
    layer = keras.layers.SimpleRNN(H, return_sequences=True)
    layer.build((N, T, D))
    layer.set_weights([W_x, W_h, b])
    h_keras = keras.ops.convert_to_numpy(layer(x.swapaxes(0, 1), initial_state=h0)).swapaxes(0, 1)
    print(f"Keras SimpleRNN: largest difference {np.abs(h - h_keras).max():.1e}")

single, _ = forward(*(array.astype("float32") for array in (x, h0, W_x, W_h, b)))
print(f"Ours in float32: largest difference {np.abs(h - single).max():.1e}")

# %% [markdown] locked="keras-rounds"
# Sixteen digits with PyTorch, but only six or seven with Keras. Is something wrong? Look at the last line: ours,
# computed in single precision, is off by as much. We asked Keras for double precision, and it multiplies its matrices
# in single precision all the same.
#
# <details><summary>Where that is known</summary>
#
# With PyTorch under it, `keras.ops.matmul` of two float64 arrays returns float32: issue 23704 of keras-team/keras.
#
# </details>
#
# A difference has a size, and the size tells where it comes from. $10^{-16}$ is rounding in double precision,
# $10^{-7}$ in single. The mistakes that the checks know are far larger.

# %% [markdown] locked="what-we-know"
# ## What we know now
#
# - A recurrent network is one function, applied again and again to a new input and its own last state.
# - Its size does not depend on how long the sequence is. It does depend on how wide the input is, and on the square of $H$.
# - It can hold a bit, it can hear order, and left alone it rings or dies as the spectral radius of $W_h$ says.
# - Yours is the same function as PyTorch's and Keras's, to the rounding that each of them does.
#
# **What still does not work.** Every weight in this lesson was random, or picked by hand. The switch worked because
# we knew to write a 2. To *learn* the 2, we have to know how the loss changes when a weight moves that is used at
# every step. That is lesson 03.

# %%
guess.score()

# %% [markdown] locked="read-on"
# ## Read on
#
# - Elman, *Finding structure in time*, Cognitive Science 14, 1990. The network of this lesson.
# - Jordan, *Serial order: a parallel distributed processing approach*, ICS Report 8604, 1986. Its cousin, which feeds back
#   what it *said* and not its state.
# - Karpathy, *The unreasonable effectiveness of recurrent neural networks*, 2015 (karpathy.github.io). What such a network
#   writes after it has been trained.

# %%
figures.end_of_lesson(2, "One cell, used at every step, reads a sequence of any length with the same weights, and its state depends on the order.")

# %% [markdown] locked="onward"
# [← 01 · Sequences and squashing](../01_sequences_and_squashing/01_sequences_and_squashing.ipynb) · [map of the course](../00_start_here/00_start_here.ipynb) · [03 · Backpropagation through time →](../03_backpropagation_through_time/03_backpropagation_through_time.ipynb)
