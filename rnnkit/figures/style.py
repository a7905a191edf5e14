"""The style of every picture: colors and what each means, sizes, line styles, and matplotlib's settings.

The colors are Okabe and Ito's, made to stay apart for color-blind readers. Each has one meaning in the whole
course, and none carries a meaning alone: there is always a symbol, a line style or a marker beside it.
"""

import logging
from contextlib import contextmanager

COLOR = {
    "x": "#009E73",         # input: bluish green
    "h": "#0072B2",         # hidden state: blue
    "y": "#E69F00",         # output: orange
    "gradient": "#D55E00",  # gradient: vermilion
    "W": "#CC79A7",         # weights: reddish purple
    "loss": "#000000",      # loss: black
}
INK = "#1A1A1A"    # text and axes
QUIET = "#595959"  # secondary text
FAINT = "#BDBDBD"  # grids, guide lines and placeholders
SHADE = "#EEEEEE"  # the background of a region
DONE = "#56B4E9"   # points earned: sky blue

SERIES = ("#1A1A1A", "#882255", "#996600", "#0033FF", "#8866AA", "#0000AA")  # of curves that mean nothing of the above
DASHES = ("-", (0, (5, 2)), (0, (1, 1.2)), (0, (6, 2, 1, 2)), (0, (3, 1, 1, 1, 1, 1)), (0, (9, 3)))  # of curves

WIDTH = 8.0        # inches; one inch is 100 px on the page
DPI = 200          # two dots a px, for sharp screens
TITLE, SYMBOL, TEXT, SMALL = 12.5, 15, 11, 9.5  # points; 11 pt is 15 px

RC = {
    "font.family": "DejaVu Sans",
    "font.size": TEXT,
    "mathtext.fontset": "cm",
    "axes.titlesize": TEXT,
    "axes.titlelocation": "left",
    "axes.labelsize": TEXT,
    "axes.edgecolor": QUIET,
    "axes.labelcolor": INK,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.unicode_minus": True,
    "text.color": INK,
    "xtick.color": QUIET,
    "ytick.color": QUIET,
    "xtick.labelsize": SMALL,
    "ytick.labelsize": SMALL,
    "lines.linewidth": 2,
    "figure.facecolor": "white",
    "savefig.facecolor": "white",
}


def tint(color, share=0.2):
    """The color mixed with white, of which it is a share."""
    return mix("#FFFFFF", color, share)


def mix(start, end, share):
    """A color between two, given as "#RRGGBB": 0 is the first, 1 is the second."""
    channels = zip(_channels(start), _channels(end), strict=True)
    return "#" + "".join(f"{round(low + (high - low) * share):02X}" for low, high in channels)


def contrast(one, other):
    """The contrast of two colors, given as "#RRGGBB", from 1 to 21, as WCAG 2 defines it. Text asks for 4.5."""
    low, high = sorted(map(_luminance, (one, other)))
    return (high + 0.05) / (low + 0.05)


def readable_on(color):
    """The color for text on a color: black or white, whichever stands out more. One of them always reaches 4.5."""
    return max(("#000000", "#FFFFFF"), key=lambda text: contrast(text, color))


def _luminance(color):
    shares = [channel / 255 for channel in _channels(color)]
    linear = [share / 12.92 if share <= 0.04045 else ((share + 0.055) / 1.055) ** 2.4 for share in shares]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def _channels(color):
    """Red, green and blue, each from 0 to 255."""
    return [int(color[k:k + 2], 16) for k in (1, 3, 5)]


@contextmanager
def the_look():
    """A context in which matplotlib draws in the course's style, whatever the reader's own settings are.

    matplotlib is imported here, on the first drawing, and kept from logging that it builds its list of fonts.
    Raises ImportError where it is missing.
    """
    logger = logging.getLogger("matplotlib")
    level = logger.level
    logger.setLevel(logging.ERROR)
    try:
        import matplotlib.figure
        with matplotlib.rc_context():
            matplotlib.rcdefaults()
            matplotlib.rcParams.update(RC)
            yield
    finally:
        logger.setLevel(level)
