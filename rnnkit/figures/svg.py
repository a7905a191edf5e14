"""A sheet of SVG: paths, circles, boxes, text, and strands that show the number they carry.

Positions and lengths are px; (0, 0) is the upper left corner.

A strand shows its value twice, as a color and as a width: gray and thin at zero, orange and broad where positive,
purple and broad where negative. The colors are ColorBrewer's PuOr, which color-blind readers can tell apart.
"""

import html
import re
from contextlib import contextmanager
from dataclasses import dataclass

import numpy as np

from rnnkit.figures.style import COLOR, INK, QUIET, mix, tint

SANS = "DejaVu Sans, Verdana, sans-serif"
SERIF = "STIX Two Text, Cambria, Times, serif"
MONO = "DejaVu Sans Mono, Consolas, Menlo, monospace"
NEGATIVE, ZERO, POSITIVE = ("#998EC3", "#542788"), "#C6C6C6", ("#F1A340", "#B35806")
MOST = 3.0                 # from here on a strand is as strong as it gets
THIN, BROAD = 2.0, 12.0
CORNER = 16
SMALLEST = -8              # the power of ten from which on a gradient is drawn as nothing


def strength(value):
    """How strong a strand is drawn, from -1 to 1: the square root of the value's share of MOST, with its sign."""
    return np.sign(value) * np.sqrt(min(abs(value) / MOST, 1))


def color_of(value):
    """The color of a strand that carries this value: from gray through a light to a dark one."""
    light, dark = POSITIVE if value > 0 else NEGATIVE
    share = 2 * abs(strength(value))
    return mix(ZERO, light, share) if share < 1 else mix(light, dark, share - 1)


def width_of(value):
    """The width of a strand that carries this value."""
    return THIN + (BROAD - THIN) * abs(strength(value))


def power_of_ten(value):
    """The logarithm of a size to the base 10; minus infinity for zero, and for what is no number."""
    return float(np.log10(abs(value))) if value and np.isfinite(value) else -np.inf


def gradient_color(value):
    """The color of a strand that carries a gradient: the smaller, the lighter; gray for next to nothing."""
    share = np.clip(1 + 0.15 * power_of_ten(value), 0.35, 1)
    return tint(COLOR["gradient"], share) if power_of_ten(value) > SMALLEST else ZERO


def number(value, digits=2):
    """The value with so many digits and a real minus sign; never minus zero."""
    return f"{round(float(value), digits) + 0.0:.{digits}f}".replace("-", "\N{MINUS SIGN}")


@dataclass(frozen=True)
class Wave:
    """The path through points that are equally far apart: from `start`, every `apart` px, at the heights `levels`."""

    start: float
    apart: float
    levels: tuple

    def __str__(self):
        return "M" + " ".join(f"{self.start + self.apart * k:.1f},{level:g}" for k, level in enumerate(self.levels))


