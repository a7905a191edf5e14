"""The training loops: what an update is, what a history holds, early stopping, and a bar that leaves stderr alone."""

import re
from pathlib import Path

import numpy as np
import pytest

from rnnkit import (
    SequenceModel,
    lstm_backward,
    lstm_forward,
    numerical_gradient,
    relative_error,
    rnn_backward,
    rnn_forward,
    tasks,
)
from rnnkit.losses import cross_entropy, mean_squared_error
from rnnkit.optim import clip_by_global_norm
from rnnkit.tasks import echo_symbols, windows
from rnnkit.training import SGD, Adam, echo, evaluate, fit, train


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


V = 4


def model(seed=0, **kind):
    return SequenceModel(V, 8, V, np.random.default_rng(seed), **kind)


def batches(count=6, seed=1, T=5, N=3):
    """Symbols, each to be named one step later, with a mask."""
    return windows(T, *echo_symbols(np.random.default_rng(seed), 1, count * T, N, V))


def parameters_of(network):
    return {name: array.copy() for name, array in network.parameters().items()}


def same(first, second):
    return all(np.array_equal(first[name], second[name]) for name in first)


@pytest.mark.parametrize("carry", [False, True])
def test_an_epoch_is_forward_loss_backward_update_for_each_batch(carry):
    ours, theirs, update = model(), model(), SGD(0.5)
    history = fit(ours, batches(), SGD(0.5), carry=carry, clip=0.1, progress=False)
    state, losses = None, []
    for x, targets, mask in batches():
        y, after = theirs.forward(x, state)
        loss, dy = cross_entropy(y, targets, mask)
        theirs.backward(dy)
        clipped, norm = clip_by_global_norm(theirs.gradients().values(), 0.1)
        assert norm > 0.1
        update([*theirs.parameters().values()], clipped)
        state = after if carry else None
        losses.append(loss / np.log(2))
    assert same(ours.parameters(), theirs.parameters()) and history.losses == losses


def test_every_epoch_begins_with_states_of_zero():
    once, twice = model(), model()
    for _ in range(2):
        fit(once, batches(), SGD(0.5), carry=True, progress=False)
    fit(twice, batches(), SGD(0.5), carry=True, epochs=2, progress=False)
    assert same(once.parameters(), twice.parameters())


def test_a_history_has_a_loss_and_a_growing_time_for_every_update_and_looks_when_asked():
    history = fit(model(), batches(7), Adam(), epochs=2, validation=batches(2), every=4, progress=False)
    assert len(history.losses) == len(history.seconds) == 14 and np.all(np.diff([0, *history.seconds]) > 0)
    assert [done for done, *_ in history.validation] == [4, 8, 12, 14]
    assert history.best == min(loss for *_, loss in history.validation)
    every_epoch = fit(model(), batches(7), Adam(), epochs=2, validation=batches(2), progress=False)
    assert [done for done, *_ in every_epoch.validation] == [7, 14]


def test_validation_is_over_the_valid_tokens_and_changes_nothing():
    network, data = model(), batches(3, seed=5)
    data[0][2][:4] = False
    before = parameters_of(network)
    found = evaluate(network, data)
    joined = [np.concatenate(arrays, axis=1) for arrays in zip(*data, strict=True)]
    assert found == pytest.approx(evaluate(network, [tuple(joined)]), rel=1e-6)
    whole = tuple(map(np.concatenate, zip(*data, strict=True)))
    assert evaluate(network, data, carry=True) == pytest.approx(evaluate(network, [whole]), rel=1e-6)
    assert same(before, network.parameters())
    with pytest.raises(ValueError, match="there are no batches"):
        evaluate(network, [])


def test_a_model_learns_what_one_step_of_memory_solves():
    network = model()
    history = fit(network, batches(300, N=16), Adam(0.02), carry=True, validation=batches(20, seed=7), progress=False)
    assert history.losses[0] > 1.5 and history.best < 0.1


@pytest.mark.parametrize(("delay", "learned"), [(2, True), (6, False)])
def test_a_delay_longer_than_the_window_is_carried_but_gets_no_credit(delay, learned):
    """Windows of 5: with delay 6 the symbol always lies before the window, and no gradient reaches it."""
    def data(seed, steps):
        return windows(5, *echo_symbols(np.random.default_rng(seed), delay, steps, 16, 2))

    network = SequenceModel(2, 16, 2, np.random.default_rng(0), cells="GRU")
    useful = [batch for batch in data(1, 2000) if batch[2].any()]
    validation = [batch for batch in data(2, 300) if batch[2].any()]
    history = fit(network, useful, Adam(0.01), carry=True, clip=1.0, validation=validation, progress=False)
    assert (history.best < 0.2) == learned


