"""Gradients that explode: the cliff in a loss of two parameters, and two trajectories that part."""

import numpy as np

from rnnkit.figures.arguments import count, expect_arrays, scientific
from rnnkit.figures.picture import Drawing, Picture
from rnnkit.figures.plot import Plot, power
from rnnkit.figures.strokes import headline
from rnnkit.figures.style import COLOR, DASHES, FAINT, INK, QUIET, SERIES, TEXT
from rnnkit.figures.svg import Sheet


def cliff(w, b, losses, paths):
    """The loss of a network of one unit over its two weights, and the ways that descents take on it.

    On the left the loss from above, dark where it is high; on the right the loss along each way.

    w, b: the weights of the map, (W,) and (B,), rising. losses: (B, W).
    paths: name -> (w, b, loss) after every update, (updates, 3), 1 to 6 of them.
    Returns a Picture. Raises ValueError where the shapes disagree.
    """
    w, b, losses = (np.asarray(array, float) for array in (w, b, losses))
    if losses.shape != (len(b), len(w)):
        raise ValueError(f"cliff: losses has shape {losses.shape}; {(len(b), len(w))} was expected, (B, W).")
    expect_arrays("cliff", "paths", paths, lambda path: np.ndim(path) == 2 and np.shape(path)[1] == 3, "(updates, 3)")
    paths = {name: np.asarray(path, float) for name, path in paths.items()}
    ends = [f"{name}: {scientific(path[-1, 2], 1)}" for name, path in paths.items()]
    title = "The loss at the end, " + ", ".join(ends)
    leaps = {name: np.linalg.norm(np.diff(path[:, :2], axis=0), axis=1) for name, path in paths.items()}
    words = " ".join(f"{name}: from w = {path[0, 0]:.2f}, b = {path[0, 1]:.2f} to w = {path[-1, 0]:.2f}, "
                     f"b = {path[-1, 1]:.2f} in {count(len(path) - 1, 'update')}; the longest one moved the weights by "
                     f"{scientific(leaps[name].max())}." for name, path in paths.items())
    alt = (f"The loss of a network of one unit over its weights w and b, from {scientific(losses.min(), 1)} to "
           f"{scientific(losses.max())}, with a cliff across it. {title}. {words}")
    return Picture(lambda figure: _draw_cliff(figure, w, b, losses, paths, title), alt, 4.4)


def _draw_cliff(figure, w, b, losses, paths, title):
    headline(figure, title)
    above, along = figure.add_axes((0.08, 0.14, 0.38, 0.72)), figure.add_axes((0.58, 0.14, 0.38, 0.72))
    above.pcolormesh(w, b, losses, cmap="Greys", vmin=0, vmax=1.6 * losses.max(), shading="nearest", rasterized=True)
    above.set(xlabel="$w$", ylabel="$b$", xlim=(w[0], w[-1]), ylim=(b[0], b[-1]))
    for (name, path), dashes, color in zip(paths.items(), DASHES, SERIES[1:], strict=False):
        above.plot(path[:, 0], path[:, 1], color=color, linestyle=dashes)
        along.plot(path[:, 2], color=color, linestyle=dashes, label=name)
    above.plot(*next(iter(paths.values()))[0, :2], "o", color=INK, markersize=8)
    along.set(xlabel="update", ylabel="loss", xlim=(0, max(map(len, paths.values()))), ylim=(0, None))
    along.legend(frameon=False, fontsize=TEXT, loc="upper right")


def chaos(one, other, apart, grown):
    """Two trajectories that begin almost alike: a unit of each, and below it how far they are apart, on a log axis.

    Dashed beside the distance stands what the product of Jacobians says of it, which is a gradient.

    one, other: a unit of both over time, (T,). apart: the distance of the states, (T,). grown: the product of
    Jacobians, times the distance at the beginning, (T,). Returns a Drawing. Raises ValueError where the rows are not of
    one length.
    """
    rows = {"one": one, "other": other, "apart": apart, "grown": grown}
    expect_arrays("chaos", "rows", rows, lambda row: np.shape(row) == np.shape(one) == (len(one),), np.shape(one))
    one, other, apart, grown = (np.asarray(row, float) for row in rows.values())
    T, parted = len(one), np.flatnonzero(np.abs(one - other) > 0.1)
    when = f"part after {count(int(parted[0]) + 1, 'step')}" if len(parted) else f"stay together for {T} steps"
    title = f"Begun {power(apart[0])} apart, they {when}"
    alt = (f"Two trajectories of one network. {title}. The distance of their states: {_at_steps(apart)}. The product "
           f"of Jacobians times the first distance: {_at_steps(grown)}.")
    return Drawing(_draw_chaos(one, other, apart, grown, title), alt)


def _at_steps(row):
    return ", ".join(f"{power(row[t])} at step {t + 1}" for t in range(0, len(row), max(1, len(row) // 6)))


def _draw_chaos(one, other, apart, grown, title):
    sheet, T = Sheet(800, 470), len(one)
    sheet.write((8, 20), title, 17, ha="start", bold=True)
    units = Plot(sheet, (80, 66, 600, 180), (0, T - 1), (-1, 1))
    units.axis_y((-1, 0, 1), "one unit of both")
    units.level(0, FAINT)
    for row, dashes in ((one, "-"), (other, "--")):
        units.curve(row, COLOR["h"], dashes)
    units.label_ends([(["one"], "-", one[-1]), (["the other"], "--", other[-1])], COLOR["h"], 20)
    low = np.floor(np.log10(min(apart[apart > 0].min(), grown[grown > 0].min())))
    high = max(np.ceil(np.log10(max(apart.max(), grown.max()))), low + 1)
    sizes = Plot(sheet, (80, 246, 600, 410), (0, T - 1), (10 ** low, 10 ** high), log=True)
    ticks = 10 ** np.arange(low, high + 1, max(1, (high - low) // 4))
    sizes.axis_y(ticks, "how far apart the states are")
    sizes.axis_x(range(0, T, max(1, T // 5)), "step")
    sizes.curve(apart, COLOR["h"])
    sizes.curve(grown, COLOR["gradient"], "--")
    sizes.label_ends([(["distance", power(apart[-1])], "-", apart[-1]),
                      (["product of", "Jacobians", power(grown[-1])], "--", grown[-1])], QUIET, 52)
    return sheet
