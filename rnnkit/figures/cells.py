"""What the diagrams of all gated cells have in common: a value, the legend, and the strip of all steps."""

from rnnkit.figures.style import COLOR, INK, QUIET, tint
from rnnkit.figures.svg import color_of, number, strength

FIRST, APART = 138, 42.5   # where the first step stands in the strip, and how far apart two steps are, in px


def draw_value(sheet, at, symbol, value, digits=2, ha="start"):
    """`symbol = value`, with the symbol as in a formula."""
    sheet.write(at, f"*{symbol}* = {number(value, digits)}", ha=ha)


def draw_legend(sheet, level):
    """What an open and a closed gate look like, and what a line's color and width say."""
    sheet.scale(520, level, 220)
    sheet.write((498, level), "what a line carries", 12, QUIET, ha="end")
    for gate, across, word in ((1, 225, "open"), (0, 292, "closed")):
        sheet.valve((across, level), gate, radius=9)
        sheet.write((across + 16, level), word, 12, QUIET, ha="start")


def draw_timeline(sheet, symbols, t, gates, states, frame):
    """All steps side by side, step t in a frame.

    symbols: (level, what each step reads). gates, states: rows (words, level, a value for each step).
    frame: the level of its middle, and its height.
    """
    middle, height = frame
    here = FIRST + APART * (t - 1)
    sheet.box((here, middle), APART, height, tint(COLOR["x"], 0.2), "none", corner=5)
    for words, level, _ in (*gates, *states):
        sheet.write((108, level), words, 12, ha="end")
    for k, symbol in enumerate(symbols[1]):
        across = FIRST + APART * k
        sheet.write((across, symbols[0]), symbol, 17, bold=k == t - 1, mono=True)
        for _, level, values in gates:
            sheet.valve((across, level), values[k], radius=9.5)
        for _, level, values in states:
            sheet.box((across, level), APART - 1.5, 29, color_of(values[k]), "none", corner=0)
            dark = abs(strength(values[k])) > 0.8
            sheet.write((across, level), number(values[k], 1), 12, "white" if dark else INK)
    sheet.box((here, middle), APART, height, "none", INK, 2, 5)
