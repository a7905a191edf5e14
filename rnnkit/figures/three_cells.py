"""The RNN, the LSTM and the GRU as three states of one drawing: weights, and a state that goes straight on."""

from rnnkit.figures.diagram import WIDTH, Diagram
from rnnkit.figures.picture import Drawing
from rnnkit.figures.style import COLOR, FAINT, INK, QUIET

HEIGHT = 440
ROAD, VALVE, BOX, BUS, X, LEGEND = 150, 196, 256, 318, 382, 421   # levels, from the top, in px
OUT, HALF = 107, 20                                  # from a cell's middle to its states, and a state's radius
COLUMNS = {"f": -64, "i": -27, "g": 10, "o": 47, "z": -64, "r": -20, "n": 36}
CELLS = {"RNN": "1 block of weights, 1 state", "LSTM": "4 blocks, 2 states", "GRU": "3 blocks, 1 state"}


def three_cells():
    """One step of an RNN, an LSTM and a GRU: states, blocks of weights, and thick lines where a state goes straight on.

    Returns a Drawing.
    """
    alt = ("One step of three cells, side by side. The RNN has one state and one block of weights: h_(t-1) and x_t go "
           "into a tanh, and h_t comes out. The LSTM has two states and four blocks, i, f, g and o: c_(t-1) goes "
           "straight to c_t, multiplied by f, and i times g is added; h_t is o times the tanh of c_t. The GRU has one "
           "state and three blocks, r, z and n: h_(t-1) goes straight to h_t, multiplied by z, and 1 - z times n is "
           "added; r acts on n.")
    sheet = Diagram(HEIGHT, "A state goes straight on, past all weights: *c* in the LSTM, *h* in the GRU")
    for k, (name, draw) in enumerate(zip(CELLS, (_draw_rnn, _draw_lstm, _draw_gru), strict=True)):
        center = WIDTH * (1 + 2 * k) / 6
        sheet.write((center, 62), name, 17, bold=True)
        sheet.aside((center, 86), CELLS[name])
        sheet.box((center, 234), 180, 214, "#FAFAFA", FAINT, 1.2, 20)
        draw(sheet, center)
    sheet.weights((250, LEGEND), 32, across=True)
    sheet.aside((266, LEGEND), "a block of weights", ha="start")
    _draw_valve(sheet, (424, LEGEND), across=True)
    sheet.aside((442, LEGEND), "a gate multiplies", ha="start")
    sheet.way([(590, LEGEND), (630, LEGEND)], COLOR["h"], 8, arrow=True)
    sheet.aside((640, LEGEND), "goes straight on", ha="start")
    return Drawing(str(sheet), alt)


def _draw_rnn(sheet, center):
    middle = center + 10
    _draw_bus(sheet, center, ["tanh"], {"tanh": middle}, [(center - OUT, ROAD), (center - OUT, BUS)])
    sheet.way([(middle, BOX - 14), (middle, ROAD), (center + OUT - HALF - 3, ROAD)], COLOR["h"], 3, arrow=True)
    _draw_states(sheet, center, ROAD, "h")


def _draw_lstm(sheet, center):
    at = {name: center + COLUMNS[name] for name in "figo"}
    shown = center + 80
    _draw_bus(sheet, center, "figo", at, [(center - OUT, BUS)])
    _draw_road(sheet, center)
    sheet.way([(at["f"], BOX - 14), (at["f"], ROAD + 14)], arrow=True)
    sheet.way([(at["i"], BOX - 14), (at["i"], VALVE), (at["g"] - 13, VALVE)], arrow=True)
    sheet.way([(at["g"], BOX - 14), (at["g"], ROAD + 11)], COLOR["h"], 3, arrow=True)
    sheet.way([(at["o"], BOX - 14), (at["o"], VALVE + 12), (shown - 13, VALVE + 12)], arrow=True)
    sheet.way([(shown, ROAD), (shown, BUS), (center + OUT - HALF - 3, BUS)], COLOR["h"], 3, arrow=True)
    sheet.squash((shown - 4, ROAD + 25), "tanh", 38, 20)
    for place in ((at["g"], VALVE), (shown, VALVE + 12)):
        _draw_valve(sheet, place)
    sheet.plus((at["g"], ROAD))
    _draw_valve(sheet, (at["f"], ROAD), across=True)
    _draw_states(sheet, center, ROAD, "c")
    _draw_states(sheet, center, BUS, "h")


def _draw_gru(sheet, center):
    at = {name: center + COLUMNS[name] for name in "zrn"}
    _draw_bus(sheet, center, "zrn", at, [(center - OUT, ROAD), (center - OUT, BUS)])
    _draw_road(sheet, center)
    sheet.way([(at["z"], BOX - 14), (at["z"], ROAD + 14)], arrow=True)
    sheet.way([(at["z"], VALVE), (at["n"] - 13, VALVE)], arrow=True)
    sheet.aside(((at["z"] + at["n"]) / 2, VALVE - 12), "*1 - z*", 13, color=INK)
    sheet.way([(at["n"], BOX - 14), (at["n"], ROAD + 11)], COLOR["h"], 3, arrow=True)
    sheet.way([(at["r"] + 17, BOX), (at["n"] - 19, BOX)], arrow=True)
    _draw_valve(sheet, (at["n"], VALVE))
    sheet.plus((at["n"], ROAD))
    _draw_valve(sheet, (at["z"], ROAD), across=True)
    _draw_states(sheet, center, ROAD, "h")


def _draw_valve(sheet, at, across=False):
    """A gate on a line, half open."""
    sheet.circle(at, 11, stroke="none")
    sheet.valve(at, 0.45, across, radius=11)


def _draw_road(sheet, center):
    """A state that goes straight on."""
    sheet.way([(center - OUT, ROAD), (center + OUT - HALF - 3, ROAD)], COLOR["h"], 8, arrow=True)


def _draw_bus(sheet, center, names, at, way):
    """The old state and the input, past a block of weights for each of the names."""
    last = at[names[-1]]
    sheet.way([*way, (last, BUS)], COLOR["h"], 3)
    sheet.way([(center - 78, X), (center - 78, BUS + 11), (last, BUS + 11)], COLOR["x"], 3)
    for name in names:
        sheet.way([(at[name], BUS), (at[name], BOX + 14)], arrow=True)
        sheet.weights((at[name], BUS + 5), 32, across=True)
        sheet.squash((at[name], BOX), name, 44 if name == "tanh" else 30)
    sheet.input((center - 78, X), "x_t", 18)


def _draw_states(sheet, center, level, name):
    """The state before and the state after."""
    for across, index in ((-OUT, "t-1"), (OUT, "t")):
        sheet.state((center + across, level), f"{name}_{{{index}}}", HALF, QUIET if index == "t-1" else COLOR["h"])
