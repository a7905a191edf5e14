"""One look for every picture: what each color means, how large the letters are, what is left out.

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
INK = "#1A1A1A"    # letters and axes
QUIET = "#595959"  # what may be read later
FAINT = "#BDBDBD"  # what is there, but not the point
SHADE = "#EEEEEE"  # a region
DONE = "#56B4E9"   # points earned: sky blue

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
    """The color mixed with white: `share` of it, and the rest paper."""
    mixed = (round(255 + (int(color[i:i + 2], 16) - 255) * share) for i in (1, 3, 5))
    return "#" + "".join(f"{part:02X}" for part in mixed)


@contextmanager
def the_look():
    """Everything drawn inside has the course's look. Raises ImportError where matplotlib is missing.

    matplotlib is imported here, on the first drawing, and kept from logging that it builds its list of fonts.
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
