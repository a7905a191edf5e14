"""Units that count: their counts after every letter of n times a and n times b."""

import numpy as np

from rnnkit.figures.arguments import expect_arrays
from rnnkit.figures.labels import label_ends
from rnnkit.figures.picture import Picture
from rnnkit.figures.strokes import headline
from rnnkit.figures.style import DASHES, FAINT, QUIET, SERIES, SHADE, SMALL, TEXT


def counting(counts):
    """The counts of units after every letter of n times a and n times b. Drawn in gray: up to n, and down to 0.

    counts: name -> (2 n,), 1 to 6 units with the same n, each in steps of its own.
    Returns a Picture. Raises ValueError where the counts are no such arrays.
    """
    def fits(numbers):
        shape = np.shape(next(iter(counts.values())))
        return np.shape(numbers) == shape and len(shape) == 1 and shape[0] > 0 and shape[0] % 2 == 0

    expect_arrays("counting", "counts", counts, fits, "(2 n,), with the same n for all,")
    counts = {name: np.asarray(numbers, float) for name, numbers in counts.items()}
    n = len(next(iter(counts.values()))) // 2
    title = f"After {n} a and {n} b, {_who_is_back(counts)}"
    words = ". ".join(f"{name}: {_whole(numbers[n - 1])} after the last a, {_whole(numbers[-1])} after the last b"
                      for name, numbers in counts.items())
    alt = (f"What units have counted after every letter of {n} times a and then {n} times b, in steps of their own. "
           f"{words}. Right is {n}, and 0.")
    return Picture(lambda figure: _draw_counting(figure, counts, n, title), alt, 4.2)


def _who_is_back(counts):
    """Which of the counts are back at zero, in words."""
    names = [name for name, numbers in counts.items() if abs(numbers[-1]) < 0.5]
    if len(names) in (0, len(counts)):
        return f"{'all units are' if names else 'no unit is'} back at 0"
    one = len(names) == 1
    return f"only {names[0] if one else f'{len(names)} of {len(counts)} units'} {'is' if one else 'are'} back at 0"


def _whole(count):
    return f"{round(count):d}".replace("-", "\N{MINUS SIGN}")


def _draw_counting(figure, counts, n, title):
    headline(figure, title)
    ax = figure.add_axes((0.085, 0.14, 0.6, 0.72))
    steps = np.arange(2 * n + 1)
    ax.plot(steps, np.minimum(steps, 2 * n - steps), color=FAINT, linewidth=7, solid_capstyle="butt", zorder=1)
    ax.axvspan(n, 2 * n, color=SHADE, linewidth=0, zorder=0)
    for numbers, dashes, color in zip(counts.values(), DASHES, SERIES, strict=False):
        ax.plot(steps, [0, *numbers], color=color, linestyle=dashes, zorder=2)
    ax.axhline(0, color=QUIET, linewidth=0.8, zorder=1)
    ax.set(xlim=(0, 2 * n), xlabel="letters read", ylabel="counted, in steps of its own")
    for middle, letter in ((0.25, "a"), (0.75, "b")):
        ax.text(middle, 0.98, letter, fontsize=TEXT, ha="center", va="top", transform=ax.transAxes)
    ends = {f"{name}: {_whole(numbers[-1])}": numbers[-1] for name, numbers in counts.items()}
    label_ends(ax, ends, SERIES, 0.11)
    ax.text(0.02, 0.98, "gray: right", fontsize=SMALL, color=QUIET, va="top", transform=ax.transAxes)
