"""What students wrote, as HTML that does nothing: no program, no request, no look of its own.

nbconvert calls these two wherever Formgrader or feedback show a notebook. nbgrader_config.py tells it to.
"""

import html
import re
from functools import lru_cache

from bleach.css_sanitizer import CSSSanitizer
from bleach.sanitizer import Cleaner
from nbconvert.filters.markdown_mistune import IPythonRenderer, MarkdownWithMath

TAGS = {"a", "b", "blockquote", "br", "code", "dd", "del", "details", "div", "dl", "dt", "em", "h1", "h2", "h3", "h4",
        "h5", "h6", "hr", "i", "img", "kbd", "li", "mark", "ol", "p", "pre", "s", "samp", "small", "span", "strong",
        "sub", "summary", "sup", "table", "tbody", "td", "tfoot", "th", "thead", "tr", "u", "ul", "var"}
# How a verdict's card looks. None of it lifts a box out of its place in the page.
CARD = {"background", "border", "border-left", "border-radius", "color", "display", "font-size", "justify-content",
        "line-height", "margin", "max-width", "padding", "padding-left", "width"}
CLASSES = re.compile(r"rnnkit-card|highlight|[a-z]{1,2}[0-9]?")  # the last are the colors of highlighted code
LONGEST = 50_000


def markdown(source):
    """Markdown as HTML. What is too long, or too twisted to be read, is shown as it was typed."""
    return _rendered(source) if len(source) <= LONGEST else _as_typed(source)


def markup(text):
    """HTML that a cell has put out; a verdict's card keeps its looks."""
    return _OUTPUT.clean(text)


@lru_cache(maxsize=500)  # a class has a lesson's own cells in common
def _rendered(source):
    try:
        renderer = IPythonRenderer(escape=False, exclude_anchor_links=True)
        return _PROSE.clean(MarkdownWithMath(renderer=renderer).render(source))
    except Exception:
        return _as_typed(source)


def _as_typed(source):
    return f"<pre>{html.escape(source)}</pre>"


def _harmless(tag, name, value):
    """Whether an attribute runs nothing, fetches nothing and has no name that the page itself looks for."""
    if name == "style":
        return not set("(\\@") & set(value)  # url(...), in any spelling
    if name == "class":
        return all(CLASSES.fullmatch(word) for word in value.split())
    if name == "href":
        return tag == "a" and re.match(r"(https?://|mailto:|#)", value)
    if name == "src":
        return tag == "img" and re.match(r"data:image/(png|jpeg|gif);base64,", value)
    return name in ("alt", "title", "colspan", "rowspan", "open", "start")


def _cleaner(styles):
    return Cleaner(TAGS, _harmless, protocols=("http", "https", "mailto", "data"), css_sanitizer=CSSSanitizer(styles))


_PROSE, _OUTPUT = _cleaner(["text-align"]), _cleaner(CARD)
