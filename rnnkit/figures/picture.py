"""Picture and Drawing: images that a notebook shows, of matplotlib and in SVG, each with its text alternative."""

import base64
import html
import io
from functools import cached_property
from pathlib import Path

from rnnkit.figures.style import COLOR, DPI, WIDTH, the_look
from rnnkit.optional import missing


class Picture:
    """An image that matplotlib draws, together with its text alternative.

    draw: a function that fills a matplotlib Figure; it is called when the picture is first looked at.
    alt: what the picture shows, with its numbers.
    height: in inches; every picture has the same width.
    links: places that lead somewhere, as (address, name, (left, top, width, height)) in shares of the picture.

    A notebook shows it as an image. A kernel without matplotlib shows the text alternative, and what is
    missing.
    """

    def __init__(self, draw, alt, height, links=()):
        self.draw, self.alt, self.height, self.links = draw, alt, height, links

    @cached_property
    def figure(self):
        """The matplotlib Figure. Raises ImportError where matplotlib is missing."""
        with the_look():
            from matplotlib.figure import Figure
            figure = Figure(figsize=(WIDTH, self.height))
            self.draw(figure)
        return figure

    @cached_property
    def png(self):
        """The image as the bytes of a PNG, two dots for each px. Raises ImportError where matplotlib is missing."""
        image = io.BytesIO()
        figure = self.figure
        with the_look():
            figure.savefig(image, format="png", dpi=DPI, pil_kwargs={"compress_level": 1})
        return image.getvalue()

    def save(self, path):
        """Write the image to a file, as PNG. Raises ImportError where matplotlib is missing."""
        Path(path).write_bytes(self.png)

    @property
    def html(self):
        """The image as a page shows it, or what is shown where matplotlib is missing."""
        return self._repr_mimebundle_()["text/html"]

    def __repr__(self):
        return self.alt

    def _repr_mimebundle_(self, include=None, exclude=None):
        try:
            shown = image("png", self.png, self.alt, self.links)
        except ImportError:
            lines = missing("matplotlib"), f"What the picture would show: {self.alt}"
            return {"text/html": note(*lines), "text/plain": "\n".join(lines)}
        return {"text/html": shown, "text/plain": self.alt}


class Drawing:
    """An image in SVG, together with its text alternative. It needs no matplotlib.

    sheet: a Sheet, or the image as text. alt: what it shows, with its numbers.
    """

    def __init__(self, sheet, alt):
        self.sheet, self.alt = sheet, alt

    @property
    def svg(self):
        """The image, as text."""
        return str(self.sheet)

    def save(self, path):
        """Write the image to a file, as SVG."""
        Path(path).write_text(self.svg, encoding="utf-8")

    @property
    def html(self):
        """The image as a page shows it."""
        return image("svg+xml", self.svg.encode(), self.alt)

    def __repr__(self):
        return self.alt

    def _repr_mimebundle_(self, include=None, exclude=None):
        return {"text/html": self.html, "text/plain": self.alt}


def image(kind, data, alt, links=()):
    """The HTML of an image that carries its own bytes. kind: "png" or "svg+xml". alt, links: as a Picture has them."""
    places = "".join(f'<a href="{html.escape(address)}" title="{html.escape(name)}" aria-label="{html.escape(name)}" '
                     f'style="position: absolute; left: {left:.2%}; top: {top:.2%}; width: {width:.2%}; '
                     f'height: {height:.2%}"></a>' for address, name, (left, top, width, height) in links)
    return on_sheet(f'<img class="rnnkit-picture" alt="{html.escape(alt)}" '
                    f'style="width: {100 * WIDTH:.0f}px; max-width: 100%; height: auto; border-radius: 4px" '
                    f'src="data:image/{kind};base64,{base64.b64encode(data).decode()}">', places)


def on_sheet(inside, above=""):
    """HTML with a veil over it, of the page's own color: nothing to see on a light page; on a dark one, white is gray.

    Where a page keeps no styles, the veil is not there. above: what lies over the veil.
    """
    veil = ("position: absolute; inset: 0; pointer-events: none; background: var(--jp-layout-color0, white); "
            "mix-blend-mode: multiply; opacity: 0.18")
    return (f'<div class="rnnkit-sheet" style="position: relative; display: inline-block; max-width: 100%; '
            f'line-height: 0; isolation: isolate">{inside}<div style="{veil}"></div>{above}</div>')


def note(*paragraphs):
    """The HTML of a note that stands where something is missing."""
    text = "".join(f"<p>{html.escape(paragraph)}</p>" for paragraph in paragraphs)
    look = f"border-left: 4px solid {COLOR['y']}; padding: 0 1em"
    return f'<div class="rnnkit-note" role="note" style="{look}">{text}</div>'
