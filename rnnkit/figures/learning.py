"""Learning curves: what a training reached, against updates and against seconds, beside what needs no network."""

import numpy as np

from rnnkit.figures.arguments import count, expect_dict
from rnnkit.figures.curves import mean_around, positive
from rnnkit.figures.labels import heights, spread
from rnnkit.figures.picture import Picture
from rnnkit.figures.strokes import headline
from rnnkit.figures.style import COLOR, DASHES, FAINT, QUIET, SMALL

MOST_BASELINES = 10


def learning_curves(histories, baselines=None):
    """The losses of trainings against updates, and beside it against seconds, both on log axes.

    A thick line is the loss on the validation batches where there are any, and the running mean of the training loss
    where there are none; a thin one is the training loss of every update. A gray line across is a baseline.

    histories: name -> what `rnnkit.training.fit` returned, 1 to 6 of them. baselines: name -> loss, at most 10, or
    None. Returns a Picture. Raises ValueError where a history is empty, or the arguments are something else.
    """
    expect_dict("learning_curves", "histories", histories, "histories, name -> what fit returned")
    for name, history in histories.items():
        if not len(history.losses) or len(history.losses) != len(history.seconds):
            raise ValueError(f"learning_curves: the history {name!r} has {len(history.losses)} losses and "
                             f"{len(history.seconds)} times; one of each was expected for every update.")
    baselines = dict(baselines or {})
    if len(baselines) > MOST_BASELINES or not np.isfinite([*baselines.values()]).all():
        raise ValueError(f"learning_curves: baselines should be at most {MOST_BASELINES} numbers, name -> loss.")
    unit = "bits per token" if all(history.in_bits for history in histories.values()) else "loss"
    curves = {name: _curve(history) for name, history in histories.items()}
    return Picture(lambda figure: _draw(figure, histories, curves, baselines, unit),
                   _in_words(histories, curves, baselines, unit), 4.6)


def _curve(history):
    """The thick line: updates done, seconds, and the loss."""
    if history.validation:
        return np.array(history.validation, float).T
    return np.array([np.arange(1, len(history.losses) + 1), history.seconds, mean_around(positive(history.losses))])


def _in_words(histories, curves, baselines, unit):
    words = [f"The {unit} during training, against updates and against seconds."]
    for name, (updates, seconds, losses) in curves.items():
        what = "on validation" if histories[name].validation else "in the running mean"
        words.append(f"{name + ': ' if name else ''}{losses[0]:.3g} after {count(int(updates[0]), 'update')}, "
                     f"{losses[-1]:.3g} after {count(int(updates[-1]), 'update')} and {seconds[-1]:.1f} s, {what}.")
        for baseline, level in baselines.items():
            below = np.flatnonzero(losses < level)
            if len(below):
                words.append(f"Below {baseline} ({level:.2f}) after {count(int(updates[below[0]]), 'update')} "
                             f"and {seconds[below[0]]:.1f} s.")
            else:
                words.append(f"Not below {baseline} ({level:.2f}).")
    return " ".join(words)


def _draw(figure, histories, curves, baselines, unit):
    left, right = figure.add_axes((0.09, 0.13, 0.36, 0.74)), figure.add_axes((0.47, 0.13, 0.36, 0.74))
    losses = [curve[2] for curve in curves.values()]
    best = min(min(loss) for loss in losses)
    headline(figure, f"{best:.2f} {unit}" if len(curves) == 1 else
             f"{best:.2f} {unit} is the best of {len(curves)}")
    everything = positive(np.concatenate([*losses, list(baselines.values()) or losses[0]]))
    low, high = np.nanmin(everything), np.nanmax(everything)
    margin = 0.08 * (high - low) or 0.5
    for ax, axis, label in ((left, 0, "updates"), (right, 1, "seconds")):
        ax.set(xscale="log", xlabel=label, ylim=(low - margin, high + margin))
        for level in baselines.values():
            ax.axhline(level, color=FAINT, linewidth=1, zorder=0)
        for (name, curve), dashes in zip(curves.items(), DASHES, strict=False):
            history = histories[name]
            across = np.arange(1, len(history.losses) + 1) if axis == 0 else history.seconds
            ax.plot(across, positive(history.losses), color=FAINT, linewidth=0.5, zorder=1)
            ax.plot(curve[axis], positive(curve[2]), color=COLOR["loss"], linestyle=dashes, zorder=2,
                    marker="o" if len(curve[2]) < 40 else None, markersize=4, label=name)
    left.set_ylabel(unit)
    right.set_yticklabels([])
    if len(curves) > 1:
        left.legend(frameon=False, fontsize=SMALL, loc="lower left")
    levels = heights(right, baselines.values())
    for (name, value), place, level in zip(baselines.items(), levels, spread(levels, 0.062), strict=True):
        right.plot([1, 1.05], [place, level], color=FAINT, linewidth=1, transform=right.transAxes, clip_on=False)
        right.text(1.06, level, f"{name}, {value:.2f}", fontsize=SMALL, color=QUIET, va="center",
                   transform=right.transAxes)
