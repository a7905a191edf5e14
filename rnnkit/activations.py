"""Activation functions, sigmoid, relu and softmax, and their derivatives from their outputs."""

import numpy as np

from rnnkit.shapes import shaped


def sigmoid(z):
    """The logistic sigmoid, sigma(z) = 1 / (1 + exp(-z)), for any z without overflow.

    Only exp(-|z|) is ever computed, which lies in (0, 1]. For z < 0 the fraction is multiplied through by exp(z).

    z: an array of any shape, float32 or float64. Returns an array of its shape and dtype, within [0, 1].
    """
    e = np.exp(-np.abs(z))
    return np.where(z >= 0, 1, e) / (1 + e)


def relu(z):
    """The rectified linear unit, max(0, z), entry by entry.

    z: an array of any shape. Returns an array of its shape and dtype.
    """
    return np.maximum(z, 0)


def softmax(z):
    """The softmax over the last axis, p_k = exp(z_k) / sum_j exp(z_j), for any finite z without overflow.

    Subtracting a row's largest entry changes nothing in its fractions and leaves no exponent above 0. A difference
    that is too large for a float becomes minus infinity, whose exponential is 0, as it should be.

    z: scores, (..., V). Returns probabilities of z's shape and dtype; each row sums to 1.
    """
    with np.errstate(over="ignore"):
        below = z - np.max(z, axis=-1, keepdims=True)
    e = np.exp(below)
    return e / np.sum(e, axis=-1, keepdims=True)


def activation_slopes(s, t, r):
    """The derivatives of sigmoid, tanh and relu, each from its own output:

    ds/dz = s (1 - s),   dt/dz = 1 - t^2,   dr/dz = 1 where r > 0, else 0 (also at z = 0, where relu has a corner).

    s = sigmoid(z), t = tanh(z), r = relu(z): arrays of any shapes. Returns ds, dt, dr of those shapes and dtypes.
    """
    ds = s * (1 - s)
    dt = 1 - t ** 2
    dr = (r > 0).astype(r.dtype)
    return ds, dt, dr


@shaped
def softmax_backward(dp: "N V", p: "N V"):
    """The backward pass of p = softmax(z), row by row: dz = p * (dp - sum_k dp_k p_k).

    dp: (N, V), the upstream gradient. p: (N, V), what softmax returned. Returns dz (N, V).
    Raises ValueError where the two shapes differ.
    """
    return p * (dp - np.sum(dp * p, axis=-1, keepdims=True))
