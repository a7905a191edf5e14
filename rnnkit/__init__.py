"""Recurrent networks in NumPy: RNN, LSTM and GRU, to be read next to their derivations.

    import numpy as np
    from rnnkit import LSTM

    layer = LSTM(4, 16, np.random.default_rng(0))   # input size, hidden size
    h, c = layer.forward(np.ones((10, 3, 4)))       # 10 steps of 3 sequences: h and c are (10, 3, 16)
    dx, dh0, dc0 = layer.backward(np.ones_like(h))  # and layer.dW_x, layer.dW_h, layer.db

The equations are in `rnn`, `lstm` and `gru`, the same passes arranged for speed in `fast`, by which the layers run.
`SequenceModel` puts layers together; `losses`, `optim`, `tasks` and `training` are what it is trained with.
"""

from rnnkit import figures, guess, libraries, losses, optim, tasks, training
from rnnkit.activations import activation_slopes, relu, sigmoid, softmax, softmax_backward
from rnnkit.checking import check, yours
from rnnkit.flow import gradient_norms, growth_rate
from rnnkit.gradcheck import numerical_gradient, relative_error
from rnnkit.gru import gru_backward, gru_forward, gru_step, gru_step_backward
from rnnkit.init import glorot, orthogonal
from rnnkit.layers import GRU, LSTM, RNN, Embedding, Readout
from rnnkit.lstm import forget_bias, lstm_backward, lstm_forward, lstm_gates, lstm_step, lstm_step_backward
from rnnkit.model import SequenceModel
from rnnkit.optim import clip_by_global_norm
from rnnkit.optional import available
from rnnkit.pencil import pencil
from rnnkit.rnn import readout, rnn_backward, rnn_forward, rnn_step, rnn_step_backward
from rnnkit.variants import (
    gru_forward_reset_before,
    gru_step_reset_before,
    lstm_forward_peephole,
    lstm_step_peephole,
    parameter_count,
)
from rnnkit.weights import bracket_counter, gru_counter, latch

__all__ = [
    "GRU", "LSTM", "RNN", "Embedding", "Readout", "SequenceModel", "activation_slopes", "available",
    "bracket_counter", "check", "clip_by_global_norm", "figures", "forget_bias", "glorot", "gradient_norms",
    "growth_rate", "gru_backward", "gru_counter", "gru_forward", "gru_forward_reset_before", "gru_step",
    "gru_step_backward", "gru_step_reset_before", "guess", "latch", "libraries", "losses", "lstm_backward",
    "lstm_forward", "lstm_forward_peephole", "lstm_gates", "lstm_step", "lstm_step_backward", "lstm_step_peephole",
    "numerical_gradient", "optim", "orthogonal", "parameter_count", "pencil", "readout", "relative_error", "relu",
    "rnn_backward", "rnn_forward", "rnn_step", "rnn_step_backward", "sigmoid", "softmax", "softmax_backward",
    "tasks", "training", "yours",
]
