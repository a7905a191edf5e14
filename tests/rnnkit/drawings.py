"""What a test reads off an image in SVG: its elements, its letters with their places, and what lies under a letter."""

import xml.etree.ElementTree as ET

SVG = "{http://www.w3.org/2000/svg}"


def elements(drawing, tag):
    return list(ET.fromstring(drawing.svg).iter(f"{SVG}{tag}"))


def words(element):
    return "".join(element.itertext()).replace("\N{ZERO WIDTH SPACE}", "")


def written(drawing):
    return [words(text) for text in elements(drawing, "text")]


def letters(drawing):
    """Every text and its place: (text, left, right, top, bottom), in px. It needs matplotlib's fonts."""
    from matplotlib.font_manager import FontProperties
    from matplotlib.textpath import TextPath
    font, bold = FontProperties(family="DejaVu Sans"), FontProperties(family="DejaVu Sans", weight="bold")
    for text in elements(drawing, "text"):
        size, said = float(text.get("font-size")), words(text)
        width = TextPath((0, 0), said, size=size, prop=bold if text.get("font-weight") else font).get_extents().width
        left = float(text.get("x")) - {"start": 0, "middle": 0.5, "end": 1}[text.get("text-anchor")] * width
        middle = float(text.get("y")) - 0.36 * size
        yield said, left, left + width, middle - 0.45 * size, middle + 0.45 * size


def grounds(drawing):
    """Every text with its color and the color under it: the last filled shape before it that holds its middle."""
    shapes = []
    for element in ET.fromstring(drawing.svg).iter():
        tag, fill = element.tag.removeprefix(SVG), element.get("fill")
        if tag == "rect" and fill not in (None, "none"):
            x, y, width, height = (0, 0, 1e4, 1e4) if element.get("width") == "100%" else (
                float(element.get(name)) for name in ("x", "y", "width", "height"))
            shapes.append((fill, lambda at, x=x, y=y, w=width, h=height: x <= at[0] <= x + w and y <= at[1] <= y + h))
        elif tag == "circle" and fill not in (None, "none"):
            x, y, r = (float(element.get(name)) for name in ("cx", "cy", "r"))
            shapes.append((fill, lambda at, x=x, y=y, r=r: (at[0] - x) ** 2 + (at[1] - y) ** 2 <= r ** 2))
        elif tag == "text":
            at = float(element.get("x")), float(element.get("y")) - 0.36 * float(element.get("font-size"))
            under = next(color for color, holds in reversed(shapes) if holds(at))
            yield words(element), _hex(element.get("fill")), _hex(under)


def _hex(color):
    return "#FFFFFF" if color == "white" else color
