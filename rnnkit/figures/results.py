"""Results as pictures: numbers over a few cases, and numbers that grow step by step, on log axes."""

import numpy as np

from rnnkit.figures.arguments import expect_arrays, expect_dict, scientific, ten_to
from rnnkit.figures.diagram import Diagram
from rnnkit.figures.labels import spread
from rnnkit.figures.picture import Drawing
from rnnkit.figures.style import FAINT, INK, QUIET, SERIES

LEFT, TOP, BOTTOM, HEIGHT = 84, 60, 330, 396   # px
DASHES = ("none", "9 4", "2 3", "10 3 2 3", "5 2", "14 5")


def dots(title, across, up, results):
    """Numbers over a few cases, on a log axis: a dot for each, and the geometric mean of those of one case.

    Where there are several names, a line joins each one's means.

    title: what is to be seen. across, up: what the cases and the numbers are.
    results: name -> {case: a number above 0, or several}, 1 to 6 names with the same cases.
    Returns a Drawing. Raises ValueError for anything else.
    """
    expect_dict("dots", "results", results, "names, name -> {case: numbers}")
    cases = list(next(iter(results.values())))
    numbers = {name: [np.atleast_1d(np.asarray(row[case], float)) for case in cases] if list(row) == cases else []
               for name, row in results.items()}
    every = np.concatenate([value for row in numbers.values() for value in row] or [np.zeros(1)])
    if not all(numbers.values()) or not np.all(np.isfinite(every) & (every > 0)):
        raise ValueError("dots: results should have numbers above 0 for the same cases under each name.")
    words = " ".join(f"{name}: " + "; ".join(f"{', '.join(scientific(value) for value in values)} at {case}"
                                             for case, values in zip(cases, row, strict=True)) + "."
                     for name, row in numbers.items())
    sheet, right = Diagram(HEIGHT, title), 560 if len(numbers) > 1 else 770
    places = LEFT + (right - LEFT) * (np.arange(len(cases)) + 0.5) / len(cases)
    level = _log_axis(sheet, every, right, up)
    for place, case in zip(places, cases, strict=True):
        sheet.write((place, BOTTOM + 20), str(case))
    sheet.aside(((LEFT + right) / 2, BOTTOM + 46), across, 13)
    means = {name: np.array([np.exp(np.log(values).mean()) for values in row]) for name, row in numbers.items()}
    for (name, row), color, dashes in zip(numbers.items(), SERIES, DASHES, strict=False):
        if len(numbers) > 1:
            _draw_curve(sheet, places, level(means[name]), color, dashes)
        for place, values in zip(places, row, strict=True):
            for height in level(values):
                sheet.circle((place, height), 4.5 if len(values) > 1 else 6, "white", color, 2)
    if len(numbers) > 1:
        _label_ends(sheet, right, places[-1], {name: (level(mean)[-1], mean[-1]) for name, mean in means.items()})
    else:
        for place, mean in zip(places, *means.values(), strict=True):
            sheet.way([(place - 22, level(mean)), (place + 22, level(mean))], INK, 3)
            sheet.write((place + 28, level(mean)), scientific(mean, 1), 13, INK, ha="start", bold=True)
    return Drawing(str(sheet), f"{plain(title)}. {up[0].upper()}{up[1:]}, on a log axis, against {across}. {words}")


def growth(title, across, up, runs):
    """Numbers that grow step by step, on log axes: a line for each name, and the number at its end.

    title: what is to be seen. across, up: what the steps and the numbers are.
    runs: name -> the number after each step, (steps,), above 0, 1 to 6 of them.
    Returns a Drawing. Raises ValueError for anything else.
    """
    expect_arrays("growth", "runs", runs, lambda run: np.ndim(run) == 1 and len(run) > 1 and np.all(np.array(run) > 0),
                  "(steps,), of numbers above 0,")
    runs = {name: np.asarray(run, float) for name, run in runs.items()}
    sheet, right, most = Diagram(HEIGHT, title), 570, max(map(len, runs.values()))
    level = _log_axis(sheet, np.concatenate(list(runs.values())), right, up)
    for power in range(int(np.log10(most)) + 1):
        sheet.write((LEFT + (right - LEFT) * power / np.log10(most), BOTTOM + 20), f"{10 ** power:,}")
    sheet.aside(((LEFT + right) / 2, BOTTOM + 46), across, 13)
    for run, color, dashes in zip(runs.values(), SERIES, DASHES, strict=False):
        steps = np.unique(np.geomspace(1, len(run), 80).round().astype(int))
        places = LEFT + (right - LEFT) * np.log10(steps) / np.log10(most)
        _draw_curve(sheet, places, level(run[steps - 1]), color, dashes)
    _label_ends(sheet, right, right, {name: (level(run[-1]), run[-1]) for name, run in runs.items()})
    words = " ".join(f"{plain(name)}: {scientific(run[0])} after 1, {scientific(run[-1], 3)} after {len(run)}."
                     for name, run in runs.items())
    return Drawing(str(sheet), f"{plain(title)}. {up[0].upper()}{up[1:]} against {across}, both on log axes. {words}")


def plain(text):
    """A text without the asterisks around its formulas."""
    return text.replace("*", "")


def _log_axis(sheet, numbers, right, name):
    """Draw a log axis that holds the numbers. Returns the function from numbers to heights on the sheet."""
    low, high = np.floor(np.log10(numbers.min()) + 1e-9), np.ceil(np.log10(numbers.max()) - 1e-9)
    high = max(high, low + 1)
    for power in np.arange(high, low - 1, -max(1, np.ceil((high - low) / 6))):
        height = BOTTOM - (BOTTOM - TOP) * (power - low) / (high - low)
        sheet.way([(LEFT, height), (right, height)], FAINT, 0.8)
        label = f"{10 ** power:g}" if -2 <= power <= 4 else ten_to(int(power))
        sheet.aside((LEFT - 8, height), label, 13, ha="end")
    sheet.aside((8, TOP - 18), name, 13, ha="start")
    return lambda values: BOTTOM - (BOTTOM - TOP) * (np.log10(values) - low) / (high - low)


def _draw_curve(sheet, places, heights, color, dashes):
    points = " ".join(f"{x:.1f},{y:.1f}" for x, y in zip(places, heights, strict=True))
    sheet.add("polyline", points=points, fill="none", stroke=color, stroke_width=2.5, stroke_dasharray=dashes)


def _label_ends(sheet, right, end, ends):
    """The name and the last number of each curve, to its right. ends: name -> (height, number)."""
    levels = spread([height for height, _ in ends.values()], 34)
    levels += max(0, TOP - min(levels)) - max(0, max(levels) - BOTTOM - 10)
    for (name, (height, number)), level, color, dashes in zip(ends.items(), levels, SERIES, DASHES, strict=False):
        _draw_curve(sheet, [end + 8, right + 24], [height, level], color, dashes)
        sheet.write((right + 30, level - 8), name, 13, ha="start")
        sheet.write((right + 30, level + 9), scientific(number), 13, QUIET, ha="start")