def test_the_rate_is_that_of_the_number_of_updates_done():
    seen = []
    update = SGD(9.0)
    fit(model(), batches(4), lambda parameters, gradients: seen.append(1), epochs=2, progress=False)
    assert len(seen) == 8
    rates = []

    class Noted(SGD):
        def __call__(self, parameters, gradients):
            rates.append(self.rate)

    fit(model(), batches(4), Noted(9.0), epochs=2, rate=lambda done: 1 / (1 + done), progress=False)
    assert rates == [1 / (1 + done) for done in range(8)] and update.rate == 9.0


def test_early_stopping_waits_as_often_as_asked_and_gives_the_best_parameters_back():
    network, validation = model(), batches(2, seed=7)
    kept = {}

    class Worse(SGD):
        """Two updates downhill, and then uphill."""

        def __call__(self, parameters, gradients):
            self.rate = 0.3 if len(kept) < 2 else -3.0
            super().__call__(parameters, gradients)
            kept[len(kept)] = parameters_of(network)

    history = fit(network, batches(20), Worse(0.3), validation=validation, every=1, patience=3, progress=False)
    losses = [loss for *_, loss in history.validation]
    best = losses.index(min(losses))
    assert len(losses) == best + 4 < 20 and best < 4
    assert same(network.parameters(), kept[best])
    assert evaluate(network, validation) / np.log(2) == min(losses)


def test_a_loss_that_is_no_number_ends_training_in_words():
    network = model()
    network.parameters()["readout.b_y"][0] = np.inf
    with pytest.raises(FloatingPointError, match=r"the loss of update 1 is nan\. A smaller rate, or clipping"), \
            np.errstate(invalid="ignore"):
        fit(network, batches(), SGD(0.1), progress=False)


@pytest.mark.parametrize(("arguments", "words"), [
    ({"batches": []}, "0 batches and 1 epochs make no update"),
    ({"epochs": 0}, "0 epochs make no update"),
    ({"patience": 2}, "patience waits for a smaller validation loss"),
    ({"validation": iter([])}, "a list was expected, not a generator"),
])
def test_arguments_that_do_not_fit_are_named(arguments, words):
    with pytest.raises(ValueError, match=words):
        fit(**{"model": model(), "batches": batches(2), "update": SGD(0.1), "progress": False, **arguments})


def test_the_bar_is_on_stdout_and_nothing_is_on_stderr(capfd):
    fit(model(), iter(batches(3)), SGD(0.1))
    out, err = capfd.readouterr()
    assert err == "" and "0/3 [" in out and " updates/s" in out
    fit(model(), batches(3), SGD(0.1), progress=False)
    assert capfd.readouterr() == ("", "")


def test_mean_squared_error_is_no_matter_of_bits():
    network = SequenceModel(1, 6, 1, np.random.default_rng(0), cells="LSTM")
    history = fit(network, echo(np.random.default_rng(0), updates=5), Adam(), mean_squared_error, progress=False)
    assert not history.in_bits and "The loss during training" in history.picture().alt


def test_a_history_shows_itself_as_one_picture_with_its_baselines():
    history = fit(model(), batches(9), Adam(0.05), epochs=3, validation=batches(2), every=3, progress=False)
    picture = history.picture({"chance": 2.0, "nothing": -1.0})
    assert "Below chance (2.00) after" in picture.alt and "Not below nothing (-1.00)" in picture.alt
    assert f"{history.validation[-1][2]:.3g} after 27 updates" in picture.alt
    shown = history._repr_mimebundle_()
    assert shown["text/html"].count("<img") == 1 and picture.png.startswith(b"\x89PNG")


def test_the_readmes_example_runs(monkeypatch, tmp_path, capfd):
    readme = (Path(__file__).parents[2] / "README.md").read_text(encoding="utf-8")
    [example] = re.findall(r"```python\n(.*?)```", readme, re.DOTALL)
    text, found = tasks.text(), {}
    monkeypatch.setattr(tasks, "text", lambda: text._replace(train=text.train[:6200]))
    monkeypatch.chdir(tmp_path)
    exec(example, found)
    assert len(found["history"].losses) == 3 and found["history"].losses[0] > found["history"].losses[-1]
    assert SequenceModel.from_file("rnn.npz").sizes == found["model"].sizes and Path("history.png").exists()
    assert capfd.readouterr().err == ""
