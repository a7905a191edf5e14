"""The training loop: its gradients are measured, its updates are PyTorch's, and a cell may have two states."""

import numpy as np
import pytest

from rnnkit import lstm_backward, lstm_forward, numerical_gradient, relative_error, rnn_backward, rnn_forward
from rnnkit.training import SGD, Adam, echo, train


def network(blocks, H=5, D=1, V=1):
    rng = np.random.default_rng(0)
    cell = [0.5 * rng.standard_normal(shape) for shape in ((D, blocks * H), (H, blocks * H), (blocks * H,))]
    return cell, [0.5 * rng.standard_normal((H, V)), 0.5 * rng.standard_normal(V)]


@pytest.mark.parametrize(("passes", "blocks", "states"), [
    ((rnn_forward, rnn_backward), 1, 1), ((lstm_forward, lstm_backward), 4, 2),
])
def test_the_gradients_that_it_takes_are_those_of_its_loss(passes, blocks, states):
    cell, readout = network(blocks)
    batch = next(echo(np.random.default_rng(1), T=4, N=3))
    found = []
    train(*passes, cell, readout, [batch], lambda parameters, gradients: found.extend(gradients), states)
    for k, (parameter, gradient) in enumerate(zip([*cell, *readout], found, strict=True)):
        def loss(value, k=k):
            arrays = [*cell, *readout]
            arrays[k] = value
            return train(*passes, arrays[:3], arrays[3:], [batch], lambda *_: None, states)[0]

        assert relative_error(gradient, numerical_gradient(loss, parameter)) < 1e-7


def test_echo_is_learned_and_the_loss_is_that_before_the_update():
    cell, readout = network(1, H=12)
    losses = train(rnn_forward, rnn_backward, cell, readout, echo(np.random.default_rng(1), updates=300),
                   SGD(0.1, momentum=0.8))
    assert losses.shape == (300,) and losses[-20:].mean() < losses[0] / 50


def test_echo_says_what_was_heard():
    [(x, target)] = echo(np.random.default_rng(0), delay=2, T=6, N=3, updates=1)
    assert np.array_equal(target[2:], x[:-2]) and not target[:2].any() and target.shape == (6, 3, 1)
    [(x, target)] = echo(np.random.default_rng(0), delay=0, updates=1)
    assert np.array_equal(target, x)


@pytest.mark.parametrize(("ours", "theirs"), [
    (lambda: SGD(0.1), lambda torch, p: torch.optim.SGD(p, 0.1)),
    (lambda: SGD(0.1, momentum=0.8), lambda torch, p: torch.optim.SGD(p, 0.1, momentum=0.8)),
    (lambda: Adam(0.01), lambda torch, p: torch.optim.Adam(p, 0.01)),
], ids=["SGD", "momentum", "Adam"])
def test_updates_are_pytorchs(ours, theirs):
    torch = pytest.importorskip("torch")
    rng = np.random.default_rng(0)
    parameters, update = [rng.standard_normal(shape) for shape in ((3, 4), (4,))], ours()
    tensors = [torch.tensor(parameter, requires_grad=True) for parameter in parameters]
    optimizer = theirs(torch, tensors)
    for _ in range(5):
        gradients = [rng.standard_normal(parameter.shape) for parameter in parameters]
        update(parameters, gradients)
        for tensor, gradient in zip(tensors, gradients, strict=True):
            tensor.grad = torch.tensor(gradient)
        optimizer.step()
    for parameter, tensor in zip(parameters, tensors, strict=True):
        assert np.abs(parameter - tensor.detach().numpy()).max() < 1e-12
