"""How long a state remembers: its response to one impulse."""

import numpy as np

from rnnkit.figures.arguments import count, expect_functions
from rnnkit.figures.explorer import Control, Explorer, numbers
from rnnkit.figures.picture import Drawing
from rnnkit.figures.plot import Plot, power
from rnnkit.figures.style import COLOR, FAINT, INK, QUIET, SHADE
from rnnkit.figures.svg import Sheet

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

    def frame_of(radius, angle, impulse):
        h = impulse_response(rnn_step, radius, angle, impulse)
        return Drawing(_draw_impulse(h, radius, angle), _impulse_in_words(h, radius, angle, impulse))

    return Explorer(frame_of, "radius", pace=250,
                    radius=numbers("Spectral radius of W_h", 0.5, 1.5, 0.05, 0.9),
                    angle=numbers("Turn at every step", 0, 180, 30, 30, " degrees"),
                    impulse=Control("Input at t = 0", (0.1, 1), 1))


def _impulse_in_words(h, radius, angle, impulse):
    length = np.linalg.norm(h, axis=1)
    lengths = ", ".join(f"{power(length[t])} at t = {t}" for t in (0, 10, 30, STEPS - 1))
    return (f"The two units of a state over {STEPS} steps, after an input of {impulse:g} at t = 0 and zeros "
            f"from then on. W_h has spectral radius {radius:g} and turns the state by {angle:g} degrees at "
            f"every step. {verdict(h)}. The larger unit changes its sign {sign_changes(h)} times. "
            f"The length of h_t: {lengths}.")


def _draw_impulse(h, radius, angle):
    """The eigenvalues of W_h, and both units over time within the length of the state."""
    sheet, length, half = Sheet(800, 350), np.linalg.norm(h, axis=1), half_life(np.linalg.norm(h, axis=1))
    sheet.write((8, 20), verdict(h), 17, ha="start", bold=True)
    _draw_eigenvalues(sheet, (118, 180), radius, angle)
    top = 0.15 if length.max() < 0.15 else 1.5
    plot = Plot(sheet, (290, 62, 690, 290), (0, STEPS - 1), (-top, top))
    plot.axis_y((-0.1, 0, 0.1) if top < 1 else (-1, 0, 1), "*h_t*", 1 if top < 1 else 0)
    plot.axis_x(range(0, STEPS, 10), "steps since the impulse, *t*")
    plot.curve(length, FAINT, width=4)
    plot.level(0, QUIET)
    for unit, dashes in enumerate(DASHES[:2]):
        plot.curve(h[:, unit], COLOR["h"], dashes)
    plot.label_ends([([f"unit {unit + 1}"], dashes, h[-1, unit]) for unit, dashes in enumerate(DASHES[:2])], FAINT, 20)
    sheet.write((790, 48), "gray: the length of *h_t*", 12, QUIET, ha="end")
    across = plot.x(half or 0)
    plot.line((across, plot.top), (across, plot.bottom), INK if half else "none", 1, ":")
    aside, anchor = (-6, "end") if across > 540 else (6, "start")
    sheet.write((across + aside, plot.bottom - 10), f"half gone: *t* = {half}" if half else "", 12, ha=anchor)
    return sheet


def _draw_eigenvalues(sheet, center, radius, angle):
    """Where the eigenvalues of W_h lie, and the circle of radius 1."""
    unit, center = 66, np.array(center)
    sheet.write((center[0], center[1] - 1.75 * unit), "eigenvalues of *W_h*", 13)
    sheet.circle(center, unit, SHADE, QUIET)
    for reach in ((1.6 * unit, 0), (0, 1.6 * unit)):
        sheet.add("path", d="M{:.1f},{:.1f} L{:.1f},{:.1f}".format(*(center - reach), *(center + reach)), stroke=QUIET,
                  stroke_width=0.6)
    for eigenvalue in np.linalg.eigvals(turning_matrix(radius, angle)).astype(complex):
        sheet.circle(center + unit * np.array([eigenvalue.real, -eigenvalue.imag]), 6, COLOR["W"])
    sheet.write((center[0], center[1] + 1.75 * unit), "the circle has radius 1", 12, QUIET)
