"""How the LSTM cell grew: one drawing in four states, from a sum to three gates, each with its own experiment."""

from dataclasses import dataclass

import numpy as np

from rnnkit.figures.explorer import Control, Explorer
from rnnkit.figures.gated_cell import LEFT, RIGHT, WIDTH, CellSheet
from rnnkit.figures.lstm_cell import AT, OUT
from rnnkit.figures.picture import Drawing
from rnnkit.figures.plot import Plot
from rnnkit.figures.style import COLOR, FAINT, INK, QUIET, SHADE, tint
from rnnkit.figures.svg import number
from rnnkit.lstm import lstm_step

STAGES = ("add only", "input gate", "output gate", "forget gate")
GATES = {"i": "input", "o": "output", "f": "forget"}
EQUATIONS = ("*c_t* = *c_{t-1}* + *g*,   *h_t* = *tanh*(*c_t*)",
             "*c_t* = *c_{t-1}* + *i* ⊙ *g*,   *h_t* = *tanh*(*c_t*)",
             "*c_t* = *c_{t-1}* + *i* ⊙ *g*,   *h_t* = *o* ⊙ *tanh*(*c_t*)",
             "*c_t* = *f* ⊙ *c_{t-1}* + *i* ⊙ *g*,   *h_t* = *o* ⊙ *tanh*(*c_t*)")
OPEN = 50.0                                             # a bias with which a gate is open, to the last digit
C, I_VALVE, O_VALVE, BOX, H = 118, 186, 206, 268, 338   # levels of the diagram, from its top
SENTENCES, POINTS = 200, 101                            # of the last experiment; of a curve


@dataclass
class Experiment:
    """Two curves over the steps of an experiment, each (T,). title: what came out; words: what was asked."""

    title: str
    words: str
    solid: tuple
    dashed: tuple
    up: tuple


def growing_cell(values):
    """The LSTM cell in four states: add only, input gate, output gate, forget gate. Below each, its experiment.

    In the first three, a unit hears the numbers `values`, and is to keep the tanh of the first one; in the last one it
    counts brackets in 200 sentences, in each of which one stays open. All of them run rnnkit's LSTM step, with those
    gates held open that are not there yet.

    values: (T,). Returns an Explorer with the control `stage` (one of STAGES).
    Raises ValueError where the values are no row of numbers.
    """
    values = np.asarray(values)
    if values.ndim != 1 or len(values) < 2 or values.dtype.kind not in "iuf":
        raise ValueError(f"growing_cell: values has shape {values.shape}; a row of numbers, (T,), was expected.")
    made = dict(zip(STAGES, experiments(values.astype(float)), strict=True))

    def frame_of(stage):
        return Drawing(_drawn(STAGES.index(stage), made[stage]), _in_words(STAGES.index(stage), made[stage]))

    return Explorer(frame_of, "stage", pace=3000, stage=Control("The cell has", STAGES, STAGES[-1]))


def experiments(values):
    """The four Experiments: what is kept without and with an input gate, what is shown, what is forgotten."""
    x = np.stack([values, np.eye(1, len(values))[0], np.eye(1, len(values), len(values) - 1)[0]], axis=1)
    target, everything = np.tanh(values[0]), run(x, g=(1, 0, 0))
    marked = run(x, g=(1, 0, 0), i=(0, 16, 0, -8))
    asked = run(x, g=(1, 0, 0), i=(0, 16, 0, -8), o=(0, 0, 16, -8))
    text = np.array([[symbol == "(", symbol == ";"] for symbol in SENTENCES * "a(b;"], float)
    endless, cleared = (run(text, g=(0, 0, OPEN), i=(2 * OPEN, 0, -OPEN), **more)
                        for more in ({}, {"f": (0, -2 * OPEN, OPEN)}))
    goal, height = np.full(len(values), target), (min(0, everything[1].min()), max(1, everything[1].max()) * 1.15)
    before = np.abs(marked[0][:-1]).mean(), np.abs(asked[0][:-1]).mean()
    return (
        Experiment(f"Meant to be kept: {number(target, 3)}. Kept: {number(everything[1][-1], 3)}",
                   f"dashed: meant to be kept. solid: *c* over {len(values) - 1} numbers that are none of its business",
                   everything[1], goal, height),
        Experiment(f"Meant to be kept: {number(target, 3)}. Kept: {number(marked[1][-1], 3)}",
                   "dashed: meant to be kept. solid: *c*, with a gate that opens at a marker", marked[1], goal, height),
        Experiment(f"While nobody asks, it shows {number(before[1], 4)}. Without the gate: {number(before[0], 3)}",
                   "dashed: *h* without the gate. solid: *h*, with a gate that opens when it is asked, at the end",
                   asked[0], marked[0], (0, 1.15)),
        Experiment(f"After {SENTENCES} sentences: {number(cleared[1][-1], 0)} open brackets. "
                   f"Without the gate: {number(endless[1][-1], 0)}",
                   "dashed: *c* without the gate. solid: *c*, with a gate that shuts at every semicolon",
                   cleared[1], endless[1], (0, 1.15 * SENTENCES)),
    )


