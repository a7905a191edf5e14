"""Curves on log axes: the error of a numerical gradient, losses, and gradients on their way back through time."""

import textwrap

import numpy as np

from rnnkit.figures.arguments import count, expect_arrays, scientific
from rnnkit.figures.labels import label_ends
from rnnkit.figures.picture import Picture
from rnnkit.figures.strokes import headline
from rnnkit.figures.style import COLOR, DASHES, FAINT, INK, QUIET, SERIES, SMALL, TEXT

MARKERS = ("o", "s", "^", "D", "v", "P")


def v_curve(eps, errors):
    """The relative error of a numerical gradient against the distance eps that every entry was moved, on log axes.

    Marked are the smallest error of each curve, and the power of eps with which each arm of the first curve goes.

    eps: distances, (K,), above 0. errors: name -> errors, (K,), 1 to 6 of them, as in {"float64": ..., "float32": ...}.
    Returns a Picture. Raises ValueError where eps and the errors do not fit each other.
    """
    eps = np.asarray(eps, float)
    if eps.ndim != 1 or not len(eps) or not np.all(np.isfinite(eps) & (eps > 0)):
        raise ValueError(f"v_curve: eps is {eps}; distances above 0, (K,), were expected.")
    order = np.argsort(eps)
    expect_arrays("v_curve", "errors", errors, lambda error: np.shape(error) == eps.shape, eps.shape)
    curves = {name: positive(error)[order] for name, error in errors.items()}
    eps = eps[order]
    best = {name: int(np.nanargmin(error)) for name, error in curves.items() if not np.isnan(error).all()}
    arms = [arm for name, k in list(best.items())[:1] for arm in _arms(eps, curves[name], k)]
    return Picture(lambda figure: _draw_v(figure, eps, curves, best, arms),
                   _v_in_words(eps, curves, best, arms), 4.4)


def _v_in_words(eps, curves, best, arms):
    words = [f"{name} is best at ε = {scientific(eps[k], 1)}, with an error of {scientific(curves[name][k])}; at ε = "
             f"{scientific(eps[0], 1)} its error is {scientific(curves[name][0])}." for name, k in best.items()]
    words += [f"Where {what} rules, the error of {next(iter(best))} goes with ε to the power {power:.1f}."
              for what, _, power in arms]
    return " ".join(["The relative error of a numerical gradient against ε, both on log axes.", *words])


def _arms(eps, error, best):
    """The two arms of a V: what rules there, its points, and the power of eps that fits its error."""
    arms = []
    for what, arm in [("rounding", eps < eps[best]), ("truncation", eps > eps[best])]:
        arm = np.flatnonzero(arm & (error < 0.3))
        if len(arm) > 1:
            arms.append((what, arm, np.polyfit(np.log(eps[arm]), np.log(error[arm]), 1)[0]))
    return arms


