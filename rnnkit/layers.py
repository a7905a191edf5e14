"""Layers to train with: RNN, LSTM and GRU, which run by `rnnkit.fast`, an embedding, and a linear readout.

A layer holds its parameters as arrays, under the names of the equations. `forward` keeps what `backward` needs;
`backward` takes the gradient of the loss with respect to the layer's output and keeps that of each parameter: W_x, and
after it dW_x. `parameters()` and `gradients()` give both by name.

T time steps, N sequences in a batch, D input size, H hidden size, V symbols or outputs. Time first, row vectors. How
the weights begin, and why, is said in `rnnkit.init`.
"""

import numpy as np

from rnnkit.fast import gru_backward, gru_forward, lstm_backward, lstm_forward, rnn_backward, rnn_forward
from rnnkit.fast.blocks import rows
from rnnkit.init import glorot, orthogonal, positive
from rnnkit.shapes import agree, shaped


class Layer:
    """What all layers share: their parameters and gradients by name.

    names: of the parameters, each an attribute. cache: what the last forward pass kept, None before the first.
    """

    names = ()
    cache = None

    def parameters(self):
        """The parameters by name: the arrays themselves, so that an optimizer may change them in place."""
        return {name: getattr(self, name) for name in self.names}

    def gradients(self):
        """The gradients that the last `backward` kept, under the names of the parameters.

        Raises ValueError before any backward pass.
        """
        if not hasattr(self, f"d{self.names[0]}"):
            raise ValueError(f"{type(self).__name__}.gradients: there are none before a backward pass; call forward "
                             f"and backward first.")
        return {name: getattr(self, f"d{name}") for name in self.names}

    def kept(self):
        """What the last forward pass kept. Raises ValueError before any."""
        if self.cache is None:
            raise ValueError(f"{type(self).__name__}.backward goes back over what forward did: call forward first.")
        return self.cache

    def begin(self, D, H, blocks, rng, dtype):
        """Start W_x and W_h by the rule of `rnnkit.init`, every block by itself."""
        self.W_x = np.hstack([glorot(D, H, rng) for _ in range(blocks)]).astype(dtype)
        self.W_h = np.hstack([orthogonal(H, rng) for _ in range(blocks)]).astype(dtype)

    def states(self, x, *given):
        """The states before the first step, those that are None as zeros."""
        zeros = np.zeros((x.shape[1], len(self.W_h)), self.W_h.dtype)
        return [zeros if state is None else state for state in given]


class RNN(Layer):
    """A layer of recurrent cells, h_t = tanh(x_t W_x + h_{t-1} W_h + b): W_x (D, H), W_h (H, H), b (H,).

    W_x starts as Glorot's, W_h as a random orthogonal matrix, b as zeros, as `rnnkit.init` explains.

    D, H: the input size and the hidden size. rng: a numpy.random.Generator. dtype: of the parameters.
    Raises ValueError where a size is not positive.
    """

    names = ("W_x", "W_h", "b")

    def __init__(self, D, H, rng, dtype=np.float64):
        self.begin(D, H, 1, rng, dtype)
        self.b = np.zeros(H, dtype)

    def forward(self, x, h0=None):
        """Run the layer over a sequence, and keep the cache for `backward`.

        x: (T, N, D), the inputs. h0: (N, H), the state before the first step, or None for zeros.
        Returns h (T, N, H), the state after every step. Raises ValueError where shapes disagree.
        """
        agree("RNN.forward", ("x", x, "T N D"), ("W_x", self.W_x, "D H"))
        h, self.cache = rnn_forward(x, *self.states(x, h0), self.W_x, self.W_h, self.b)
        return h

    def backward(self, dh):
        """Go back over the last forward pass, and keep the gradients of the parameters: dW_x, dW_h, db.

        dh: (T, N, H), the upstream gradient of every state. Returns dx (T, N, D) and dh0 (N, H).
        Raises ValueError where shapes disagree, and before any forward pass.
        """
        dx, dh0, self.dW_x, self.dW_h, self.db = rnn_backward(dh, self.kept())
        return dx, dh0


