"""The sequence passes of the three cells again, under the same names, arranged for speed.

The equations are those of `rnnkit.rnn`, `rnnkit.lstm` and `rnnkit.gru`; so are the arguments, the results and the
gradients. Only the cache is another one, so a backward pass goes with the forward pass of the same module. What the
arrangement consists of, in the order of what it gains:

- the products with x for all steps before the loop, and the gradients of the weights for many steps after it;
- one tanh for all gates: sigma(a) = 0.5 tanh(0.5 a) + 0.5, with the inner 0.5 in the weights;
- the factors of the backward pass for many steps at once, and results written into arrays that are there;
- each gate's numbers side by side in memory, and products in groups of columns (`rnnkit.fast.blocks.Product`).
"""

from rnnkit.fast.gru import gru_backward, gru_forward
from rnnkit.fast.lstm import lstm_backward, lstm_forward
from rnnkit.fast.rnn import rnn_backward, rnn_forward

__all__ = ["gru_backward", "gru_forward", "lstm_backward", "lstm_forward", "rnn_backward", "rnn_forward"]
