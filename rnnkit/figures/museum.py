"""The bug museum: what each exhibit does to the loss, beside a backward pass that is right."""

import numpy as np

from rnnkit.figures.arguments import count
from rnnkit.figures.curves import _positive, _running_mean
from rnnkit.figures.drawing import headline, spread
from rnnkit.figures.picture import Picture
from rnnkit.figures.style import COLOR, FAINT, INK, QUIET, SMALL, TEXT

LOW = 0.01
LOOK = ((COLOR["loss"], "-", 1.5), (COLOR["gradient"], (0, (4, 1.2)), 2))  # of the right one, of the exhibit


def museum(races):
    """Losses during training, a panel for each exhibit: with a right backward pass, and with the exhibit's.

    races: name -> (right, exhibit), each with the loss of every update, 1 to 6 of them. Curves are running means over
    a fiftieth of the updates, on a log axis; the dotted line is a loss of 0.01.
    Returns a Picture. Raises ValueError for anything else.
    """
    if not isinstance(races, dict) or not 1 <= len(races) <= 6:
        raise ValueError("museum: races should be a dict of 1 to 6 pairs, name -> (right, exhibit).")
    for name, pair in races.items():
        if len(pair) != 2 or any(np.ndim(losses) != 1 or not len(losses) for losses in pair):
            raise ValueError(f"museum: {name} should be a pair of losses, (right, exhibit), each (updates,).")
    means = {name: [_positive(_running_mean(losses)) for losses in pair] for name, pair in races.items()}
    reached, stayed = (sum(bool(test(exhibit) <= LOW) for _, exhibit in means.values()) for test in (_lowest, _last))
    title = f"{reached} of {count(len(means), 'exhibit')} reach a loss of {LOW}"
    title += f", and {stayed} stay there" * (stayed < reached)
    words = ". ".join(f"{name}: {_last(exhibit):.3g} at the end with the exhibit, its lowest {_lowest(exhibit):.3g}; "
                      f"{_last(right):.3g} with the right one" for name, (right, exhibit) in means.items())
    alt = f"The loss during training with each exhibit, and with a right backward pass. {title}. {words}."
    return Picture(lambda figure: _draw(figure, means, title), alt, 2.2 + 1.9 * (len(means) > 3))


def _lowest(losses):
    return np.nanmin(losses, initial=np.inf)


def _last(losses):
    return losses[-1]


def _draw(figure, means, title):
    headline(figure, title)
    rows, height = 1 + (len(means) > 3), figure.get_figheight()
    every = np.concatenate([losses for pair in means.values() for losses in pair])
    low, high = 0.5 * np.nanmin(every), 2 * np.nanmax(every)
    for k, (name, pair) in enumerate(means.items()):
        row, column = divmod(k, 3)
        panel = (0.085 + 0.31 * column, (0.5 + 1.9 * (rows - 1 - row)) / height, 0.235, 1.1 / height)
        ax = figure.add_axes(panel)
        ax.set(yscale="log", ylim=(low, high), xlim=(0, len(pair[0])), title=name)
        ax.set(xlabel="update" if row == rows - 1 else "", ylabel="loss" if column == 0 else "")
        ax.axhline(LOW, color=FAINT, linewidth=1.2, linestyle=":", zorder=0)
        _draw_panel(ax, pair, low, high, labels=k == 0)


def _draw_panel(ax, pair, low, high, labels):
    levels = [(np.log(losses[-1]) - np.log(low)) / (np.log(high) - np.log(low)) for losses in pair]
    levels = spread(np.nan_to_num(levels, nan=1.0), 0.17)
    for losses, level, (color, dashes, width) in zip(pair, levels, LOOK, strict=True):
        ax.plot(np.arange(1, len(losses) + 1), losses, color=color, linestyle=dashes, linewidth=width)
        said = f"{losses[-1]:.2g}" if np.isfinite(losses[-1]) else "none"
        ax.text(1.03, level, said, color=color, fontsize=SMALL, transform=ax.transAxes, va="center")
    if labels:
        ax.text(0.97, 0.97, "dashed: exhibit\nsolid: right", fontsize=SMALL, color=QUIET, transform=ax.transAxes,
                ha="right", va="top")
    ax.title.set(fontsize=TEXT, color=INK, fontweight="bold")
    ax.minorticks_off()
