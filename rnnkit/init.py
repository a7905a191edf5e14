"""Weight initialization: Glorot uniform and random orthogonal.

The layers RNN, LSTM and GRU all begin by one rule: every block of W_x is Glorot's, every block of W_h is an orthogonal
matrix of its own, and biases are zero, but for the LSTM's forget gate, which is 1. The reasons:

- W_h is used at every step, so what it does to a length it does T times over. An orthogonal matrix does nothing.
- W_x is used once on the way to a state. Glorot's spread keeps sums over many inputs as large as sums over few.
- A bias of 0 is the middle of tanh and sigma, where they are steepest. A forget gate of sigma(1) = 0.73 keeps more of
  the cell state than one of sigma(0) = 0.5, which would halve it at every step.

Keras takes the same distributions, but draws all blocks of a matrix at once. Here each is drawn by itself, so that its
spread does not depend on how many there are. PyTorch draws everything from U(-1/sqrt(H), 1/sqrt(H)), which makes W_h
shrink what it multiplies to about 0.6 of its size.
"""

import numpy as np


def glorot(inputs, outputs, rng):
    """Glorot's uniform initialization: a random matrix with entries from U(-a, a), a = sqrt(6 / (inputs + outputs)).

    The variance of an entry is 2 / (inputs + outputs), a compromise between signals that keep their size on the way
    forward and gradients that keep theirs on the way back.

    inputs, outputs: how many units the matrix connects. rng: a numpy.random.Generator.
    Returns a matrix (inputs, outputs) of float64. Raises ValueError where a size is not positive.
    Source: Glorot and Bengio, Understanding the difficulty of training deep feedforward neural networks (2010).
    """
    a = np.sqrt(6 / (positive(inputs) + positive(outputs)))
    return rng.uniform(-a, a, (inputs, outputs))


def orthogonal(size, rng):
    """A random orthogonal matrix Q, so Q^T Q = 1 and all singular values are 1; each is equally likely.

    It is the Q of a Gaussian matrix's QR decomposition, each column multiplied by the sign of R's diagonal entry.
    Without the signs the decomposition prefers some orthogonal matrices to others.

    size: how many rows and columns. rng: a numpy.random.Generator.
    Returns a matrix (size, size) of float64. Raises ValueError where the size is not positive.
    Source: Saxe, McClelland and Ganguli, Exact solutions to the nonlinear dynamics of learning in deep linear neural
    networks (2014); for the signs, Mezzadri, How to generate random matrices from the classical compact groups (2007).
    """
    if size < 1:
        raise ValueError(f"a size should be a positive number of units; it is {size}.")
    Q, R = np.linalg.qr(rng.standard_normal((size, size)))
    return Q * np.sign(np.diag(R))


def positive(size):
    """The size itself. Raises ValueError where it is not positive."""
    if size < 1:
        raise ValueError(f"a size should be a positive number of units; it is {size}.")
    return size
