"""A student who lets PyTorch do the gradients, and keeps in a cache what it needs to ask again."""

import numpy as np
import torch


def sums(x, W, b):
    return x @ W + b


def affine(x, W, b):
    return run(sums, x, W, b)[0]


def sigmoid(z):
    return torch.sigmoid(torch.from_numpy(z)).numpy()


def softmax(z):
    return torch.softmax(torch.from_numpy(z), dim=1).numpy()


def activation_slopes(s, t, r):
    return s - s ** 2, 1 - t ** 2, np.heaviside(r, 0)


def run(function, *arrays):
    """What a function of tensors returns, as arrays, and how to go back."""
    inputs = [torch.tensor(array, requires_grad=True) for array in arrays]
    outputs = function(*inputs)
    outputs = outputs if isinstance(outputs, tuple) else (outputs,)
    return *(output.detach().numpy() for output in outputs), (inputs, outputs)


def back(cache, *upstream):
    inputs, outputs = cache
    given = [torch.as_tensor(np.array(gradient)) for gradient in upstream]
    return tuple(g.numpy() for g in torch.autograd.grad(outputs, inputs, given))


def simple(x, h, W_x, W_h, b):
    return torch.tanh(x @ W_x + h @ W_h + b)


def gates(x, h, W_x, W_h, b):
    i, f, g, o = (x @ W_x + h @ W_h + b).chunk(4, dim=1)
    return torch.sigmoid(i), torch.sigmoid(f), torch.tanh(g), torch.sigmoid(o)


def long_short(x, h, c, W_x, W_h, b):
    i, f, g, o = gates(x, h, W_x, W_h, b)
    c = f * c + i * g
    return o * torch.tanh(c), c


def gated(x, h, W_x, W_h, b_x, b_h):
    (a_r, a_z, a_n), (u_r, u_z, u_n) = (x @ W_x + b_x).chunk(3, dim=1), (h @ W_h + b_h).chunk(3, dim=1)
    z = torch.sigmoid(a_z + u_z)
    return (1 - z) * torch.tanh(a_n + torch.sigmoid(a_r + u_r) * u_n) + z * h


def through_time(step, states):
    """The step over a sequence: all h, and, of two states, the last of the others beside all of them."""
    def forward(x, *rest):
        now, parameters, kept = rest[:states], rest[states:], []
        for x_t in x:
            now = step(x_t, *now, *parameters)
            now = now if isinstance(now, tuple) else (now,)
            kept.append(now)
        return tuple(torch.stack(each) for each in zip(*kept, strict=True))
    return forward


def rnn_step(x, h, W_x, W_h, b):
    return run(simple, x, h, W_x, W_h, b)


def rnn_forward(x, h0, W_x, W_h, b):
    return run(through_time(simple, 1), x, h0, W_x, W_h, b)


def readout(h, W_y, b_y):
    return run(sums, h, W_y, b_y)[0]


def numerical_gradient(f, x, eps=1e-6):
    moves = eps * np.eye(x.size).reshape(-1, *x.shape)
    return np.array([f(x + move) - f(x - move) for move in moves]).reshape(x.shape) / 2 / eps


def rnn_step_backward(dh_next, cache):
    return back(cache, dh_next)


def rnn_backward(dh, cache):
    return back(cache, dh)


def lstm_gates(x, h, W_x, W_h, b):
    return run(gates, x, h, W_x, W_h, b)[:4]


def lstm_step(x, h, c, W_x, W_h, b):
    return run(long_short, x, h, c, W_x, W_h, b)


def lstm_forward(x, h0, c0, W_x, W_h, b):
    return run(through_time(long_short, 2), x, h0, c0, W_x, W_h, b)


def lstm_step_backward(dh_next, dc_next, cache):
    return back(cache, dh_next, dc_next)


def lstm_backward(dh, dc_T, cache):
    dc = np.zeros_like(dh)
    dc[-1] = dc_T
    return back(cache, dh, dc)


def forget_bias(b, value):
    b_new = torch.tensor(b).reshape(4, -1)
    b_new[1] = value
    return b_new.flatten().numpy()


exhibit_sum = rnn_backward
exhibit_carry = lstm_backward
exhibit_gates = lstm_step_backward


def exhibit_states(dh, x, h0, h, W_x, W_h):
    b = (np.arctanh(np.array(h[0])) - x[0] @ W_x - h0 @ W_h)[0]  # what is left of the first step's sum
    return rnn_backward(dh, rnn_forward(x, h0, W_x, W_h, b)[1])


def exhibit_slope(dh_next, dc_next, x, h, c, i, f, g, o, c_next, W_x, W_h):
    i, f, g, o = (np.array(gate) for gate in (i, f, g, o))
    a = np.hstack([np.log(i / (1 - i)), np.log(f / (1 - f)), np.arctanh(g), np.log(o / (1 - o))])
    *_, cache = lstm_step(x, h, c, W_x, W_h, (a - x @ W_x - h @ W_h)[0])
    return lstm_step_backward(dh_next, dc_next, cache)


def exhibit_upstream(dh, dh_T, cache):
    return rnn_backward(np.concatenate([dh[:-1], dh[-1:] + dh_T]), cache)


def gru_step(x, h, W_x, W_h, b_x, b_h):
    return run(gated, x, h, W_x, W_h, b_x, b_h)


def gru_forward(x, h0, W_x, W_h, b_x, b_h):
    return run(through_time(gated, 1), x, h0, W_x, W_h, b_x, b_h)


def gru_step_backward(dh_next, cache):
    return back(cache, dh_next)


def gru_backward(dh, cache):
    return back(cache, dh)


def parameter_count(D, H):
    def count(module):
        return sum(parameter.numel() for parameter in module.parameters())

    rnn, lstm, gru = (count(kind(D, H)) for kind in (torch.nn.RNNCell, torch.nn.LSTMCell, torch.nn.GRUCell))
    return rnn - H, lstm - 4 * H, gru, gru - 3 * H
