"""Texts of a student's, made harmless for a terminal, for a page, and for a database."""

import re

ESCAPES = re.compile(r"\x1b(\[[0-9;?]*[ -/]*[@-~]|\][^\x07\x1b]*(\x07|\x1b\\)?|.)")  # colors, titles, cursor movements
UNFIT = re.compile("[\0-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff\ufffe\uffff]")  # for JSON, for a page, for a database


def visible(text: str) -> str:
    """The text with an escape such as \\x1b for each character that cannot be printed."""
    return "".join(c if c.isprintable() else c.encode("unicode_escape", "surrogatepass").decode() for c in text)


def as_prose(text: str) -> str:
    """A sentence in which nothing counts as Markdown, on one line."""
    return re.sub(r"([\\`*_{}\[\]()#|<>~$&!:-])", r"\\\1", " ".join(fit(text, 1000).split()))


def fit(text: str, most: int | None = None) -> str:
    """The text without what a page cannot show, and no longer than need be."""
    more = len(text) - most if most and len(text) > most else 0
    text = UNFIT.sub("\ufffd", ESCAPES.sub("", text[:most].replace("\r\n", "\n")))
    return f"{text}\n... {more} more characters" if more else text
