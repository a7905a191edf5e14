"""Counting up and down again: what a unit has counted after every letter of a^n b^n."""

import numpy as np

from rnnkit.figures.curves import DASHES
from rnnkit.figures.drawing import headline, spread
from rnnkit.figures.picture import Picture
from rnnkit.figures.style import COLOR, FAINT, QUIET, SHADE, SMALL, TEXT


def counting(counts):
    """What units have counted after every letter of n times a and n times b; right is up to n, and down to 0.

    counts: name -> (2 n,), 1 to 6 of them, each in units of the name's own step.
    Returns a Picture. Raises ValueError where the counts are no such arrays, or not of one length.
    """
    if not isinstance(counts, dict) or not 1 <= len(counts) <= len(DASHES):
        raise ValueError(f"counting: counts should be a dict of 1 to {len(DASHES)} arrays, name -> numbers.")
    counts = {name: np.asarray(numbers, float) for name, numbers in counts.items()}
    length = len(next(iter(counts.values())).ravel())
    for name, numbers in counts.items():
        if numbers.shape != (length,) or length % 2 or not length:
            raise ValueError(f"counting: {name} has shape {numbers.shape}; (2 n,) was expected, for all the same n.")
    n = length // 2
    title = f"After {n} a and {n} b: {', '.join(_whole(numbers[-1]) for numbers in counts.values())}. Right is 0"
    words = ". ".join(f"{name}: {_whole(numbers[n - 1])} after the last a, {_whole(numbers[-1])} after the last b"
                      for name, numbers in counts.items())
    alt = (f"What units have counted after every letter of {n} times a and then {n} times b, in steps of their own. "
           f"{words}. Right is {n}, and 0.")
    return Picture(lambda figure: _draw_counting(figure, counts, n, title), alt, 4.2)


def _whole(count):
    return f"{round(count):d}".replace("-", "\N{MINUS SIGN}")


def _draw_counting(figure, counts, n, title):
    headline(figure, title)
    ax = figure.add_axes((0.085, 0.14, 0.6, 0.72))
    steps = np.arange(2 * n + 1)
    ax.plot(steps, np.minimum(steps, 2 * n - steps), color=FAINT, linewidth=7, solid_capstyle="butt", zorder=1)
    ax.axvspan(n, 2 * n, color=SHADE, linewidth=0, zorder=0)
    for numbers, dashes in zip(counts.values(), DASHES, strict=False):
        ax.plot(steps, [0, *numbers], color=COLOR["h"], linestyle=dashes, zorder=2)
    ax.axhline(0, color=QUIET, linewidth=0.8, zorder=1)
    ax.set(xlim=(0, 2 * n), xlabel="letters read", ylabel="counted, in steps of its own")
    low, high = ax.get_ylim()
    for middle, letter in ((0.25, "a"), (0.75, "b")):
        ax.text(middle, 0.98, letter, fontsize=TEXT, ha="center", va="top", transform=ax.transAxes)
    ends = [(numbers[-1] - low) / (high - low) for numbers in counts.values()]
    for name, share, level, dashes in zip(counts, ends, spread(ends, 0.11), DASHES, strict=False):
        ax.plot([1.01, 1.07], [share, level], color=COLOR["h"], linestyle=dashes, linewidth=1.5,
                transform=ax.transAxes, clip_on=False)
        ax.text(1.08, level, name, fontsize=TEXT, va="center", transform=ax.transAxes)
    ax.text(0.02, 0.98, "gray: right", fontsize=SMALL, color=QUIET, va="top", transform=ax.transAxes)
