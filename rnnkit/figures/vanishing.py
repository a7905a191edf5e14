"""Gradients that vanish: a dashboard of the flow back through time, and a map of its rate."""

from functools import cache

import numpy as np

from rnnkit.figures.arguments import expect_functions
from rnnkit.figures.diagram import Diagram
from rnnkit.figures.explorer import Control, Explorer
from rnnkit.figures.picture import Drawing
from rnnkit.figures.plot import Plot, power
from rnnkit.figures.style import COLOR, FAINT, INK, QUIET, SHADE, mix, readable_on
from rnnkit.figures.svg import NEGATIVE, POSITIVE, Sheet, number
from rnnkit.rnn import rnn_forward

H, D, N, POINTS, LENGTHS = 32, 4, 8, 20, (20, 60, 100)
LIMITS, ROUNDED = (1e-40, 1e15), np.finfo(float).eps


def flow_explorer(gradient_norms):
    """How much of the last state's gradient is left at every state before it; and the eigenvalues of W_h.

    gradient_norms: gradient_norms(h, W_h, dh_T) -> norms (T, N). It runs on the states of a tanh network with H = 32,
    D = 4, N = 8, whose norms are shown in their geometric mean.
    Returns an Explorer with the controls `radius` (the spectral radius of W_h), `inputs` (their standard deviation) and
    `steps` (from the first state to the last). Raises ValueError where gradient_norms is no function.
    """
    expect_functions("flow_explorer", gradient_norms=gradient_norms)
    states_of = cache(random_states)

    def frame_of(radius, inputs, steps):
        h, W_h, dh_T = states_of(radius, inputs)
        h = h[:steps + 1]
        norms = np.asarray(gradient_norms(h, W_h, dh_T.copy()), float)[::-steps // POINTS]
        with np.errstate(divide="ignore", invalid="ignore"):
            left = np.exp(np.log(norms / norms[0]).mean(axis=1))
        slope, reached = np.mean(1 - h[1:] ** 2), np.linalg.norm(h[-1], axis=1).mean() / np.sqrt(H)
        title = f"{power(left[-1])} of the gradient reaches step 1: times {left[-1] ** (1 / steps):.2f} a step"
        words = _flow_in_words(radius, inputs, steps, left, slope, reached, title)
        return Drawing(_draw_flow(left, np.linalg.eigvals(W_h), slope, steps, title), words)

    return Explorer(frame_of, "radius", pace=700,
                    radius=Control("Spectral radius of W_h", (0.5, 0.7, 0.9, 1.0, 1.2, 1.5, 2.0, 2.5, 3.0), 1.5),
                    inputs=Control("Standard deviation of the inputs", (0.0, 0.25, 0.5, 1.0, 2.0), 1.0),
                    steps=Control("Steps", LENGTHS, LENGTHS[-1]))


def random_states(radius, inputs):
    """The states h (101, N, H) of a fixed random network after thirty steps of running in, W_h, and dh_T (N, H).

    W_h is Gaussian, with this spectral radius. inputs: the standard deviation of x.
    """
    rng = np.random.default_rng(4)
    W_h, W_x = rng.standard_normal((H, H)), rng.standard_normal((D, H)) / np.sqrt(D)
    h0, dh_T = rng.standard_normal((N, H)) / 2, rng.standard_normal((N, H))
    W_h *= radius / np.abs(np.linalg.eigvals(W_h)).max()
    h, _ = rnn_forward(inputs * rng.standard_normal((31 + LENGTHS[-1], N, D)), h0, W_x, W_h, np.zeros(H))
    return h[30:], W_h, dh_T


def _flow_in_words(radius, inputs, steps, left, slope, reached, title):
    numbers = ", ".join(f"{power(left[k])} at {steps * k // POINTS} steps back" for k in (1, 5, 10, 15, 20))
    return (f"How much of the gradient of the last state is left at the states before it, on a log axis. W_h has "
            f"spectral radius {radius:g}, the inputs have standard deviation {inputs:g}, and there are {steps} steps. "
            f"{title}. {numbers}. The slopes of tanh are {slope:.2f} in the mean. A unit of the last state is about "
            f"{reached:.2f} in size.")


def _draw_flow(left, eigenvalues, slope, steps, title):
    """The eigenvalues within the unit circle, and the share of the gradient against steps back."""
    sheet, center, unit = Sheet(800, 400), np.array([122, 190]), 36
    sheet.write((8, 20), title, 17, ha="start", bold=True)
    sheet.write((center[0], 56), "eigenvalues of *W_h*", 13)
    sheet.circle(center, unit, SHADE, QUIET)
    for value in eigenvalues:
        sheet.circle(center + unit * np.array([value.real, -value.imag]), 3.5, COLOR["W"], INK, 0.5)
    sheet.write((center[0], 322), "gray: the circle of radius 1", 12, QUIET)
    sheet.write((center[0], 348), f"mean slope of tanh: {number(slope)}", 13)
    plot = Plot(sheet, (330, 62, 650, 330), (0, POINTS), LIMITS, log=True)
    plot.axis_y((1e-40, 1e-30, 1e-20, 1e-10, 1, 1e10), "gradient, relative to the last step")
    plot.axis_x((), "steps back from the last")
    for k in (0, 5, 10, 15, 20):
        plot.line((plot.x(k), plot.bottom), (plot.x(k), plot.bottom + 4), QUIET)
        sheet.write((plot.x(k), plot.bottom + 15), str(steps * k // POINTS), 12, QUIET)
    plot.level(1, FAINT)
    plot.level(ROUNDED, QUIET, ":")
    sheet.write((plot.left + 6, plot.y(ROUNDED) + 10), f"{power(ROUNDED)}: beside 1, rounded away", 12, QUIET,
                ha="start")
    plot.curve(left, COLOR["gradient"])
    plot.label_ends([(["at step 1:", power(left[-1])], "-", left[-1])], COLOR["gradient"])
    return sheet


def rate_map(gains, inputs, rates):
    """The growth rate of a gradient over the gain of W_h and the size of the inputs, and the line where it is 1.

    gains: (G,), rising. inputs: standard deviations, (S,), rising. rates: (G, S).
    Returns a Drawing. Raises ValueError where the shapes disagree.
    """
    gains, inputs, rates = (np.asarray(array, float) for array in (gains, inputs, rates))
    if rates.shape != (len(gains), len(inputs)) or rates.size == 0:
        raise ValueError(f"rate_map: rates has shape {rates.shape}; {(len(gains), len(inputs))} was expected, a row "
                         f"for each gain and a column for each size of the inputs.")
    below = np.mean(rates < 1)
    title = f"The line where gradients last: the rate is below 1 in {100 * below:.0f}% of this map"
    ones = [crossing(gains, column) for column in rates.T]
    words = "; ".join(f"inputs {size:g}: " + (f"it is 1 at a gain of {one:.2f}" if one else "it is 1 nowhere")
                      for size, one in zip(inputs, ones, strict=True))
    table = "; ".join(f"gain {gain:g}: {', '.join(f'{rate:.2f}' for rate in row)}"
                      for gain, row in zip(gains, rates, strict=True))
    across = ", ".join(f"{size:g}" for size in inputs)
    return Drawing(_draw_map(gains, inputs, rates, title),
                   f"The growth rate of a gradient per step, over the gain of W_h and the standard deviation of the "
                   f"inputs. {title}. {words}. The rates, for inputs of {across}: {table}.")


def crossing(gains, rates):
    """The first gain at which rates go through 1, between two of them in proportion; None where they do not."""
    for k in np.flatnonzero((rates[:-1] < 1) & (rates[1:] >= 1))[:1]:
        return gains[k] + (gains[k + 1] - gains[k]) * (1 - rates[k]) / (rates[k + 1] - rates[k])
    return None


def _draw_map(gains, inputs, rates, title):
    """A cell with its number for each rate, purple below 1 and orange above, and the line between the two."""
    left, top, wide, high = 90, 56, 620 / len(inputs), min(40, 300 / len(gains))
    bottom = top + high * len(gains)
    sheet = Diagram(bottom + 56, title)
    sheet.aside((8, 42), "gain of *W_h*", 13, ha="start")
    for row, gain in enumerate(gains):
        level = bottom - high * (row + 0.5)
        sheet.aside((left - 10, level), f"{gain:g}", 13, ha="end")
        for column in range(len(inputs)):
            rate, across = rates[row, column], left + wide * (column + 0.5)
            shade = mix("#FFFFFF", (POSITIVE if rate > 1 else NEGATIVE)[0], min(1, 2.5 * abs(np.log(rate))))
            sheet.box((across, level), wide, high, shade, "white", 1, 0)
            sheet.write((across, level), f"{rate:.2f}", 13, readable_on(shade))
    for column, size in enumerate(inputs):
        sheet.aside((left + wide * (column + 0.5), bottom + 16), f"{size:g}", 13)
    sheet.aside((left + 310, bottom + 40), "standard deviation of the inputs", 13)
    vanishing = np.logical_and.accumulate(rates < 1, axis=0).sum(axis=0)     # how many gains, from the lowest on
    steps = [(left + wide * (column + side), bottom - high * rows)
             for column, rows in enumerate(vanishing) for side in (0, 1)]
    sheet.way([steps[0], *(step for step, before in zip(steps[1:], steps, strict=False) if step != before)], INK, 2.5)
    sheet.write((steps[-1][0] + 8, steps[-1][1]), "rate = 1", 13, ha="start")
    return sheet
