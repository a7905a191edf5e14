"""One unit that keeps one bit: pulses, states, and the weight on which it depends whether the bit stays."""

import numpy as np

from rnnkit.figures.arguments import expect_functions
from rnnkit.figures.explorer import Explorer, numbers, steps
from rnnkit.figures.gated_cell import CellSheet
from rnnkit.figures.picture import Drawing
from rnnkit.figures.plot import Plot
from rnnkit.figures.style import COLOR, FAINT, INK, QUIET, SHADE, readable_on, tint
from rnnkit.figures.svg import color_of, number

PULSES = {2: 1.0, 14: -1.0}                 # step, counted from 0 -> input; it is zero at all others
T, ASKED = 24, 12                           # steps, and the one whose state is asked for: ten after the first pulse
FIRST, APART = 128, 28                      # where the first step stands in the strip, and how far apart two are, in px
GRID = np.linspace(-1.2, 1.2, 49)


def switch_explorer(switch):
    """One unit, one input: what it makes of a pulse up and a pulse down, for a weight w of its own state.

    Below the states of all steps: the unit with the numbers of one step, and how a state answers to the one before it
    where nothing is heard. What it keeps is where that curve meets the diagonal.

    switch: switch(x, h, w) -> h_next, numbers or arrays, as in np.tanh(3 * x + w * h).
    Returns an Explorer with the controls `step` (1 to 24) and `w` (0 to 3).
    Raises ValueError where switch is no function.
    """
    expect_functions("switch_explorer", switch=switch)
    weight = numbers("Weight of the state, w", 0, 3, 0.25, 2)
    runs = {w: trace(switch, w) for w in weight.options}
    maps = {w: np.array([float(switch(0.0, h, w)) for h in GRID]) for w in weight.options}
    titles = {w: _title(run, left_in_silence(switch, run[ASKED + 1], w), w) for w, run in runs.items()}

    def frame_of(step, w):
        return Drawing(_drawn(runs[w], maps[w], step, w, titles[w]), _in_words(runs[w], step, titles[w]))

    return Explorer(frame_of, "step", pace=500, step=steps(T, ASKED + 1), w=weight)


def trace(switch, w):
    """The states of the unit, from zero, (T + 1,): the first one is zero."""
    states = [0.0]
    for t in range(T):
        states.append(float(switch(PULSES.get(t, 0.0), states[-1], w)))
    return np.array(states)


def left_in_silence(switch, h, w, steps=1000):
    """What a state becomes when nothing is heard for so many steps."""
    for _ in range(steps):
        h = float(switch(0.0, h, w))
    return h


def _title(states, left, w):
    """What becomes of the bit. left: of the state that is asked for, after as much silence as one likes."""
    state = states[ASKED + 1]
    kept = "kept" if abs(left) > 0.5 * abs(state) > 0 else "lost"
    return f"With w = {number(w)}, ten steps after the pulse the state is {number(state)}: the bit is {kept}"


def _in_words(states, t, title):
    return (f"A unit that hears 1 at step 3, \N{MINUS SIGN}1 at step 15 and nothing else, at step {t} of {T}. "
            f"{title}. At this step it hears {number(PULSES.get(t - 1, 0), 0)}, and its state goes from "
            f"{number(states[t - 1])} to {number(states[t])}. States of all steps: "
            f"{', '.join(map(number, states[1:]))}.")


def _drawn(states, answers, t, w, title):
    sheet = CellSheet(800, 480)
    sheet.write((8, 20), f"{title}.", 17, ha="start", bold=True)
    _draw_strip(sheet, states, t)
    _draw_unit(sheet, states, t, w)
    _draw_map(sheet, states, answers, t)
    return sheet


def _draw_strip(sheet, states, t):
    here = FIRST + APART * (t - 1)
    sheet.box((here, 102), APART, 92, tint(COLOR["x"], 0.2), "none", corner=5)
    for words, level in (("step", 69), ("input *x*", 95), ("state *h*", 127)):
        sheet.write((FIRST - 22, level), words, 12, ha="end")
    for k in range(T):
        across, pulse, color = FIRST + APART * k, PULSES.get(k, 0), color_of(states[k + 1])
        sheet.write((across, 69), str(k + 1), 11, QUIET)
        sheet.write((across, 95), number(pulse, 0) if pulse else "·", 13, bold=bool(pulse))
        sheet.box((across, 127), APART - 1.5, 29, color, "none", corner=0)
        sheet.write((across, 127), number(states[k + 1], 1), 10.5, readable_on(color))
    sheet.box((here, 102), APART, 92, "none", INK, 2, 5)
    for k in range(T):
        with sheet.marked(data_go=f"0 {k}", pointer_events="all"):
            sheet.box((FIRST + APART * k, 102), APART, 92, "none", "none")


def _draw_unit(sheet, states, t, w):
    """The input and the old state, each through its weight, their sum, and what tanh makes of it."""
    x, before, after = PULSES.get(t - 1, 0.0), states[t - 1], states[t]
    sheet.strand([(66, 400), (66, 320), (119, 320)], x, arrow=True)
    sheet.strand([(66, 240), (66, 320), (119, 320)], before, arrow=True)
    sheet.strand([(150, 320), (206, 320)], 3 * x + w * before, arrow=True)
    sheet.strand([(282, 320), (332, 320)], after, arrow=True)
    sheet.plus((134, 320))
    for level, name, weight in ((362, "3", 3), (276, "*w*", w)):
        sheet.box((66, level), 44, 26, tint(COLOR["W"], 0.35), COLOR["W"], 1.5, 5)
        sheet.write((66, level), name if level > 300 else f"{number(weight)}", 13)
    sheet.box((246, 320), 72, 40, SHADE, INK, 1.2, 9)
    sheet.write((246, 320), "*tanh*", 15)
    for at, symbol, value in (((66, 222), "h_{t-1}", before), ((364, 320), "h_t", after)):
        sheet.circle(at, 29, stroke=color_of(value), width=5)
        sheet.write(at, f"*{symbol}*", 15)
        sheet.write((at[0] + 38, at[1] - 24), number(value), 14, ha="start", bold=True)
    sheet.box((66, 422), 44, 44, tint(COLOR["x"]), COLOR["x"], 2.5, 6)
    sheet.write((66, 422), number(x, 0), 15)
    sheet.write((98, 422), "*x_t*", 15, ha="start")
    sheet.write((180, 300), number(3 * x + w * before), 13)


def _draw_map(sheet, states, answers, t):
    """The next state against this one, in silence; the diagonal, where nothing changes; and where the unit is."""
    plot = Plot(sheet, (510, 190, 770, 420), (-1.2, 1.2), (-1.2, 1.2))
    plot.axis_x((-1, 0, 1), "state *h*")
    plot.axis_y((-1, 0, 1), "next state, in silence")
    plot.line((plot.x(-1.2), plot.y(-1.2)), (plot.x(1.2), plot.y(1.2)), FAINT, 1.5, "--")
    plot.curve(answers, COLOR["h"])
    sheet.circle((plot.x(states[t]), float(plot.y(np.interp(states[t], GRID, answers)))), 6, INK, "white", 1)
    sheet.write((765, 405), "dashed: no change", 12, QUIET, ha="end")
