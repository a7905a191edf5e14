"""Recurrent networks in NumPy, to be read next to their derivations."""

from rnnkit import figures
from rnnkit.activations import activation_slopes, relu, sigmoid, softmax, softmax_backward
from rnnkit.checking import check, yours
from rnnkit.gradcheck import numerical_gradient, relative_error
from rnnkit.optional import available
from rnnkit.rnn import RNN, readout, rnn_backward, rnn_forward, rnn_step, rnn_step_backward

__all__ = [
    "RNN", "activation_slopes", "available", "check", "figures", "numerical_gradient", "readout", "relative_error",
    "relu", "rnn_backward", "rnn_forward", "rnn_step", "rnn_step_backward", "sigmoid", "softmax", "softmax_backward",
    "yours",
]
