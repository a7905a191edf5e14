"""The RNN, the LSTM and the GRU side by side: states, blocks of weights, and the state that goes straight on."""

from rnnkit.figures.picture import Picture
from rnnkit.figures.strokes import arrow, cell, headline, sheet, write
from rnnkit.figures.style import COLOR, INK, QUIET, SMALL, TITLE, WIDTH

STATE, BLOCKS, LOW = 3.35, 2.1, 0.95   # levels, from the lower edge, in inches
OUT = 0.98                             # from a cell's middle to its states
CENTERS = (WIDTH / 6, WIDTH / 2, 5 * WIDTH / 6)


def three_cells():
    """One step of an RNN, an LSTM and a GRU: states, blocks of weights, and thick lines where a state goes straight on.

    Returns a Picture.
    """
    alt = ("One step of three cells, side by side. The RNN has one state and one block of weights: h_(t-1) and x_t go "
           "into a tanh, and h_t comes out. The LSTM has two states and four blocks, i, f, g and o: c_(t-1) goes "
           "straight to c_t, multiplied by f, and i times g is added; h_t is o times the tanh of c_t. The GRU has one "
           "state and three blocks, r, z and n: h_(t-1) goes straight to h_t, multiplied by z, and 1 - z times n is "
           "added; r acts on n.")
    return Picture(_draw_cells, alt, 4.75)


def _draw_cells(figure):
    ax = sheet(figure)
    headline(figure, "Where a state goes straight on: c in the LSTM, h in the GRU")
    for center, draw, name, what in zip(CENTERS, (_draw_rnn, _draw_lstm, _draw_gru), ("RNN", "LSTM", "GRU"),
                                        ("1 block, 1 state", "4 blocks, 2 states", "3 blocks, 1 state"), strict=True):
        draw(ax, center)
        write(ax, (center, 4.1), name, TITLE, fontweight="bold")
        write(ax, (center, 0.2), what, SMALL, QUIET)
    for border in (WIDTH / 3, 2 * WIDTH / 3):
        ax.plot([border] * 2, [0.1, 4.2], color="#DDDDDD", linewidth=1)


def _draw_rnn(ax, center):
    _draw_blocks(ax, center, ["tanh"])
    before, after = _draw_states(ax, center, STATE, "h")
    arrow(ax, before, (center, BLOCKS), gap=(0.3, 0.36))
    arrow(ax, (center, BLOCKS), after, gap=(0.36, 0.3))


def _draw_lstm(ax, center):
    _draw_blocks(ax, center, ["i", "f", "g", "o"])
    times, plus = _draw_road(ax, center, "c")
    before, after = _draw_states(ax, center, LOW, "h")
    arrow(ax, before, (center - 0.36, BLOCKS), gap=(0.3, 0.24))
    arrow(ax, (center - 0.19, BLOCKS), times, gap=(0.2, 0.15))
    write(ax, (center - 0.35, 2.72), "$f$", 12)
    arrow(ax, (center + 0.1, BLOCKS), plus, gap=(0.2, 0.15))
    write(ax, (center + 0.27, 2.72), r"$i \odot g$", 12, ha="left")
    arrow(ax, (center + OUT, STATE), after, COLOR["h"], 2, gap=0.3)
    write(ax, (center + OUT - 0.07, 1.55), r"$o \,\odot$" + "\ntanh", SMALL, INK, ha="right", linespacing=1.3)


def _draw_gru(ax, center):
    _draw_blocks(ax, center, ["r", "z", "n"])
    times, plus = _draw_road(ax, center, "h")
    arrow(ax, (center - OUT, STATE), (center - 0.4, BLOCKS), gap=(0.3, 0.24))
    arrow(ax, (center, BLOCKS), times, gap=(0.2, 0.15))
    write(ax, (center - 0.28, 2.72), "$z$", 12)
    arrow(ax, (center + 0.38, BLOCKS), plus, gap=(0.2, 0.15))
    write(ax, (center + 0.42, 2.72), r"$(1 - z) \odot n$", 12, ha="left")
    arrow(ax, (center - 0.38, BLOCKS - 0.16), (center + 0.38, BLOCKS - 0.16), width=1.2, bend=-0.35)


def _draw_blocks(ax, center, letters):
    """A square for each block of weights, and the input that they all look at."""
    side = 0.38
    left = center - side * (len(letters) - 1) / 2
    input_at = center, LOW
    cell(ax, input_at, "$x_t$", COLOR["x"], 0.27, "square", size=13)
    arrow(ax, input_at, (center, BLOCKS), gap=(0.27, 0.42 if letters == ["r", "z", "n"] else 0.24))
    for k, letter in enumerate(letters):
        if letter == "tanh":
            cell(ax, (center, BLOCKS), letter, COLOR["W"], 0.27, "square", size=SMALL)
        else:
            cell(ax, (left + k * side, BLOCKS), f"${letter}$", COLOR["W"], 0.19, "square", size=13)


def _draw_states(ax, center, level, name):
    """The state before and the state after, at their places."""
    places = (center - OUT, level), (center + OUT, level)
    shape = "circle" if name == "h" else "rounded"
    for at, index in zip(places, ("{t-1}", "t"), strict=True):
        cell(ax, at, f"${name}_{index}$", COLOR["h"], 0.27, shape, size=12)
    return places


def _draw_road(ax, center, name):
    """A state that goes straight on: multiplied, then added to. Returns the places of the two."""
    before, after = _draw_states(ax, center, STATE, name)
    times, plus = (center - 0.3, STATE), (center + 0.3, STATE)
    arrow(ax, before, after, COLOR["h"], 5, gap=0.29)
    for at, sign in ((times, r"$\times$"), (plus, "+")):
        cell(ax, at, sign, INK, 0.14, size=12)
    return times, plus