class LSTM(Layer):
    """A layer of LSTM cells, as `rnnkit.lstm` has them: W_x (D, 4H), W_h (H, 4H), b (4H,), in blocks i, f, g, o.

    Every block of W_x starts as Glorot's, every block of W_h as a random orthogonal matrix, and b as zeros, but for the
    block of the forget gate, which starts at `forget_bias`. `rnnkit.init` explains it.

    D, H: the input size and the hidden size. rng: a numpy.random.Generator. dtype: of the parameters.
    Raises ValueError where a size is not positive.
    """

    names = ("W_x", "W_h", "b")

    def __init__(self, D, H, rng, forget_bias=1.0, dtype=np.float64):
        self.begin(D, H, 4, rng, dtype)
        self.b = np.zeros(4 * H, dtype)
        self.b[H:2 * H] = forget_bias

    def forward(self, x, h0=None, c0=None):
        """Run the layer over a sequence, and keep the cache for `backward`.

        x: (T, N, D), the inputs. h0, c0: (N, H), the states before the first step, or None for zeros.
        Returns h and c, each (T, N, H), the states after every step. Raises ValueError where shapes disagree.
        """
        agree("LSTM.forward", ("x", x, "T N D"), ("W_x", self.W_x, "D 4H"))
        h, c, self.cache = lstm_forward(x, *self.states(x, h0, c0), self.W_x, self.W_h, self.b)
        return h, c

    def backward(self, dh, dc_T=None):
        """Go back over the last forward pass, and keep the gradients of the parameters: dW_x, dW_h, db.

        dh: (T, N, H), the upstream gradient of every h_t. dc_T: (N, H), of the last cell state, or None for zeros.
        Returns dx (T, N, D), dh0 (N, H), dc0 (N, H).
        Raises ValueError where shapes disagree, and before any forward pass.
        """
        dc_T = np.zeros_like(dh[0]) if dc_T is None else dc_T
        dx, dh0, dc0, self.dW_x, self.dW_h, self.db = lstm_backward(dh, dc_T, self.kept())
        return dx, dh0, dc0


class GRU(Layer):
    """A layer of GRU cells, as `rnnkit.gru` has them: W_x (D, 3H), W_h (H, 3H), b_x, b_h (3H,), in blocks r, z, n.

    Every block of W_x starts as Glorot's, every block of W_h as a random orthogonal matrix, both biases as zeros.
    `rnnkit.init` explains it.

    D, H: the input size and the hidden size. rng: a numpy.random.Generator. dtype: of the parameters.
    Raises ValueError where a size is not positive.
    """

    names = ("W_x", "W_h", "b_x", "b_h")

    def __init__(self, D, H, rng, dtype=np.float64):
        self.begin(D, H, 3, rng, dtype)
        self.b_x, self.b_h = np.zeros(3 * H, dtype), np.zeros(3 * H, dtype)

    def forward(self, x, h0=None):
        """Run the layer over a sequence, and keep the cache for `backward`.

        x: (T, N, D), the inputs. h0: (N, H), the state before the first step, or None for zeros.
        Returns h (T, N, H), the state after every step. Raises ValueError where shapes disagree.
        """
        agree("GRU.forward", ("x", x, "T N D"), ("W_x", self.W_x, "D 3H"))
        h, self.cache = gru_forward(x, *self.states(x, h0), self.W_x, self.W_h, self.b_x, self.b_h)
        return h

    def backward(self, dh):
        """Go back over the last forward pass, and keep the gradients of the parameters: dW_x, dW_h, db_x, db_h.

        dh: (T, N, H), the upstream gradient of every state. Returns dx (T, N, D) and dh0 (N, H).
        Raises ValueError where shapes disagree, and before any forward pass.
        """
        dx, dh0, self.dW_x, self.dW_h, self.db_x, self.db_h = gru_backward(dh, self.kept())
        return dx, dh0