class Sheet:
    """An SVG image to draw on: every method adds to what is there, and str() is the image.

    width, height: px. parts: the elements, each as (tag, attributes, what is inside it).
    """

    def __init__(self, width, height):
        self.width, self.height, self.parts, self.marks = width, height, [], {}

    def __str__(self):
        return (f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {self.width} {self.height}" '
                f'width="{self.width}" height="{self.height}" font-family="{SANS}">'
                f'<rect width="100%" height="100%" fill="white"/>{"".join(map(_element, self.parts))}</svg>')

    def add(self, tag, inside="", **attributes):
        """Add one element. An attribute stroke_width is written stroke-width."""
        told = {name.replace("_", "-"): _short(value) for name, value in (attributes | self.marks).items()}
        self.parts.append((tag, told, inside))

    @contextmanager
    def marked(self, **attributes):
        """Give these attributes to everything that is drawn in this context."""
        before, self.marks = self.marks, self.marks | attributes
        yield
        self.marks = before

    def circle(self, at, radius, fill="white", stroke=INK, width=1.5):
        """A circle around a place. width: of its line."""
        self.add("circle", cx=at[0], cy=at[1], r=radius, fill=fill, stroke=stroke, stroke_width=width)

    def box(self, at, width, height, fill="white", stroke=INK, line=1.5, corner=4):
        """A rectangle around a place. line: the width of its line. corner: the radius of its corners."""
        look = {} if stroke == "none" else {"stroke": stroke, "stroke_width": line}
        self.add("rect", x=at[0] - width / 2, y=at[1] - height / 2, width=width, height=height, rx=corner, fill=fill,
                 **look)

    def polygon(self, points, fill):
        """A filled area between points."""
        self.add("path", d=f"M{' L'.join(map(_pair, points))} Z", fill=fill)

    def strand(self, points, value, arrow=False, thinner=1.0):
        """A line through the points, round at its corners, that carries a value; with `arrow`, it ends in a head."""
        self.way(points, color_of(value), thinner * width_of(value), arrow)

    def gradient(self, points, value, arrow=True):
        """A strand that carries a gradient: the larger, the broader and the darker, by powers of ten; gray is none."""
        self.way(points, gradient_color(value), float(np.clip(10 + 2.5 * power_of_ten(value), THIN, 14)), arrow)

    def way(self, points, color=QUIET, width=2.0, arrow=False, dashed=False):
        """A line through the points, round at its corners; with `arrow`, it ends in a head."""
        points = [np.asarray(point, float) for point in points]
        if arrow:
            along, half, tip = _unit(points[-1] - points[-2]), 4.5 + 0.6 * width, points[-1]
            side = half * np.array([-along[1], along[0]])
            points[-1] = tip - 1.7 * half * along
            self.polygon([tip, points[-1] + side, points[-1] - side], color)
            points[-1] = points[-1] + along
        way = f"M{_pair(points[0])}"
        for before, corner, after in zip(points, points[1:], points[2:], strict=False):
            turn = [corner + _toward(before - corner), corner, corner + _toward(after - corner)]
            way += f" L{_pair(turn[0])} Q{_pair(turn[1])} {_pair(turn[2])}"
        dashes = {"stroke_dasharray": "9 5"} if dashed else {}
        self.add("path", d=f"{way} L{_pair(points[-1])}", fill="none", stroke=color, stroke_width=width, **dashes)

    def valve(self, at, gate, across=False, radius=20):
        """A gate on a line: two jaws that leave `gate` of the way free. across: the line runs from left to right."""
        at, half = np.asarray(at, float), radius * float(np.clip(gate, 0, 1))
        reach = np.sqrt(radius ** 2 - half ** 2)
        for side in (1, -1):
            ends = np.array([[half, -reach], [half, reach]]) * side
            start, end = at + (ends[:, ::-1] * (1, -1) if across else ends)
            jaw = f"M{_pair(start)} A{radius} {radius} 0 0 1 {_pair(end)} Z" if gate < 0.99 else ""
            self.add("path", d=jaw, fill=INK)
        self.circle(at, radius, fill="none", width=0.5 + 0.1 * radius)

    def write(self, at, text, size=13, color=INK, ha="middle", bold=False, mono=False):
        """Text, its middle at the height of the place. Between asterisks stand formulas: *c_t*, *h_{t-1}*."""
        pieces = [_formula(piece, size) if odd % 2 else html.escape(piece) for odd, piece in enumerate(text.split("*"))]
        look = {"font_weight": "bold"} if bold else {}
        look |= {"font_family": MONO} if mono else {}
        self.add("text", "".join(pieces), x=at[0], y=at[1] + 0.36 * size, font_size=size, fill=color, text_anchor=ha,
                 **look)

    def scale(self, left, level, length):
        """The scale of strands: the color and the width of each value from -3 to 3."""
        slices = 55
        for k, value in enumerate(np.linspace(-MOST, MOST, slices)):
            self.box((left + length * (k + 0.5) / slices, level), length / slices + 0.3, width_of(value),
                     color_of(value), "none", 0, 0)
        for value in (-3, -1, 0, 1, 3):
            self.write((left + length * (value + MOST) / (2 * MOST), level + 18), number(value, 0), 12, QUIET)


def _element(part):
    tag, attributes, inside = part
    told = "".join(f' {name}="{value}"' for name, value in attributes.items())
    return f"<{tag}{told}>{inside}</{tag}>"


def _formula(text, size):
    """A formula as tspans: variables in italics; what follows an underscore, one sign or {some}, below the line."""
    low, up = f'<tspan dy="{0.26 * size:.1f}" font-size="{0.8 * size:.1f}">', f'<tspan dy="{-0.26 * size:.1f}">'
    line, *others = re.split(r"_(\{.*?\}|.)", text)
    written = _italic(line)
    for index, line in zip(others[::2], others[1::2], strict=True):
        written += f"{low}{_italic(index.strip('{}'))}</tspan>{up}\N{ZERO WIDTH SPACE}</tspan>{_italic(line)}"
    return f'<tspan font-family="{SERIF}" font-size="{1.2 * size:.1f}">{written}</tspan>'


def _italic(text):
    """Part of a formula. Words of one or two letters are variables, in italics; longer ones, such as tanh, are not."""
    def styled(word):
        return f'<tspan font-style="italic">{word[0]}</tspan>' if len(word[0]) <= 2 else word[0]

    return re.sub(r"[a-zA-Z]+", styled, html.escape(text.replace("-", "\N{MINUS SIGN}")))


def _unit(vector):
    return vector / np.linalg.norm(vector)


def _toward(vector):
    """A step of CORNER px along a vector, or to its middle where it is short."""
    length = np.linalg.norm(vector)
    return vector * min(CORNER / length, 0.5)


def _pair(point):
    return f"{_short(point[0])},{_short(point[1])}"


def _short(value):
    return value if isinstance(value, str | Wave) else f"{round(float(value), 1):g}"
