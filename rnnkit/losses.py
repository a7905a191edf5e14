"""Losses of a sequence, each with its gradient: cross-entropy for symbols, mean squared error for numbers.

Both are means over the valid tokens. A mask says which those are, so that padding, or a step at which nothing is asked,
counts neither in the loss nor in the mean. A loss is in nats; divided by log(2) it is in bits.
"""

import numpy as np


def cross_entropy(scores, targets, mask=None):
    """The cross-entropy of softmax(scores), in nats, as a mean over the M valid tokens, and its gradient:

    loss = -1/M sum of log p[target],   dscores = (p - one_hot(target)) / M, and 0 where a token is not valid.

    log p_k = z_k - max z - log sum_j exp(z_j - max z) is computed from the scores, so no p that rounds to 0 is ever
    under a logarithm.

    scores: (..., V), any numbers. targets: (...), whole numbers from 0 to V - 1. mask: (...), True where a token is
    valid, or None for all of them; what targets holds elsewhere does not matter.
    Returns the loss, a float, and dscores (..., V).
    Raises ValueError where shapes disagree, no token is valid, or a valid target is out of range.
    """
    valid = _valid("cross_entropy", scores.shape[:-1], targets, mask, scores)
    V = scores.shape[-1]
    targets = np.asarray(targets)
    if targets.dtype.kind not in "iu":
        raise ValueError(f"cross_entropy: targets should be whole numbers from 0 to {V - 1}; they are {targets.dtype}.")
    z, targets = scores[valid], targets[valid]
    if targets.min() < 0 or targets.max() >= V:
        raise ValueError(f"cross_entropy: targets should be from 0 to {V - 1}, because the scores have V = {V}; the "
                         f"smallest is {targets.min()}, the largest {targets.max()}.")
    z = z - z.max(axis=-1, keepdims=True)
    p = np.exp(z)
    sums = p.sum(axis=-1, keepdims=True)
    token = np.arange(len(z))
    loss = np.mean(np.log(sums[:, 0]) - z[token, targets], dtype=np.float64)
    p /= sums
    p[token, targets] -= 1
    p /= len(p)
    dscores = np.zeros_like(scores)
    dscores[valid] = p
    return float(loss), dscores


def mean_squared_error(outputs, targets, mask=None):
    """The mean squared error over the M valid tokens, each with V numbers, and its gradient:

    loss = 1/(M V) sum of (output - target)^2,   doutputs = 2 (output - target) / (M V), and 0 where not valid.

    outputs, targets: (..., V). mask: (...), True where a token is valid, or None for all of them; what targets holds
    elsewhere does not matter. Returns the loss, a float, and doutputs (..., V).
    Raises ValueError where shapes disagree or no token is valid.
    """
    targets = np.asarray(targets)
    if targets.shape != outputs.shape:
        raise ValueError(f"mean_squared_error: targets have shape {targets.shape}, the outputs {outputs.shape}; one "
                         f"shape was expected.")
    valid = _valid("mean_squared_error", outputs.shape[:-1], targets[..., 0], mask, outputs)
    error = outputs[valid] - targets[valid]
    doutputs = np.zeros_like(outputs)
    doutputs[valid] = 2 / error.size * error
    return float(np.mean(error ** 2, dtype=np.float64)), doutputs


def _valid(where, tokens, targets, mask, scores):
    """The mask as truth values, all True where there is none. Raises ValueError where it cannot be one."""
    if np.shape(targets) != tokens:
        raise ValueError(f"{where}: targets have shape {np.shape(targets)}; for scores of shape {scores.shape} they "
                         f"should be {tokens}, one for each token.")
    if mask is None:
        mask = np.ones(tokens, bool)
    mask = np.asarray(mask)
    if mask.shape != tokens:
        raise ValueError(f"{where}: the mask has shape {mask.shape}; it should be {tokens}, one entry for each token.")
    if mask.dtype != bool and not np.isin(mask, (0, 1)).all():
        raise ValueError(f"{where}: the mask should be True where a token is valid and False elsewhere; it holds other "
                         f"values.")
    if not mask.any():
        raise ValueError(f"{where}: no token is valid, so there is no mean to take; the mask, or the batch, is empty.")
    return mask.astype(bool)
