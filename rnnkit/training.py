"""Training in one readable loop: forward, loss, backward, update. `train` has all of it in sight, for one cell;
`fit` trains a `SequenceModel`, watches it, and keeps a history.

T time steps, N sequences in a batch, D input size, H hidden size, V outputs.
"""

import math
import sys
import time
from dataclasses import dataclass, field

import numpy as np

from rnnkit import figures
from rnnkit.losses import cross_entropy
from rnnkit.optim import SGD, Adam, clip_by_global_norm
from rnnkit.tasks import echo

__all__ = ["SGD", "Adam", "History", "descend", "echo", "evaluate", "fit", "train"]


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


def descend(model, batches, update, loss=cross_entropy, clip=None, carry=False):
    """The same loop for a `SequenceModel`, one update for each batch. Yields the loss before each update.

    With `carry`, each batch begins with the states in which the one before ended. Their gradients end there: that is
    backpropagation through time, truncated at the borders of the windows that the batches are.

    batches: tuples of x, the targets, and a mask if there is one. update: SGD or Adam, or a function of parameters and
    gradients. loss: a function of outputs, targets and mask, as `rnnkit.losses` has them.
    clip: the largest global norm of the gradients, or None.
    """
    parameters, state = [*model.parameters().values()], None
    for x, *target in batches:
        y, after = model.forward(x, state)
        value, dy = loss(y, *target)
        model.backward(dy)
        gradients = [*model.gradients().values()]
        if clip is not None:
            gradients, _ = clip_by_global_norm(gradients, clip)
        update(parameters, gradients)
        state = after if carry else None
        yield value


def evaluate(model, batches, loss=cross_entropy, carry=False):
    """The loss of a model over batches, without an update: the mean over all valid tokens, in the loss's own unit.

    batches, loss, carry: as for `descend`. Raises ValueError where there is no batch.
    """
    state, values, tokens = None, [], []
    for x, targets, *mask in batches:
        y, after = model.forward(x, state)
        values.append(loss(y, targets, *mask)[0])
        tokens.append(np.sum(mask[0]) if mask else y.shape[0] * y.shape[1])
        state = after if carry else None
    if not values:
        raise ValueError("evaluate: there are no batches, so there is no mean to take.")
    return float(np.average(values, weights=tokens))


@dataclass
class History:
    """What a training was like. A notebook shows it as a picture.

    losses: before every update. seconds: after every update since the first began, without those that validation took.
    validation: (updates done, seconds, loss) of each look at the validation batches. in_bits: whether the losses are
    bits per token, as those of a cross-entropy are, and not nats or squares.
    """

    losses: list = field(default_factory=list)
    seconds: list = field(default_factory=list)
    validation: list = field(default_factory=list)
    in_bits: bool = True

    @property
    def best(self):
        """The smallest validation loss so far, infinity before the first."""
        return min((value for *_, value in self.validation), default=math.inf)

    def picture(self, baselines=None):
        """The losses against updates and against seconds. baselines: name -> loss, each drawn as a line, or None.

        Returns a Picture. Raises ValueError before the first update.
        """
        return figures.learning_curves({"": self}, baselines)

    def _repr_mimebundle_(self, include=None, exclude=None):
        return self.picture()._repr_mimebundle_()


def fit(model, batches, update, loss=cross_entropy, epochs=1, clip=None, carry=False, rate=None, validation=None,
        every=None, patience=None, progress=True):
    """Train a model for a number of epochs, and keep a history. The loop itself is `descend`.

    batches, update, loss, clip, carry: as for `descend`; with several epochs, batches are gone through several times,
    and each epoch begins with states of zero. rate: a function of the number of updates done, such as
    `rnnkit.optim.cosine`, which sets the learning rate, or None to leave it. validation: batches to look at, every so
    many updates, or, where `every` is None, after each epoch. patience: after so many looks without a smaller
    validation loss, training stops; then, and also at the end, the parameters are those of the best look. None goes on.
    progress: whether to show a bar, on stdout.
    Returns a History. Its losses are bits per token where the loss is the cross-entropy.
    Raises FloatingPointError where the loss is no finite number, and ValueError where the arguments do not fit each
    other.
    """
    batches = _expect_batches(batches, epochs, validation, patience)
    every = every or len(batches)
    history, unit = History(in_bits=loss is cross_entropy), math.log(2) if loss is cross_entropy else 1
    best = {name: array.copy() for name, array in model.parameters().items()} if patience else {}

    def look(done):
        value = evaluate(model, validation, loss, carry) / unit
        if value < history.best:
            for name, array in best.items():
                array[...] = model.parameters()[name]
        history.validation.append((done, history.seconds[-1], value))

    def steps():
        for _ in range(epochs):
            yield from descend(model, batches, update, loss, clip, carry)

    def patient():
        looks = [value for *_, value in history.validation]
        return not patience or len(looks) - looks.index(min(looks)) <= patience

    losses, done, total = steps(), 0, epochs * len(batches)
    with _bar(total, progress) as bar:
        while done < total:
            if rate:
                update.rate = rate(done)
            begin = time.perf_counter()
            value = next(losses) / unit
            history.seconds.append(time.perf_counter() - begin + (history.seconds[-1] if done else 0))
            history.losses.append(value)
            done += 1
            if not math.isfinite(value):
                raise FloatingPointError(f"fit: the loss of update {done} is {value}. A smaller rate, or clipping, may "
                                         f"help; so may a look at the gradients.")
            if validation is not None and (done % every == 0 or done == total):
                look(done)
                if not patient():
                    break
            bar.set_postfix_str(f"{value:.3g} bits" if history.in_bits else f"loss {value:.3g}", refresh=False)
            bar.update()
    for name, array in best.items():
        model.parameters()[name][...] = array
    return history


def _expect_batches(batches, epochs, validation, patience):
    """The batches as a list. Raises ValueError where there are none, or what `fit` was given does not go together."""
    batches = list(batches)
    if not batches or epochs < 1:
        raise ValueError(f"fit: {len(batches)} batches and {epochs} epochs make no update.")
    if validation is None and patience:
        raise ValueError("fit: patience waits for a smaller validation loss, so it needs validation batches.")
    if validation is not None and iter(validation) is validation:
        raise ValueError("fit: validation is gone through several times; a list was expected, not a generator.")
    return batches


def _bar(total, progress):
    """A progress bar on stdout, because nbgrader gives no points for a cell that writes to stderr."""
    from tqdm import tqdm
    return tqdm(total=total, disable=not progress, file=sys.stdout, unit=" updates", mininterval=0.5, leave=False)
