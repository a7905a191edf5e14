"""What students wrote, as HTML that does nothing and costs little.

A process of its own renders it: see rendering.py. What is too long for that, or takes too long, is shown as
it was typed.
"""

import atexit
import html
import json
import os
import subprocess
import sys
from pathlib import Path
from threading import Lock

from autograder.texts import fit

LONGEST = 50_000  # characters of a text that is rendered
MOVING, LONGEST_MOVING = '<div class="rnnkit-moving">', 500_000  # how a figure that moves begins, which has many frames
REMEMBERED, SMALL = 500, 100_000  # texts, and characters of HTML; a class has a lesson's own cells in common


def markdown(source: str) -> str:
    """Markdown as HTML."""
    return RENDERER.render("markdown", source) or as_typed(source)


def code(source: str) -> str:
    """Python code as HTML, with colors."""
    return RENDERER.render("code", source) or as_typed(source)


def markup(text: str) -> str:
    """HTML that a cell has put out; a verdict's card keeps its looks."""
    return RENDERER.render("output", text) or as_typed(text)


def as_typed(text: str) -> str:
    return f"<pre>{html.escape(fit(text), quote=False)}</pre>"


class Renderer:
    """The process that renders. It starts with the first text, and ends with this process."""

    def __init__(self) -> None:
        self.spent = 0.0  # seconds of processor time, so far
        self._process, self._lock = None, Lock()
        self._known: dict[tuple[str, str], str | None] = {}

    def render(self, kind: str, text: str, known_only: bool = False) -> str | None:
        """A text's HTML; None where it has none. kind: "markdown", "code" or "output".

        known_only: only if this costs nothing, since the text was rendered before.
        """
        longest = LONGEST_MOVING if text.startswith(MOVING) else LONGEST
        if (kind, text) not in self._known and not known_only and len(text) <= longest:
            with self._lock:
                made, seconds = self._ask(kind, text)
            self.spent += seconds
            if len(made or "") > SMALL:
                return made
            if len(self._known) >= REMEMBERED:
                del self._known[next(iter(self._known))]
            self._known[kind, text] = made
        return self._known.get((kind, text))

    def close(self) -> None:
        if self._process:
            self._process.kill()
            self._process.communicate()
            self._process = None

    def _ask(self, kind: str, text: str) -> tuple[str | None, float]:
        request = json.dumps([kind, text]).encode() + b"\n"
        for _ in range(2):  # the second time with a new process
            try:
                self._process = self._process or _start()
                self._process.stdin.write(request)
                self._process.stdin.flush()
                return tuple(json.loads(self._process.stdout.readline()))
            except (OSError, ValueError):
                self.close()
        return None, 0.0


def _start() -> subprocess.Popen:
    root = str(Path(__file__).resolve().parents[2])
    path = os.pathsep.join([root, *filter(None, [os.environ.get("PYTHONPATH")])])
    return subprocess.Popen([sys.executable, "-P", "-m", "autograder.marks.rendering"],
                            env=os.environ | {"PYTHONPATH": path}, stdin=subprocess.PIPE,
                            stdout=subprocess.PIPE, start_new_session=True)


RENDERER = Renderer()
atexit.register(RENDERER.close)