def run(x, **weights):
    """h and c, both (T,), of one LSTM unit that hears x (T, D) from zero. W_h is zero.

    weights: gate -> its D weights and its bias, which may be left out where it is zero; a gate without any is open.
    """
    D = x.shape[1]
    columns = [weights.get(gate, (0.0,) * D + (OPEN,)) for gate in "ifgo"]
    W_x = np.array([column[:D] for column in columns], float).T
    b = np.array([(*column[D:], 0.0)[0] for column in columns])
    h, c, states = np.zeros((1, 1)), np.zeros((1, 1)), []
    for x_t in x:
        h, c, _ = lstm_step(x_t[None], h, c, W_x, np.zeros((1, 4)), b)
        states.append((h.item(), c.item()))
    return np.array(states).T


def _in_words(stage, made):
    gates = ", ".join(f"the {gate}" for gate in STAGES[1:stage + 1]) or "no gate"
    return (f"The LSTM cell in state {stage + 1} of {len(STAGES)}: {STAGES[stage]}. It has a candidate and {gates}. "
            f"{made.title}. {made.words.replace('*', '')[0].upper()}{made.words.replace('*', '')[1:]}. "
            f"The equations: {EQUATIONS[stage].replace('*', '').replace('{', '').replace('}', '')}.")


def _drawn(stage, made):
    sheet = CellSheet(WIDTH, 640)
    sheet.write((8, 20), f"{STAGES[stage].capitalize()}. {made.title}.", 17, ha="start", bold=True)
    sheet.write((8, 47), EQUATIONS[stage], 15, ha="start")
    sheet.box((397, 223), 574, 306, "#FAFAFA", FAINT, 1.2, 26)
    _draw_sum(sheet)
    for order, gate in enumerate(GATES, start=1):
        here = {} if order <= stage else {"opacity": 0.07}
        with sheet.marked(**here):
            _draw_gate(sheet, gate, newest=order == stage)
    _draw_experiment(sheet, made)
    return sheet


def _way(sheet, *points, arrow=True):
    sheet.way(points, COLOR["h"], 4, arrow)


def _draw_sum(sheet):
    """What every state has: the candidate is added to the cell state, and its tanh is shown."""
    _way(sheet, (LEFT + 31, H), (AT["g"], H), (AT["g"], BOX + 24))
    _way(sheet, (148, H + 40), (148, H), (AT["f"], H), arrow=False)
    sheet.activation((AT["g"], BOX), "candidate", "tanh")
    _way(sheet, (AT["g"], BOX - 24), (AT["g"], C + 16))
    _way(sheet, (LEFT + 31, C), (AT["g"] - 16, C))
    _way(sheet, (AT["g"] + 16, C), (RIGHT - 33, C))
    _way(sheet, (OUT, C), (OUT, H), (RIGHT - 33, H))
    sheet.box((OUT, 151), 60, 30, SHADE, INK, 1.2, 15)
    sheet.write((OUT, 151), "*tanh*", 14)
    sheet.plus((AT["g"], C))
    sheet.write((AT["g"] + 12, BOX - 44), "*g*", 14, ha="start")
    sheet.input_box(H + 50, "*x*")
    for at, symbol in (((LEFT, C), "c_{t-1}"), ((RIGHT, C), "c_t"), ((LEFT, H), "h_{t-1}"), ((RIGHT, H), "h_t")):
        sheet.circle(at, 29, tint(COLOR["h"]), COLOR["h"], 2)
        sheet.write(at, f"*{symbol}*", 15)


def _draw_gate(sheet, gate, newest):
    """A gate: what it listens to, its box, and its valve. newest: it came with this state, and its box stands out."""
    at, valve = AT[gate], {"i": (AT["g"], I_VALVE), "o": (OUT, O_VALVE), "f": (AT["f"], C)}[gate]
    if gate == "o":
        _way(sheet, (AT["g"] - 16, H), (at, H), (at, BOX + 24))
    else:
        _way(sheet, (at, H), (at, BOX + 24))
    ends = [(at, C + 20)] if gate == "f" else [(at, valve[1]), (valve[0] - 21, valve[1])]
    _way(sheet, (at, BOX - 24), *ends)
    sheet.box((at, BOX), 94, 56, tint(COLOR["y"], 0.45) if newest else "none", COLOR["y"] if newest else "none", 3, 12)
    sheet.activation((at, BOX), GATES[gate], "σ")
    sheet.circle(valve, 20, fill="#FAFAFA")
    sheet.valve(valve, 0.4, across=gate == "f")
    sheet.write((at + 10, BOX - 44), f"*{gate}*", 14, ha="start")


def _draw_experiment(sheet, made):
    T = len(made.solid)
    plot = Plot(sheet, (70, 470, 760, 590), (1, T), made.up)
    shown = np.linspace(0, T - 1, POINTS).round().astype(int)
    sheet.write((30, 440), made.words, 13, QUIET, ha="start")
    top = max(1, np.floor(made.up[1]))
    top = top if top < 10 else 100 * (top // 100)
    plot.axis_y((0, top / 2, top), "", 1 if top < 10 else 0)
    plot.axis_x((1, *(T // 4 * k for k in (1, 2, 3, 4))), "steps")
    plot.level(0, FAINT)
    plot.curve(made.dashed[shown], QUIET, "--", width=1.6)
    plot.curve(made.solid[shown], COLOR["h"])
