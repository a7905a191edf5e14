"""Gradient checking: gradients by central differences, and a norm-wise relative error."""

import numpy as np


def numerical_gradient(f, x, eps=1e-6):
    """The gradient of a scalar function by central differences, one entry at a time:

    df/dx_i = (f(x + eps e_i) - f(x - eps e_i)) / (2 eps) + O(eps^2).

    f: takes an array of x's shape, returns a number. x: a float array of any shape, left as it was.
    eps: the distance moved; 1e-6 suits float64 and 1e-3 suits float32. Returns an array of x's shape.
    Raises TypeError where x does not hold floats (an integer cannot move by eps), and ValueError where f returns
    anything but one number.
    """
    x = np.asarray(x)
    if x.dtype.kind != "f":
        raise TypeError(f"numerical_gradient: x holds {x.dtype}; an entry can move by {eps} only in a float array.")
    if shape := np.shape(f(x.copy())):
        raise ValueError(f"numerical_gradient: f(x) has shape {shape} for x of shape {x.shape}; a number, of shape (), "
                         f"was expected.")
    gradient = np.empty_like(x)
    for i in np.ndindex(x.shape):
        plus, minus = x.copy(), x.copy()
        plus[i] += eps
        minus[i] -= eps
        gradient[i] = (f(plus) - f(minus)) / (2 * eps)
    return gradient


def relative_error(a, n):
    """The relative error between two gradients, norm-wise: max|a - n| / (max|a| + max|n|).

    It is 0 where the two agree, and 1 where one is zero or they are opposite. It is measured against the largest entry,
    so that an entry that happens to be near zero does not count double.

    a, n: arrays of one shape. Returns a float. Raises ValueError where the shapes differ.
    """
    a, n = np.asarray(a), np.asarray(n)
    if a.shape != n.shape:
        raise ValueError(f"relative_error: the arrays have shapes {a.shape} and {n.shape}; one shape was expected.")
    size = np.max(np.abs(a), initial=0) + np.max(np.abs(n), initial=0)
    return float(np.max(np.abs(a - n), initial=0) / size) if size else 0.0
