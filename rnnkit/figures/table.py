"""A table of results: an HTML table with its caption, and plain text where no page shows it."""

import html
import re

import numpy as np

POWER = re.compile(r"(.*)e([+-]\d+)")
MINUS, TIMES = "\N{MINUS SIGN}", "\N{MULTIPLICATION SIGN}"
LINE = "padding: 2px 12px; border: 0; border-bottom: 1px solid #80808060"


class Table:
    """Rows of results under named columns, with numbers at the right and powers of ten as people write them.

    caption: what the table says. columns: the headings. rows: the cells, each a pair (as HTML, as text, is a number).
    """

    def __init__(self, caption, columns, rows):
        self.caption, self.columns, self.rows = caption, columns, rows

    def __repr__(self):
        text = [[text for _, text, _ in row] for row in self.rows]
        widths = [max(map(len, column)) for column in zip(self.columns, *text, strict=True)]
        numbers = [all(number for *_, number in column) for column in zip(*self.rows, strict=True)]
        lines = ["   ".join(cell.rjust(width) if number else cell.ljust(width)
                            for cell, width, number in zip(line, widths, numbers, strict=True)).rstrip()
                 for line in (self.columns, *text)]
        return "\n".join([self.caption, *lines])

    def _repr_mimebundle_(self, include=None, exclude=None):
        return {"text/html": self.html, "text/plain": repr(self)}

    @property
    def html(self):
        """The table as a page shows it."""
        numbers = [all(number for *_, number in column) for column in zip(*self.rows, strict=True)]
        head = "".join(f'<th scope="col" style="{LINE}; text-align: {_side(number)}">{html.escape(name)}</th>'
                       for name, number in zip(self.columns, numbers, strict=True))
        body = "".join(f"<tr>{''.join(_cell(*cell) for cell in row)}</tr>" for row in self.rows)
        return (f'<table class="rnnkit-table" style="border-collapse: collapse; margin: 4px 0 8px; '
                f'font-variant-numeric: tabular-nums"><caption style="caption-side: top; text-align: left; '
                f'font-weight: bold; padding: 2px 12px; color: inherit">{html.escape(self.caption)}</caption>'
                f"<thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>")


def table(caption, columns, rows):
    """A table of results.

    caption: what it says, in a sentence or less.
    columns: heading -> how its numbers are written, as Python's format does: {"radius": "", "left": ".1e"}. A heading
    with "" writes numbers as they are.
    rows: one for each line, with a cell for each column: a number, a string, or None for a cell that stays empty.
    Returns a Table. Raises ValueError where a row does not fit the columns.
    """
    if not isinstance(columns, dict) or not columns:
        raise ValueError(f"table: columns is {columns!r}; headings and how each is written were expected, as in "
                         f"{{'loss': '.4f'}}.")
    rows = [list(row) for row in rows]
    for row in rows:
        if len(row) != len(columns):
            raise ValueError(f"table: a row has {len(row)} cells; {len(columns)} were expected, one for each column.")
    if not rows:
        raise ValueError("table: there are no rows; at least one was expected.")
    return Table(caption, list(columns), [[cell(value, spec) for value, spec in zip(row, columns.values(), strict=True)]
                                          for row in rows])


def cell(value, spec=""):
    """A value as (HTML, text, whether it is a number). spec: how a number is written, as in ".1e"."""
    if value is None:
        return "", "-", True
    number = isinstance(value, int | float | np.number) and not isinstance(value, bool | np.bool)
    text = format(value, spec) if number else str(value)
    return (in_powers(text) if number else html.escape(text)), text, number


def in_powers(text):
    """A number as a page writes it: "2e-03" becomes 2 x 10 with a raised -3, and "-" a minus sign."""
    mantissa, power = match.groups() if (match := POWER.fullmatch(text)) else (text, "")
    mantissa = html.escape(mantissa.replace("-", MINUS))
    if not int(power or 0):
        return mantissa
    raised = f"10<sup>{str(int(power)).replace('-', MINUS)}</sup>"
    return raised if mantissa == "1" else f"{mantissa}\N{NO-BREAK SPACE}{TIMES}\N{NO-BREAK SPACE}{raised}"


def _cell(shown, text, number):
    return f'<td style="{LINE}; text-align: {_side(number)}; white-space: nowrap">{shown}</td>'


def _side(number):
    return "right" if number else "left"