class Embedding(Layer):
    """A vector for every symbol, to be learned: x_t = W[id_t], with W (V, D).

    It is the product of a one-hot vector with W, without the multiplications by zero. W starts as standard normal
    numbers, because the layer above expects inputs of about that size.

    V: how many symbols. D: the size of a vector. rng: a numpy.random.Generator. dtype: of the parameters.
    Raises ValueError where a size is not positive.
    """

    names = ("W",)

    def __init__(self, V, D, rng, dtype=np.float64):
        self.W = rng.standard_normal((positive(V), positive(D))).astype(dtype)

    def forward(self, ids):
        """The vector of every symbol. ids: (T, N), whole numbers from 0 to V - 1. Returns x (T, N, D).

        Raises ValueError where ids are something else.
        """
        self.cache = expect_ids("Embedding.forward", ids, len(self.W))
        return self.W[ids]

    def backward(self, dx):
        """Keep the gradient dW. dx: (T, N, D), the upstream gradient. Raises ValueError before any forward pass."""
        agree("Embedding.backward", ("W", self.W, "V D"), ("the ids", self.kept(), "T N"), ("dx", dx, "T N D"))
        self.dW = embed_backward(self.cache, dx, len(self.W))


@shaped
def embed_backward(ids: "T N", da: "T N D", V):
    """The gradient of an embedding, a = W[ids]: row v of dW is the sum of da over all places where v stood.

    ids: (T, N), whole numbers from 0 to V - 1. da: (T, N, D), the upstream gradient. V: how many symbols.
    Returns dW (V, D). Raises ValueError where shapes disagree or an id is out of range.
    """
    ids = expect_ids("embed_backward", ids, V)
    dW = np.zeros((V, da.shape[2]), da.dtype)
    np.add.at(dW, ids, da)
    return dW


class Readout(Layer):
    """The linear output layer, at every step of a sequence: y_t = h_t W_y + b_y, with W_y (H, V), b_y (V,).

    W_y starts as Glorot's, b_y as zeros. `rnnkit.readout` is the function alone.

    H: the hidden size. V: how many outputs. rng: a numpy.random.Generator. dtype: of the parameters.
    Raises ValueError where a size is not positive.
    """

    names = ("W_y", "b_y")

    def __init__(self, H, V, rng, dtype=np.float64):
        self.W_y = glorot(H, V, rng).astype(dtype)
        self.b_y = np.zeros(V, dtype)

    def forward(self, h):
        """h: (T, N, H), the states. Returns y (T, N, V). Raises ValueError where shapes disagree."""
        agree("Readout.forward", ("W_y", self.W_y, "H V"), ("h", h, "T N H"))
        self.cache = h
        return (rows(h) @ self.W_y + self.b_y).reshape(*h.shape[:2], -1)

    def backward(self, dy):
        """Keep the gradients dW_y = sum of h_t^T dy_t over t, and db_y. dy: (T, N, V), the upstream gradient.

        Returns dh = dy W_y^T (T, N, H). Raises ValueError where shapes disagree, and before any forward pass.
        """
        h = self.kept()
        agree("Readout.backward", ("W_y", self.W_y, "H V"), ("h", h, "T N H"), ("dy", dy, "T N V"))
        self.dW_y, self.db_y = rows(h).T @ rows(dy), rows(dy).sum(axis=0)
        return (rows(dy) @ self.W_y.T).reshape(h.shape)


def expect_ids(where, ids, V):
    """The ids as an array. Raises ValueError unless they are whole numbers from 0 to V - 1."""
    ids = np.asarray(ids)
    if ids.dtype.kind not in "iu":
        raise ValueError(f"{where}: ids should be whole numbers from 0 to {V - 1}; they are {ids.dtype}.")
    if ids.size and not (ids.min() >= 0 and ids.max() < V):
        raise ValueError(f"{where}: ids should be from 0 to {V - 1}; the smallest is {ids.min()}, the largest "
                         f"{ids.max()}.")
    return ids
