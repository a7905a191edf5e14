"""Activation functions: values and slopes, where they saturate, and where the naive sigmoid overflows."""

import warnings

import numpy as np

from rnnkit.activations import relu
from rnnkit.figures.arguments import expect_functions
from rnnkit.figures.explorer import Choice, Explorer, Slider
from rnnkit.figures.picture import Picture
from rnnkit.figures.strokes import headline
from rnnkit.figures.style import COLOR, INK, QUIET, SHADE, SMALL, TEXT

FLAT = 0.01  # a slope below this counts as saturated
NAMES = ("sigmoid", "tanh", "relu")


def activation_explorer(sigmoid, activation_slopes):
    """An activation function and, below it, its slope, with a point z that moves along both.

    Where the slope is below 0.01 the function is shaded as saturated. tanh is NumPy's, relu is rnnkit's.

    sigmoid: sigmoid(z) -> array of z's shape.
    activation_slopes: activation_slopes(s, t, r) -> ds, dt, dr, the slopes from the outputs.
    Returns an Explorer with the controls `function` ("sigmoid", "tanh" or "relu") and `z` (-8 to 8).
    Raises ValueError where one of the two is no function.
    """
    expect_functions("activation_explorer", sigmoid=sigmoid, activation_slopes=activation_slopes)

    def evaluate(function, z):
        outputs = sigmoid(z), np.tanh(z), relu(z)
        k = NAMES.index(function)
        return np.asarray(outputs[k]), np.asarray(activation_slopes(*outputs)[k])

    def picture_of(function, z):
        curve = np.linspace(-8, 8, 801)
        value, slope = (float(number[0]) for number in evaluate(function, np.array([z], float)))
        values, slopes = evaluate(function, curve)
        title = f"{function}({z:.2f}) = {value:.4f}, and its slope there is {slope:.4f}"
        state = "saturated" if slope < FLAT else "not saturated"
        alt = (f"{title}: {state}. The slope is below {FLAT}, shaded, {_regions(curve, slopes < FLAT)}. "
               f"Its largest value is {slopes.max():.2f}.")
        curves, point = (curve, values, slopes), (z, value, slope)
        return Picture(lambda figure: _draw_activation(figure, curves, point, title), alt, 4.3)

    return Explorer(picture_of, function=Choice("Function", NAMES, "sigmoid"), z=Slider("z", -8, 8, 0.05, 1))


def _regions(z, flat):
    """Where on the grid z the function is flat, in words."""
    if not flat.any():
        return "nowhere"
    edges = [z[k] if flat[k] else z[k + 1] for k in np.flatnonzero(np.diff(flat))]
    if flat[0] and flat[-1] and len(edges) == 2:
        return f"for z below {edges[0]:.2f} and above {edges[1]:.2f}"
    if len(edges) == 1:
        return f"for z {'below' if flat[0] else 'above'} {edges[0]:.2f}"
    return f"at {flat.mean():.0%} of the z shown"


def _draw_activation(figure, curves, point, title):
    z, values, slopes = curves
    at, value, slope = point
    headline(figure, title)
    above, below = figure.add_axes((0.085, 0.5, 0.9, 0.37)), figure.add_axes((0.085, 0.13, 0.9, 0.27))
    margin = max(0.08 * np.ptp(values), 0.05)
    above.axline((at, value), slope=slope, color=COLOR["gradient"], linewidth=1.5, linestyle="--", zorder=3)
    above.set(ylim=(values.min() - margin, values.max() + margin), ylabel="value")
    below.set(ylim=(-0.06, 1.15), ylabel="slope", xlabel="$z$")
    for ax, curve, height in [(above, values, value), (below, slopes, slope)]:
        ax.fill_between(z, 0, 1, where=slopes < FLAT, transform=ax.get_xaxis_transform(), color=SHADE,
                        linewidth=0)
        ax.axvline(at, color=QUIET, linewidth=1, linestyle=":")
        ax.plot(z, curve, color=COLOR["h"] if ax is above else COLOR["gradient"])
        ax.plot(at, height, "o", color=INK, markersize=8, clip_on=False, zorder=4)
        ax.set_xlim(-8, 8)
        ax.locator_params(axis="y", nbins=4)
    above.tick_params(labelbottom=False)
    flat = z[slopes < FLAT]
    if len(flat):
        below.text(flat[0] + 0.1, 1.1, f"slope < {FLAT}", fontsize=SMALL, color=INK, va="top")
    above.text(1, 1.04, "dashed: the tangent", fontsize=SMALL, color=QUIET, ha="right",
               transform=above.transAxes)


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
