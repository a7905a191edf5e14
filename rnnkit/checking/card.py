"""How a verdict looks: a compact card in a notebook, plain text in a terminal."""

import html
import sys
import textwrap

WIDTH = 88
MARKS = {"ok": "ok", "wrong": "wrong", "blank": "to do", "hint": "", "remark": "note", "printed": "it printed"}
COLORS = {"ok": "#00664b", "wrong": "#a63c00", "blank": "#555555", "remark": "#555555"}


def show(verdict):
    """Display the card where there is a notebook, print it elsewhere."""
    if "IPython" in sys.modules:
        from IPython import get_ipython
        from IPython.display import display

        if getattr(get_ipython(), "kernel", None):
            display({"text/html": as_html(verdict), "text/plain": as_text(verdict)}, raw=True)
            return
    print(as_text(verdict))


def as_text(verdict):
    """The verdict in plain text, a headline and a line for each finding."""
    score = _score(verdict)
    lines = [verdict.name + score.rjust(WIDTH - len(verdict.name))]
    for mark, text in _in_order(verdict.lines):
        first, *rest = [piece for line in _shortened(text) for piece in textwrap.wrap(line, WIDTH - 9) or [""]]
        lines.append(f"  {MARKS[mark]:<7}{first}" if len(MARKS[mark]) < 7 else f"  {MARKS[mark]}:\n         {first}")
        lines += [" " * 9 + piece for piece in rest]
    return "\n".join(lines)


def as_html(verdict):
    """The verdict as a card. Everything that came from a student's code is escaped."""
    rows = "".join(_row(mark, text) for mark, text in _in_order(verdict.lines))
    edge = COLORS["ok"] if verdict.passed else COLORS["wrong"] if verdict.written else COLORS["blank"]
    return (f'<div class="rnnkit-card" style="border:1px solid #bbb;border-left:6px solid {edge};border-radius:4px;'
            f'padding:6px 12px;max-width:52em;background:#fff;color:#222;font-size:14px;line-height:1.45">'
            f'<div style="display:flex;justify-content:space-between"><code style="background:none;color:#222"><b>'
            f'{html.escape(verdict.name)}</b></code><b>{_score(verdict)}</b></div>{rows}</div>')


def _in_order(lines):
    """The findings as they were made, and what the function printed at the end."""
    return sorted(lines, key=lambda line: line[0] == "printed")


def _row(mark, text):
    body = "<br>".join(html.escape(line) for line in _shortened(text))
    if mark == "printed":
        return (f'<details><summary>What it printed</summary><pre style="margin:2px 0;background:none;color:#222">'
                f'{body}</pre></details>')
    label = MARKS[mark] and f'<b style="color:{COLORS[mark]};display:inline-block;width:4em">{MARKS[mark]}</b>'
    style = "margin:2px 0 2px 4em;padding-left:8px;border-left:3px solid #0072b2" if mark == "hint" else "margin:2px 0"
    return f'<div style="{style}">{label}<span>{body}</span></div>'


def _score(verdict):
    return f"{verdict.earned:g} of {verdict.points:g} point{'s' * (verdict.points != 1)}"


def _shortened(text, most=12):
    """The first lines of a text, without what a screen or a message cannot carry, such as half a surrogate pair."""
    lines = ["".join(c if c.isprintable() or c.isspace() else "?" for c in line[:400])
             for line in text.splitlines()]
    return (lines[:most] or [""]) + [f"... and more lines: {len(lines) - most}"] * (len(lines) > most)
