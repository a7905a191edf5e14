"""Weights set by hand: an RNN that keeps a bit, an LSTM that counts brackets, a GRU that counts letters."""

import numpy as np


def latch():
    """Weights of an RNN whose first unit is on (above 0.5) from a set until a reset, and off before any set.

    The input has two lines, (set, reset), each 0 or 1. Where both are 1, the reset wins. The initial state is zero.

    One unit: h_next = tanh(3 set - 6 reset + 2 h). With no input it settles where h = tanh(2 h), near -0.96 or 0.96.
    Returns W_x (2, 1), W_h (1, 1), b (1,).
    """
    W_x = np.array([[3.0], [-6.0]])
    W_h = np.array([[2.0]])
    b = np.array([0.0])
    return W_x, W_h, b


def bracket_counter():
    """Weights of an LSTM whose first cell state is the number of open brackets.

    The input is one-hot: an opening bracket, a closing one, a semicolon, any other letter. A semicolon sets the count
    to zero. The initial states are zero.

    One unit: c_next = f c + i g, with i = 1 at brackets, f = 0 at a semicolon only, g = 1 and -1 at the two brackets.
    Returns W_x (4, 4), W_h (1, 4), b (4,), in blocks i, f, g, o.
    """
    i = [40.0, 40, -40, -40]
    f = [40.0, 40, -40, 40]
    g = [20.0, -20, 0, 0]
    o = [40.0, 40, 40, 40]
    W_x = np.transpose([i, f, g, o])
    W_h, b = np.zeros((1, 4)), np.zeros(4)
    return W_x, W_h, b


def gru_counter(n):
    """Weights of a GRU that says which letter a word a^k b^m has more of, for all k and m up to n.

    The input is one-hot: an a, or a b. The initial state is zero. If the first unit is at the end of the word on the
    side where a single a leads, and at least half as far, there are more a's; if it is there on the other side, more
    b's; else as many of both.

    One unit: h_next = tanh(h +- delta). On the way up and down again tanh takes about k^4 delta^3 / 6, which is less
    than delta / 2 for k < 3^(1/4) / sqrt(delta). With delta = 1 / n^2 that is 1.3 n.
    n: a whole number. Returns W_x (2, 3), W_h (1, 3), b_x (3,), b_h (3,), in blocks r, z, n.
    """
    delta = 1 / n ** 2
    W_x = np.array([[0, 0, delta], [0, 0, -delta]])
    W_h = np.array([[0, 0, 1.0]])
    b_x = np.array([40.0, -40, 0])
    b_h = np.zeros(3)
    return W_x, W_h, b_x, b_h
