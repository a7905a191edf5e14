"""How long a state remembers: its response to one impulse."""

import numpy as np

from rnnkit.figures.arguments import count, expect_functions
from rnnkit.figures.explorer import Explorer, Slider
from rnnkit.figures.labels import spread
from rnnkit.figures.picture import Picture
from rnnkit.figures.strokes import headline
from rnnkit.figures.style import COLOR, INK, QUIET, SHADE, SMALL, TEXT, tint

STEPS = 60
DASHES = ("-", "--", "-.", ":")
IMPULSE_WEIGHTS = np.array([[0.9, -0.4]])  # W_x: one input, two units


def turning_matrix(radius, angle):
    """A recurrent matrix W_h (2, 2) that scales a state by `radius` and turns it by `angle` degrees.

    Its eigenvalues are radius e^(+-i angle), so its spectral radius is `radius`.
    """
    c, s = np.cos(np.radians(angle)), np.sin(np.radians(angle))
    return radius * np.array([[c, s], [-s, c]])


def impulse_response(rnn_step, radius, angle, impulse):
    """The states h (60, 2) when the input is `impulse` at step 0 and zero at every later step."""
    W_h, b = turning_matrix(radius, angle), np.zeros(2)
    h_t, h = np.zeros((1, 2)), np.empty((STEPS, 2))
    for t in range(STEPS):
        x_t = np.full((1, 1), impulse if t == 0 else 0.0)
        h_t, _ = rnn_step(x_t, h_t, IMPULSE_WEIGHTS, W_h, b)
        h[t] = np.reshape(h_t, 2)
    return h


def half_life(length):
    """The first step from which on the length |h_t| is below half of |h_0|, or None."""
    last = int(np.flatnonzero(length >= length[0] / 2)[-1])
    return None if last == len(length) - 1 else last + 1


def sign_changes(h):
    """How often the unit with the largest value changes its sign while |h_t| is above 1% of |h_0|."""
    length = np.linalg.norm(h, axis=1)
    largest = h[length > 0.01 * length[0], np.argmax(np.abs(h).max(axis=0))]
    return int(np.count_nonzero(np.diff(np.sign(largest))))


def verdict(h):
    """A sentence on what becomes of the states h (60, 2), from their lengths and from how often a sign changes."""
    length = np.linalg.norm(h, axis=1)
    rings, half, left = sign_changes(h) > 1, half_life(length), length[-1] / max(length[0], 1e-300)
    if half is not None:
        what = "dies" if left < 0.01 else "fades"
        rest = "" if left < 0.01 else f", {100 * left:.0f}% left after {STEPS - 1}"
        return f"It {'rings and ' * rings}{what}: half gone after {count(half, 'step')}{rest}"
    if np.ptp(h[-10:], axis=0).max() < 1e-3 * length[-1]:
        return f"It settles on a state of its own, of length {length[-1]:.2f}"
    what = "rings on" if rings else "fades slowly" if left < 1 else "grows"
    return f"It {what}: of length {length[0]:.2f} at first, {length[-1]:.2f} after {STEPS - 1} steps"


def impulse_explorer(rnn_step):
    """The response of a state to one impulse at t = 0: how long the states that `rnn_step` makes remember it.

    rnn_step: rnn_step(x, h, W_x, W_h, b) -> h_next, cache. It runs for 60 steps with N = 1, D = 1, H = 2.
    Returns an Explorer with the controls `radius` (the spectral radius of W_h), `angle` (by which W_h turns
    the state at every step, in degrees) and `impulse` (the input at t = 0).
    Raises ValueError where rnn_step is no function.
    """
    expect_functions("impulse_explorer", rnn_step=rnn_step)

    def picture_of(radius, angle, impulse):
        h = impulse_response(rnn_step, radius, angle, impulse)
        return Picture(lambda figure: _draw_impulse(figure, h, radius, angle),
                       _impulse_in_words(h, radius, angle, impulse), 3.5)

    return Explorer(picture_of,
                    radius=Slider("Spectral radius of W_h", 0.5, 1.5, 0.01, 0.9),
                    angle=Slider("Turn at every step (degrees)", 0, 180, 5, 30),
                    impulse=Slider("Input at t = 0", 0.1, 3, 0.1, 1))


def _impulse_in_words(h, radius, angle, impulse):
    length = np.linalg.norm(h, axis=1)
    lengths = ", ".join(f"{length[t]:.3g} at t = {t}" for t in (0, 10, 30, STEPS - 1))
    return (f"The two units of a state over {STEPS} steps, after an input of {impulse:g} at t = 0 and zeros "
            f"from then on. W_h has spectral radius {radius:g} and turns the state by {angle:g} degrees at "
            f"every step. {verdict(h)}. The larger unit changes its sign {sign_changes(h)} times. "
            f"The length of h_t: {lengths}.")


def _draw_impulse(figure, h, radius, angle):
    headline(figure, verdict(h))
    _draw_eigenvalues(figure.add_axes((0.015, 0.15, 0.25, 0.6)), radius, angle)
    ax = figure.add_axes((0.365, 0.165, 0.62, 0.68))
    steps, length = np.arange(STEPS), np.linalg.norm(h, axis=1)
    top = 1.1 * max(length.max(), 1e-9)
    ax.fill_between(steps, -length, length, color=tint(COLOR["h"], 0.15), linewidth=0)
    for unit, at in enumerate(spread(h[0], 0.16 * top)):
        ax.plot([-5, -1, *steps], [at, at, *h[:, unit]], DASHES[unit], color=COLOR["h"])
        ax.text(-5.6, at, f"unit {unit + 1}", fontsize=SMALL, ha="right", va="center")
    ax.axhline(0, color=QUIET, linewidth=0.8, zorder=1)
    half = half_life(length)
    if half is not None:
        ax.axvline(half, color=INK, linewidth=1, linestyle=(0, (2, 2)))
        aside = {"x": half - 0.8, "ha": "right"} if half > 40 else {"x": half + 0.8, "ha": "left"}
        ax.text(y=-0.98 * top, s=f"half gone: t = {half}", fontsize=SMALL, va="bottom", **aside)
    figure.text(0.985, 0.865, r"shaded: $\pm$ the length of $h_t$", fontsize=SMALL, color=QUIET, ha="right")
    ax.set(xlim=(-13, STEPS), ylim=(-top, top), xticks=range(0, STEPS + 1, 10),
           xlabel="steps since the impulse, $t$", ylabel="$h_t$")
    ax.spines["bottom"].set_bounds(0, STEPS)
    ax.locator_params(axis="y", nbins=5)


def _draw_eigenvalues(ax, radius, angle):
    """Where the eigenvalues of W_h lie, and the circle of radius 1."""
    around = np.linspace(0, 2 * np.pi, 200)
    ax.fill(np.cos(around), np.sin(around), facecolor=SHADE, edgecolor=QUIET)
    ax.plot([-1.6, 1.6], [0, 0], color=QUIET, linewidth=0.6)
    ax.plot([0, 0], [-1.6, 1.6], color=QUIET, linewidth=0.6)
    eigenvalues = np.linalg.eigvals(turning_matrix(radius, angle))
    ax.plot(eigenvalues.real, eigenvalues.imag, "o", color=COLOR["W"], markeredgecolor=INK, markersize=9)
    ax.set(xlim=(-1.6, 1.6), ylim=(-1.6, 1.6), aspect="equal")
    ax.axis("off")
    ax.set_title("eigenvalues of $W_h$", loc="center", fontsize=TEXT)
    ax.text(0, -1.7, "the circle has radius 1", ha="center", va="top", fontsize=SMALL, color=QUIET)
