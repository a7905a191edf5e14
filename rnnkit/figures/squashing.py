"""Activation functions: values and slopes, where they saturate, and where the naive sigmoid overflows."""

import warnings

import numpy as np

from rnnkit.activations import relu
from rnnkit.figures.arguments import expect_functions
from rnnkit.figures.explorer import Control, Explorer, numbers
from rnnkit.figures.picture import Drawing, Picture
from rnnkit.figures.plot import Plot
from rnnkit.figures.strokes import headline
from rnnkit.figures.style import COLOR, INK, QUIET, SHADE, SMALL, TEXT
from rnnkit.figures.svg import Sheet, number

FLAT = 0.01  # a slope below this counts as saturated
NAMES = ("sigmoid", "tanh", "relu")


def activation_explorer(sigmoid, activation_slopes):
    """An activation function and, below it, its slope, with a point z that moves along both.

    Where the slope is below 0.01 the function is shaded as saturated. tanh is NumPy's, relu is rnnkit's.

    sigmoid: sigmoid(z) -> array of z's shape.
    activation_slopes: activation_slopes(s, t, r) -> ds, dt, dr, the slopes from the outputs.
    Returns an Explorer with the controls `z` (-8 to 8) and `function` ("sigmoid", "tanh" or "relu").
    Raises ValueError where one of the two is no function.
    """
    expect_functions("activation_explorer", sigmoid=sigmoid, activation_slopes=activation_slopes)
    place, z = numbers("z", -8, 8, 0.2, 1), np.linspace(-8, 8, 801)
    outputs = sigmoid(z.copy()), np.tanh(z), relu(z)
    slopes = [np.array(slope, float) for slope in activation_slopes(*(np.array(output) for output in outputs))]
    curves = {name: (z, np.array(output, float), slope)
              for name, output, slope in zip(NAMES, outputs, slopes, strict=True)}

    def frame_of(z, function):
        k = 10 * place.options.index(z)
        points, values, slopes = curves[function]
        title = f"{function}({number(z)}) = {number(values[k], 4)}, and its slope there is {number(slopes[k], 4)}"
        state = "saturated" if slopes[k] < FLAT else "not saturated"
        alt = (f"{title}: {state}. The slope is below {FLAT}, shaded, {_regions(points, slopes < FLAT)}. "
               f"Its largest value is {slopes.max():.2f}.")
        return Drawing(_draw_activation(curves[function], k, title), alt)

    return Explorer(frame_of, "z", pace=80, z=place, function=Control("Function", NAMES, "sigmoid", ordered=False))


def _regions(z, flat):
    """Where on the grid z the function is flat, in words."""
    if not flat.any():
        return "nowhere"
    edges = [z[k] if flat[k] else z[k + 1] for k in np.flatnonzero(np.diff(flat))]
    if flat[0] and flat[-1] and len(edges) == 2:
        return f"for z below {number(edges[0])} and above {number(edges[1])}"
    if len(edges) == 1:
        return f"for z {'below' if flat[0] else 'above'} {number(edges[0])}"
    return f"at {flat.mean():.0%} of the z shown"


def _draw_activation(curves, k, title):
    z, values, slopes = curves
    sheet = Sheet(800, 430)
    sheet.write((8, 20), title, 17, ha="start", bold=True)
    low, high = np.round((values.min(), values.max()))
    high, margin = max(high, low + 1), max(0.08 * np.ptp(values), 0.05)
    up = min(low, values.min()) - margin, max(high, values.max()) + margin
    above = Plot(sheet, (70, 62, 790, 240), (-8, 8), up)
    below = Plot(sheet, (70, 292, 790, 380), (-8, 8), (-0.06, 1.15))
    _shade(sheet, (above, below), z, slopes < FLAT)
    above.axis_y(np.linspace(low, high, 3), "value", 0 if high > 1 else 1)
    below.axis_y((0, 0.5, 1), "slope", 1)
    below.axis_x(range(-8, 9, 2), "*z*")
    room = min(values.max() - values[k], values[k] - values.min()) + margin
    reach = min(3, room / max(abs(slopes[k]), 1e-9))
    ends = [(above.x(z[k] + side * reach), above.y(values[k] + side * reach * slopes[k])) for side in (-1, 1)]
    above.line(*ends, COLOR["gradient"], 1.5, "--")
    for plot, curve, color in ((above, values, COLOR["h"]), (below, slopes, COLOR["gradient"])):
        plot.line((plot.x(z[k]), plot.top), (plot.x(z[k]), plot.bottom), QUIET, dashes=":")
        plot.curve(curve[::5], color)
        sheet.circle((plot.x(z[k]), plot.y(curve[k])), 6, INK, "white", 1)
    sheet.write((790, 50), "dashed: the tangent", 12, QUIET, ha="end")
    return sheet


def _shade(sheet, plots, z, flat):
    """The parts of both plots where the function is flat, each with its label: one on the left, one on the right."""
    edges = [z[0], z[0]], [z[-1], z[-1]]
    if flat[0]:
        edges[0][1] = z[-1] if flat.all() else z[np.argmin(flat)]
    if flat[-1] and not flat.all():
        edges[1][0] = z[-1 - np.argmin(flat[::-1])]
    for start, end in edges:
        for plot in plots:
            left, right = plot.x(start), plot.x(end)
            sheet.box(((left + right) / 2, (plot.top + plot.bottom) / 2), right - left, plot.bottom - plot.top, SHADE,
                      "none", corner=0)
        middle = (plots[1].x(start) + plots[1].x(end)) / 2
        sheet.write((middle, plots[1].top + 10), f"slope < {FLAT}" if end - start > 2 else "", 12)