def _draw_v(figure, eps, curves, best, arms):
    ax = figure.add_axes((0.1, 0.14, 0.87, 0.74))
    headline(figure, "The best ε: " + ", ".join(f"{scientific(eps[k], 1)} in {name}" for name, k in best.items()))
    ax.set(xscale="log", yscale="log", xlabel="ε", ylabel="relative error")
    for error, dashes, marker in zip(curves.values(), DASHES, MARKERS, strict=False):
        ax.plot(eps, error, color=COLOR["gradient"], linestyle=dashes, marker=marker, markersize=6,
                markerfacecolor="white", markeredgewidth=1.5)
    for row, (name, k) in enumerate(best.items()):
        ax.plot(eps[k], curves[name][k], MARKERS[row], color=INK, markersize=9, zorder=4)
        below = {"xytext": (0, -12), "textcoords": "offset points", "ha": "center"}
        aside = {"xytext": (1, 1.06 - 0.1 * row), "textcoords": "axes fraction", "ha": "right",
                 "arrowprops": {"arrowstyle": "-", "color": QUIET}}
        ax.annotate(f"{name}: {scientific(curves[name][k])}", (eps[k], curves[name][k]), fontsize=TEXT, va="top",
                    **(aside if row == 1 else below))
    for what, arm, power in arms:
        middle, right = arm[len(arm) // 2], what == "truncation"
        at = eps[middle], curves[next(iter(best))][middle]
        ax.annotate(f"{what}:\nerror ~ ε$^{{{power:.1f}}}$", at, (10 if right else -10, -8),
                    textcoords="offset points", fontsize=SMALL, color=QUIET, ha="left" if right else "right",
                    va="top")
    low, high = ax.get_ylim()
    ax.set_ylim(low / 20, 2 * high)
    ax.minorticks_off()


def losses(histories):
    """Losses during training, on a log axis: a thin line for every update, a thick one for the mean around it.

    The mean is geometric, over a fiftieth of the updates, so that a steep fall stays where it is.

    histories: name -> the loss of every update, (updates,), 1 to 6 of them.
    Returns a Picture. Raises ValueError where a history is empty or is no row of numbers.
    """
    expect_arrays("losses", "histories", histories,
                  lambda history: np.ndim(history) == 1 and len(history) > 0, "(updates,)")
    runs = {name: positive(history) for name, history in histories.items()}
    means = {name: mean_around(history) for name, history in runs.items()}
    title = _fall(list(means.values()))
    words = ". ".join(f"{name}: {history[0]:.3g} at first, {means[name][-1]:.3g} at the end, after "
                      f"{len(history)} updates" for name, history in runs.items())
    alt = f"The loss of every update during training, on a log axis. {title}. {words}."
    return Picture(lambda figure: _draw_losses(figure, runs, means, title), alt, 4.1)


def positive(numbers):
    """The numbers as floats, with NaN for those that a log axis cannot show."""
    numbers = np.asarray(numbers, float)
    return np.where(np.isfinite(numbers) & (numbers > 0), numbers, np.nan)


def mean_around(history):
    """The geometric mean of a loss around every update, over a fiftieth of them, (updates,); NaN from a NaN on."""
    updates, half = np.arange(len(history)), len(history) // 100
    sums = np.concatenate([np.zeros(1), np.cumsum(np.log(history))])
    starts, ends = np.maximum(updates - half, 0), np.minimum(updates + half + 1, len(history))
    return np.exp((sums[ends] - sums[starts]) / (ends - starts))


def _fall(means):
    """How far losses fall, in words."""
    times = [mean[0] / mean[-1] for mean in means]
    falling = [factor for factor in times if factor > 1.5]
    if len(falling) < len(means):
        return f"{len(falling) or 'None'} of {len(means)} loss{'es' * (len(means) > 1)} fall{'s' * (len(falling) < 2)}"
    least = f"to 1/{min(times):.0f} of where {'it' if len(means) == 1 else 'they'} began"
    return {1: f"The loss falls, {least}", 2: f"Both losses fall, {least} or less"}.get(
        len(means), f"All {len(means)} losses fall, {least} or less")


def _draw_losses(figure, runs, means, title):
    headline(figure, title)
    ax = figure.add_axes((0.1, 0.14, 0.62, 0.73))
    for (name, history), dashes, color in zip(runs.items(), DASHES, SERIES, strict=False):
        updates = np.arange(1, len(history) + 1)
        ax.plot(updates, history, color=FAINT, linewidth=0.6, zorder=1)
        ax.plot(updates, means[name], color=color, linestyle=dashes, zorder=2)
    ax.set(yscale="log", xlabel="update", ylabel="loss", xlim=(0, max(map(len, runs.values()))))
    label_ends(ax, {f"{textwrap.fill(name, 20)}\n{scientific(mean[-1])} at the end": mean[-1]
                    for name, mean in means.items()}, SERIES)


def gradient_flow(sizes):
    """How much of the last state's gradient comes back to the input of each earlier step, on a log axis.

    A thin line is one network, relative to its own last step; a thick one is the geometric mean of a kind.

    sizes: name -> |dx_t| for t = 1, ..., T of K networks of one kind, (K, T), where the loss looks at h_T only; 1 to 6
    kinds.
    Returns a Picture. Raises ValueError where the sizes are no such arrays.
    """
    expect_arrays("gradient_flow", "sizes", sizes, lambda array: np.ndim(array) == 2 and np.size(array), "(K, T)")
    runs = {name: positive(array) / positive(array)[:, -1:] for name, array in sizes.items()}
    words = ". ".join(f"{name}: from {array.shape[1] - 1} steps back {scientific(array[:, 0].min(), 1)} to "
                      f"{scientific(array[:, 0].max(), 1)}, in the geometric mean {scientific(_mean(array)[0], 1)}"
                      for name, array in runs.items())
    ends = [_mean(array)[0] for array in runs.values()]
    far = max(array.shape[1] for array in runs.values()) - 1
    title = f"From {count(far, 'step')} back comes {scientific(min(ends), 1)}"
    title += f" to {scientific(max(ends), 1)}" * (len(ends) > 1) + " of the gradient"
    alt = ("How much of the gradient of the last state comes back to the input of each step, relative to the last "
           f"step, on a log axis, against the number of steps back. {title}. {words}.")
    return Picture(lambda figure: draw_flow(figure, runs, title), alt, 4.4)


def _mean(array):
    """The geometric mean of K networks, (K, T) -> (T,)."""
    return np.exp(np.log(array).mean(axis=0))


def draw_flow(figure, runs, title, limits=None):
    """Draw gradients relative to the last step, name -> (K, T), against steps back. limits: of the log axis."""
    ax = figure.add_axes((0.1, 0.14, 0.61, 0.74))
    headline(figure, title)
    for array, dashes in zip(runs.values(), DASHES, strict=False):
        back = np.arange(array.shape[1])[::-1]
        ax.plot(back, array.T, color=FAINT, linewidth=0.6, zorder=1)
        ax.plot(back, _mean(array), color=COLOR["gradient"], linestyle=dashes, zorder=2)
    ax.set(yscale="log", xlim=(0, max(array.shape[1] for array in runs.values()) - 1), ylim=limits,
           xlabel="steps back from the last", ylabel="gradient, relative to the last step")
    ax.minorticks_off()
    if max(map(len, runs.values())) > 1:
        ax.text(0.02, 0.03, "thin: each network\nthick: their geometric mean", fontsize=SMALL, color=QUIET,
                transform=ax.transAxes)
    ends = {name: _mean(array)[0] for name, array in runs.items()}
    label_ends(ax, {f"{textwrap.fill(name, 20)}\n{scientific(end, 1)}": end for name, end in ends.items()},
               [COLOR["gradient"]] * len(ends))
