"""Markdown, code and outputs as HTML that does nothing: no program, no request, no look of its own.

This is the renderer's process, `python -m autograder.marks.rendering`; sanitize.py starts it and talks to it. Each text
is rendered in a child of its own, which the kernel ends when it exceeds its limits: whatever a parser does with a
hostile text, it costs a second and not the page.
"""

import base64
import gc
import json
import os
import re
import resource
import signal
import sys
from collections.abc import Callable
from itertools import accumulate

import nh3
from nbconvert.filters.markdown_mistune import IPythonRenderer, MarkdownWithMath
from pygments import highlight
from pygments.formatters import HtmlFormatter
from pygments.lexers import PythonLexer

SECONDS, PATIENCE, MEMORY = 1, 30, 1 << 30  # of processor time, by the clock, in bytes: for one text
LONGEST, MOST_TAGS, DEEPEST = 1_000_000, 20_000, 60  # characters, tags and nesting of the HTML of one text

TAGS = {"a", "b", "blockquote", "br", "code", "dd", "del", "details", "div", "dl", "dt", "em", "h1", "h2", "h3", "h4",
        "h5", "h6", "hr", "i", "img", "kbd", "li", "mark", "ol", "p", "pre", "s", "samp", "small", "span", "strong",
        "sub", "summary", "sup", "table", "tbody", "td", "tfoot", "th", "thead", "tr", "u", "ul", "var"}
ATTRIBUTES = {"*": {"alt", "class", "colspan", "open", "rowspan", "start", "style", "title"},
              "a": {"href"}, "div": {"aria-label", "role"}, "img": {"src"}}
# How a verdict's card looks. None of it lifts a box out of its place in the page.
CARD = {"background", "border", "border-left", "border-radius", "color", "display", "font-size", "justify-content",
        "line-height", "margin", "max-width", "padding", "padding-left", "width"}
CLASSES = re.compile(r"rnnkit-card|highlight|[a-z]{1,2}[0-9]?")  # the last are the colors of highlighted code
# What makes a figure move follows its still frame, which stays; and the tags of that frame draw lines and letters only.
MOVES = re.compile(r'(<p class="rnnkit-still">[^<]*</p>)<script>.*?</script>', re.DOTALL)
SHEET = re.compile(r'<svg xmlns="http://www\.w3\.org/2000/svg" viewBox="0 0 \d+ \d+" width="\d+" height="\d+"')
DRAWN = {"svg", "rect", "circle", "path", "text", "tspan"}
OTHER_TAG = re.compile(rf"<(?!/?(?:{'|'.join(TAGS)})[\s/>])", re.IGNORECASE)
PYTHON = {"python", "python3", "py", "py3", "ipython", "ipython3"}


class TooMuch(Exception):
    """The HTML is too large, or too deeply nested, to be put into a page."""


def markdown(source: str) -> str:
    """Markdown with formulas as sanitized HTML. A tag that is not in TAGS is shown as it was typed."""
    html = _Markdown(renderer=_Renderer(escape=False, exclude_anchor_links=True)).render(source)
    return _measured(PROSE.clean(OTHER_TAG.sub("&lt;", html)))


def code(source: str) -> str:
    """Python with its colors, in nbconvert's frame for a code cell."""
    return _measured(highlight(source or " ", PythonLexer(), HtmlFormatter(cssclass=" highlight hl-ipython3")))


def output(html: str) -> str:
    """Sanitized HTML that a cell has put out; a verdict's card keeps its looks, a figure that moves its first frame."""
    return _measured(OUTPUT.clean(OTHER_TAG.sub("&lt;", MOVES.sub(r"\1", html))))


class _Markdown(MarkdownWithMath):
    DEFAULT_PLUGINS = ("strikethrough", "table", "url", "def_list")  # all of nbconvert's but forms


class _Renderer(IPythonRenderer):
    """nbconvert's renderer, except that Python is the only language with colors: other lexers may take forever."""

    def block_code(self, code: str, info: str | None = None) -> str:
        language = (info or "").split()[:1]
        return super().block_code(code, "python" if PYTHON.intersection(language) else None)


def _harmless(tag: str, name: str, value: str) -> str | None:
    """An attribute's value, if it runs nothing, fetches nothing and moves nothing over the rest of the page."""
    fine = {
        "style": not re.search(r"[(\\@]|-[\s\d.]", value),  # url(...) in any spelling, and lengths below zero
        "class": all(CLASSES.fullmatch(word) for word in value.split()),
        "role": value == "group",  # a verdict's card
        "href": re.match(r"https?://|mailto:|#", value),
        "src": re.match(r"data:image/(png|jpeg|gif);base64,", value) or _drawing(value),
    }
    return value if fine.get(name, True) else None


def _drawing(source: str) -> bool:
    """Whether an address is an image in SVG of lines and letters, which runs, fetches and repeats nothing."""
    kind, _, code = source.partition(",")
    try:
        svg = base64.b64decode(code, validate=True).decode() if kind == "data:image/svg+xml;base64" else ""
    except ValueError:
        return False
    fetches = re.search(r"url\s*\(|\\|<[!?]", svg, re.IGNORECASE)
    return bool(SHEET.match(svg)) and not fetches and set(re.findall(r"</?\s*([^\s/>]*)", svg)) <= DRAWN


def _cleaner(styles: set[str]) -> nh3.Cleaner:
    return nh3.Cleaner(tags=TAGS, attributes=ATTRIBUTES, attribute_filter=_harmless, filter_style_properties=styles,
                       clean_content_tags=set(), url_schemes={"http", "https", "mailto", "data"})


PROSE, OUTPUT = _cleaner({"text-align"}), _cleaner(CARD)


def _measured(html: str) -> str:
    """The HTML, where a page can hold it. Raises TooMuch."""
    depths = accumulate(-1 if slash else 1 for slash in re.findall(r"<(/?)(?!br|hr|img)", html))
    if len(html) > LONGEST or html.count("<") > MOST_TAGS or max(depths, default=0) > DEEPEST:
        raise TooMuch
    return html


def apart(render: Callable[[str], str], text: str) -> tuple[str | None, float]:
    """Render in a child process. Gives the HTML, None where a limit was exceeded, and the seconds of processor time."""
    read, write = os.pipe()
    child = os.fork()
    if not child:
        try:
            _limit()
            made = render(text).encode()
            with open(write, "wb") as answer:
                answer.write(made)
            os._exit(0)
        finally:
            os._exit(1)
    os.close(write)
    with open(read, "rb") as answer:
        made = answer.read()
    _, status, used = os.wait4(child, 0)
    return None if status else made.decode(), used.ru_utime + used.ru_stime


def _limit() -> None:
    """What exceeds these is ended by the kernel, in the middle of a regular expression too."""
    signal.setitimer(signal.ITIMER_PROF, SECONDS)
    signal.setitimer(signal.ITIMER_REAL, PATIENCE)
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def serve() -> None:
    """Answer requests, one a line: [kind, text] by [HTML or null, seconds]."""
    kinds = {"markdown": markdown, "code": code, "output": output}
    markdown("*a* $b$\n\n```python\nc\n```")  # compiles the patterns that all children use
    gc.freeze()  # and what was made so far is not looked through again in each of them
    for line in sys.stdin.buffer:
        kind, text = json.loads(line)
        sys.stdout.write(json.dumps(apart(kinds[kind], text)) + "\n")
        sys.stdout.flush()


if __name__ == "__main__":
    serve()
