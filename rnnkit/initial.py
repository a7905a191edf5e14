"""How weights begin."""

import numpy as np


def glorot(inputs, outputs, rng):
    """A matrix (inputs, outputs) of U(-a, a) with a = sqrt(6 / (inputs + outputs)), Glorot and Bengio (2010).

    Its entries have the variance 2 / (inputs + outputs), a compromise between forward signals and gradients that keep
    their size. rng: a numpy.random.Generator. Raises ValueError where a size is not positive.
    """
    a = np.sqrt(6 / (_positive(inputs) + _positive(outputs)))
    return rng.uniform(-a, a, (inputs, outputs))


def orthogonal(size, rng):
    """A random orthogonal matrix (size, size): Q^T Q = 1, all singular values 1, Saxe, McClelland and Ganguli (2014).

    It is the Q of a Gaussian matrix's QR decomposition, with the signs that make every orthogonal matrix equally
    likely. rng: a numpy.random.Generator. Raises ValueError where the size is not positive.
    """
    Q, R = np.linalg.qr(rng.standard_normal((_positive(size), size)))
    return Q * np.sign(np.diag(R))


def _positive(size):
    if size < 1:
        raise ValueError(f"a size should be a positive number of units; it is {size}.")
    return size
