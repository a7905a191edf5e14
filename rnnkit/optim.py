"""Optimizers, SGD and Adam, which change parameters in place, a rate that falls, and the two ways to clip gradients.

Parameters and gradients are lists of arrays in one order. An optimizer is called with both: update(parameters,
gradients). Its `rate` may be changed between two calls.
"""

import math

import numpy as np


class SGD:
    """Gradient descent: v <- momentum v + gradient, parameter <- parameter - rate v.

    With momentum each update goes on with a share of the one before. As torch.optim.SGD.

    rate: the learning rate. momentum: from 0, which is none, to below 1.
    A call raises ValueError where the gradients are not those of the parameters; then nothing has been changed.
    """

    def __init__(self, rate, momentum=0.0):
        self.rate, self.momentum, self.velocity = rate, momentum, None

    def __call__(self, parameters, gradients):
        _expect_pairs("SGD", parameters, gradients)
        if self.velocity is None:
            self.velocity = [np.zeros_like(parameter) for parameter in parameters]
        for parameter, v, gradient in zip(parameters, self.velocity, gradients, strict=True):
            v *= self.momentum
            v += gradient
            parameter -= float(self.rate) * v


class Adam:
    """Adam: steps of about `rate`, whatever the size of the gradient.

    m <- beta_1 m + (1 - beta_1) g,  s <- beta_2 s + (1 - beta_2) g^2, and at update k

    parameter <- parameter - rate (m / (1 - beta_1^k)) / (sqrt(s / (1 - beta_2^k)) + eps).

    m and s begin at zero, and the divisions make up for that. As torch.optim.Adam, with its defaults.

    rate: the learning rate. betas: how much of m and of s is kept at each update. eps: what is added to the divisor, so
    that it is not 0.
    A call raises ValueError where the gradients are not those of the parameters; then nothing has been changed.
    Source: Kingma and Ba, Adam: a method for stochastic optimization (2015).
    """

    def __init__(self, rate=1e-3, betas=(0.9, 0.999), eps=1e-8):
        self.rate, self.betas, self.eps, self.updates, self.moments = rate, betas, eps, 0, None

    def __call__(self, parameters, gradients):
        _expect_pairs("Adam", parameters, gradients)
        if self.moments is None:
            self.moments = [(np.zeros_like(parameter), np.zeros_like(parameter)) for parameter in parameters]
        self.updates += 1
        beta_1, beta_2 = self.betas
        for parameter, (m, s), gradient in zip(parameters, self.moments, gradients, strict=True):
            m *= beta_1
            m += (1 - beta_1) * gradient
            s *= beta_2
            s += (1 - beta_2) * np.square(gradient)
            spread = np.sqrt(s / (1 - beta_2 ** self.updates)) + self.eps
            parameter -= float(self.rate) / (1 - beta_1 ** self.updates) * m / spread


def cosine(rate, updates, lowest=0.0):
    """A learning rate that falls along half a cosine, from `rate` at update 0 to `lowest` at update `updates`.

    Returns a function of the number of updates done, as `rnnkit.training.fit` takes it.
    Source: Loshchilov and Hutter, SGDR: stochastic gradient descent with warm restarts (2017).
    """
    return lambda done: lowest + (rate - lowest) * (1 + math.cos(math.pi * min(done / updates, 1))) / 2


def clip_by_global_norm(gradients, limit):
    """Shorten the gradients, taken together as one long vector, where it is longer than the limit:

    norm = sqrt(sum of the squares of all entries of all arrays),   gradient * min(1, limit / (norm + 1e-6)).

    Every entry shrinks by one factor, so the direction stays. As torch.nn.utils.clip_grad_norm_, with its 1e-6.

    gradients: arrays of any shapes, as many as there are. limit: a number above 0.
    Returns the list of clipped arrays, new ones, and the norm before. Raises ValueError where the limit is not
    positive. Source: Pascanu, Mikolov and Bengio, On the difficulty of training recurrent neural networks (2013).
    """
    if not limit > 0:
        raise ValueError(f"a limit for gradients should be a positive number; it is {limit}.")
    gradients = list(gradients)
    norm = float(np.sqrt(sum(np.sum(np.square(gradient, dtype=np.float64)) for gradient in gradients)))
    factor = float(np.minimum(1, limit / (norm + 1e-6)))     # NaN where the norm is
    return [factor * gradient for gradient in gradients], norm


def clip_by_value(gradients, limit):
    """Clip every entry to [-limit, limit] by itself, for contrast: it turns the gradient into another direction.

    gradients: arrays of any shapes, as many as there are. limit: a number above 0.
    Returns the list of clipped arrays, new ones. Raises ValueError where the limit is not positive.
    """
    return [np.clip(gradient, -_positive(limit), limit) for gradient in gradients]


def _positive(limit):
    if not limit > 0:
        raise ValueError(f"a limit for gradients should be a positive number; it is {limit}.")
    return limit


def _expect_pairs(where, parameters, gradients):
    """Raise ValueError unless there is a gradient of its shape, or a number, for every parameter."""
    if len(parameters) != len(gradients):
        raise ValueError(f"{where}: there are {len(parameters)} parameters and {len(gradients)} gradients; a "
                         f"gradient for each parameter was expected.")
    for k, (parameter, gradient) in enumerate(zip(parameters, gradients, strict=True)):
        if np.shape(gradient) not in ((), parameter.shape):
            raise ValueError(f"{where}: gradient {k} has shape {np.shape(gradient)}; its parameter has shape "
                             f"{parameter.shape}.")