def sigmoid_in_float32(naive, sigmoid):
    """Two ways of writing the sigmoid in single precision, for z from -120 to 120: values and slopes on log axes.

    The slope is s (1 - s). Marked, at places that are found by trying, is where `naive` overflows, and from where on
    `sigmoid` is exactly 1, so that its slope is exactly 0.

    naive, sigmoid: functions of a float32 array, each of which returns an array of its shape.
    Returns a Picture. Raises ValueError where one of the two is no function.
    """
    expect_functions("sigmoid_in_float32", naive=naive, sigmoid=sigmoid)
    z = np.linspace(-120, 120, 961, dtype=np.float32)
    with np.errstate(all="ignore"), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        curves = {name: np.asarray(f(z), np.float32) for name, f in [("naive", naive), ("stable", sigmoid)]}
    overflow = _last(lambda at: _overflows(naive, at), z)
    one = _first(lambda at: float(sigmoid(at)[0]) == 1, z)
    alive = {name: z[(s > 0) & (s < 1)] for name, s in curves.items()}
    alt = " ".join([
        "Two ways of writing the sigmoid, in float32, for z from -120 to 120.",
        "The naive one never overflows." if overflow is None else
        f"For z below {overflow:.2f} the naive one overflows on its way.",
        "The stable one is never exactly 1." if one is None else
        f"From z = {one:.2f} on the stable one is exactly 1, and its slope s (1 - s) is exactly 0.",
        *(f"The slope of the {name} one is above 0 for z from {ends[0]:.2f} to {ends[-1]:.2f}."
          for name, ends in alive.items() if len(ends))])
    return Picture(lambda figure: _draw_float32(figure, z, curves, overflow, one), alt, 4.6)


def _overflows(function, at):
    with np.errstate(all="ignore", over="raise"), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            function(at)
        except FloatingPointError:
            return True
    return False


def _last(holds, z):
    """The largest z for which something holds that holds for small z only, or None."""
    return _border(holds, z[0], z[-1]) if holds(z[:1]) and not holds(z[-1:]) else None


def _first(holds, z):
    """The smallest z for which something holds that holds for large z only, or None."""
    return _border(lambda at: not holds(at), z[0], z[-1]) if holds(z[-1:]) and not holds(z[:1]) else None


def _border(holds, low, high):
    """Where something stops holding between low, where it holds, and high, where it does not: by halving."""
    for _ in range(40):
        middle = np.float32((low + high) / 2)
        low, high = (middle, high) if holds(np.array([middle])) else (low, middle)
    return float(low)


def _draw_float32(figure, z, curves, overflow, one):
    looks = {"naive": {"color": INK, "linewidth": 2, "linestyle": (0, (4, 2)), "zorder": 3},
             "stable": {"color": COLOR["h"], "linewidth": 5, "alpha": 0.45, "zorder": 2}}
    breaks = [f"exp overflows below z = {overflow:.2f}"] * (overflow is not None)
    breaks += [f"the slope is 0 from z = {one:.2f} on"] * (one is not None)
    headline(figure, ("In float32 " + ", and ".join(breaks or ["both are the same"])).replace("-", "\N{MINUS SIGN}"))
    value, slope = figure.add_axes((0.1, 0.52, 0.875, 0.34)), figure.add_axes((0.1, 0.12, 0.875, 0.34))
    for name, s in curves.items():
        for ax, curve in [(value, s), (slope, s * (1 - s))]:
            ax.plot(z, np.where(curve > 0, curve, np.nan), **looks[name])
    for ax, label in [(value, "value"), (slope, "slope $s(1-s)$")]:
        ax.set(xlim=(-120, 120), yscale="log", ylim=(1e-46, 1e4), yticks=[1e-40, 1e-20, 1], ylabel=label)
        ax.minorticks_off()
        for at in (overflow, one):
            if at is not None:
                ax.axvline(at, color=INK, linewidth=1, linestyle=(0, (2, 2)), zorder=1)
    value.tick_params(labelbottom=False)
    slope.set_xlabel("$z$")
    if overflow is not None:
        value.text(overflow + 2, 1e-2, f"below z = {overflow:.2f}\nexp overflows", fontsize=SMALL, va="top")
        slope.text(overflow - 2, 1e-15, "the naive\nslope is\nexactly 0", fontsize=SMALL, va="center",
                   ha="right")
    if one is not None:
        value.text(one + 2, 1e-5, f"from z = {one:.2f} on\nthe value is exactly 1", fontsize=SMALL, va="top")
        slope.text(one + 2, 1e-15, "both slopes are exactly 0", fontsize=SMALL, va="center")
    value.text(-40, 1e-24, "dashed: naive", fontsize=TEXT)
    value.text(-40, 1e-32, "broad: stable", color=COLOR["h"], fontsize=TEXT)
