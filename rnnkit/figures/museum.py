"""The losses that the exhibits of the bug museum reach in training, beside those of a right backward pass."""

import numpy as np

from rnnkit.figures.arguments import count, expect_dict, scientific
from rnnkit.figures.curves import mean_around, positive
from rnnkit.figures.labels import heights, spread
from rnnkit.figures.picture import Picture
from rnnkit.figures.strokes import headline
from rnnkit.figures.style import FAINT, QUIET, SERIES, SMALL, TEXT

LOW = 0.01
PANEL = 1.95  # inches, with its title
LOOK = ((SERIES[0], "-", 1.5), (SERIES[1], (0, (4, 1.2)), 2))  # of the right one, of the exhibit


def museum(races):
    """Losses during training, a panel for each exhibit: with a right backward pass, and with the exhibit's.

    Curves are geometric means over a fiftieth of the updates, on a log axis; the dotted line is a loss of 0.01.
    Each panel says whether its exhibit reached it.

    races: name -> (right, exhibit), 1 to 6 of them, each the loss of every update, (updates,).
    Returns a Picture. Raises ValueError for anything else.
    """
    expect_dict("museum", "races", races, "pairs, name -> (right, exhibit)")
    for name, pair in races.items():
        if len(pair) != 2 or any(np.ndim(losses) != 1 or not len(losses) for losses in pair):
            raise ValueError(f"museum: {name} should be a pair of losses, (right, exhibit), each (updates,).")
    means = {name: [mean_around(positive(losses)) for losses in pair] for name, pair in races.items()}
    reached, stayed = (sum(bool(test(exhibit) <= LOW) for _, exhibit in means.values()) for test in (_lowest, _last))
    title = f"{reached} of {count(len(means), 'exhibit')} reached a loss of {LOW}"
    title += f", and {stayed} stayed there" * (stayed < reached)
    words = ". ".join(f"{name}: {_last(exhibit):.3g} at the end with the exhibit, its lowest {_lowest(exhibit):.3g}; "
                      f"{_last(right):.3g} with the right one" for name, (right, exhibit) in means.items())
    alt = f"The loss during training with each exhibit, and with a right backward pass. {title}. {words}."
    return Picture(lambda figure: _draw(figure, means, title), alt, 0.95 + PANEL * (1 + (len(means) > 3)))


def _lowest(losses):
    return np.nanmin(losses, initial=np.inf)


def _reached(losses):
    """Whether an exhibit's loss came down to LOW, in words."""
    if not _lowest(losses) <= LOW:
        return f"never below {LOW}"
    return f"below {LOW}" if losses[-1] <= LOW else f"below {LOW} for a while"


def _last(losses):
    return losses[-1]


def _draw(figure, means, title):
    headline(figure, title)
    rows, height = 1 + (len(means) > 3), figure.get_figheight()
    every = np.concatenate([losses for pair in means.values() for losses in pair])
    low, high = 0.5 * np.nanmin(every), 2 * np.nanmax(every)
    for k, (name, pair) in enumerate(means.items()):
        row, column = divmod(k, 3)
        bottom = 0.65 + PANEL * (rows - 1 - row)
        ax = figure.add_axes((0.085 + 0.31 * column, bottom / height, 0.19, (PANEL - 0.8) / height))
        ax.set(yscale="log", ylim=(low, high), xlim=(0, len(pair[0])))
        ax.text(0, 1.2, name, fontsize=TEXT, fontweight="bold", transform=ax.transAxes)
        ax.text(0, 1.05, _reached(pair[1]), fontsize=SMALL, transform=ax.transAxes)
        ax.set(xlabel="update" if row == rows - 1 else "", ylabel="" if column else "loss")
        ax.minorticks_off()
        ax.tick_params(labelleft=column == 0, labelbottom=row == rows - 1)
        ax.axhline(LOW, color=FAINT, linestyle=":", zorder=0)
        _draw_pair(ax, pair)
        if k == 0:
            ax.text(1, 1, "dashed: exhibit\nsolid: right", fontsize=SMALL, color=QUIET, transform=ax.transAxes,
                    ha="right", va="top")


def _draw_pair(ax, pair):
    """Both curves, and the last loss of each beside its end."""
    levels = spread(heights(ax, [losses[-1] for losses in pair]), 0.17)
    for losses, level, (color, dashes, width) in zip(pair, levels, LOOK, strict=True):
        ax.plot(np.arange(1, len(losses) + 1), losses, color=color, linestyle=dashes, linewidth=width)
        ax.text(1.03, level, scientific(losses[-1]), color=color, fontsize=SMALL, transform=ax.transAxes, va="center")
