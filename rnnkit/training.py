"""Training in one readable loop: forward, loss, backward, update.

T time steps, N sequences in a batch, D input size, H hidden size, V outputs.
"""

import numpy as np


def train(forward, backward, cell, readout, batches, update, states=1):
    """Train a cell and a readout by gradient descent on the mean squared error, with one update for each batch.

    h = forward(x),  y = h W_y + b_y,  L = mean (y - target)^2. Backwards, dy = 2 (y - target) / (T N V), and

    dW_y = sum_t h_t^T dy_t,  db_y = sum_{t,n} dy,  dh = dy W_y^T. The rest is the work of `backward`.

    forward, backward: the passes of a cell, as rnn_forward and rnn_backward. Every sequence begins with zeros.
    cell: the arrays that the passes take and give back gradients for, such as W_x, W_h, b.
    readout: W_y (H, V), b_y (V,). All of them are changed in place.
    batches: pairs x (T, N, D), target (T, N, V). update: SGD or Adam, or a function of parameters and gradients.
    states: 1, or 2 for a cell that begins with two, as the LSTM with h0 and c0.
    Returns the loss before every update, (updates,).
    """
    W_y, b_y = readout
    losses = []
    for x, target in batches:
        zeros = np.zeros((x.shape[1], len(W_y)), x.dtype)
        h, *_, cache = forward(x, *[zeros] * states, *cell)
        error = h @ W_y + b_y - target
        losses.append(np.mean(error ** 2))
        dy = 2 * error / error.size
        gradients = backward(dy @ W_y.T, *[zeros] * (states - 1), cache)[1 + states:]
        dW_y, db_y = np.tensordot(h, dy, axes=((0, 1), (0, 1))), dy.sum(axis=(0, 1))
        update([*cell, W_y, b_y], [*gradients, dW_y, db_y])
    return np.array(losses)


class SGD:
    """Gradient descent: v <- momentum v + gradient, parameter <- parameter - rate v.

    With momentum each update goes on with a share of the one before. As torch.optim.SGD.
    """

    def __init__(self, rate, momentum=0.0):
        self.rate, self.momentum, self.velocity = rate, momentum, None

    def __call__(self, parameters, gradients):
        if self.velocity is None:
            self.velocity = [np.zeros_like(parameter) for parameter in parameters]
        for parameter, v, gradient in zip(parameters, self.velocity, gradients, strict=True):
            v *= self.momentum
            v += gradient
            parameter -= self.rate * v


class Adam:
    """Adam: steps of about `rate`, whatever the size of the gradient.

    m <- beta_1 m + (1 - beta_1) g,  s <- beta_2 s + (1 - beta_2) g^2, and at update k

    parameter <- parameter - rate (m / (1 - beta_1^k)) / (sqrt(s / (1 - beta_2^k)) + eps).

    Source: Kingma and Ba, Adam: a method for stochastic optimization (2015). As torch.optim.Adam.
    """

    def __init__(self, rate=1e-3, betas=(0.9, 0.999), eps=1e-8):
        self.rate, self.betas, self.eps, self.updates, self.moments = rate, betas, eps, 0, None

    def __call__(self, parameters, gradients):
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
            parameter -= self.rate * m / (1 - beta_1 ** self.updates) / spread


def echo(rng, delay=1, T=8, N=32, updates=600):
    """Batches of the echo task: say at each step what was heard `delay` steps before, and zero until then.

    rng: a numpy.random.Generator. Yields x and target, each (T, N, 1), x from U(-1, 1).
    """
    for _ in range(updates):
        x = rng.uniform(-1, 1, (T, N, 1))
        yield x, np.concatenate([np.zeros((delay, N, 1)), x])[:T]
