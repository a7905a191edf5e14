"""The page that shows a notebook, in Formgrader and as feedback, made harmless and kept within bounds."""

import html
from collections.abc import Callable

from nbconvert.filters import ansi2html
from nbconvert.preprocessors import Preprocessor
from nbformat import NotebookNode

from autograder.marks.sanitize import RENDERER, as_typed

SECONDS, TAGS, CHARACTERS = 4.0, 50_000, 4_000_000  # processor time to render a page, and what its cells' HTML may hold
GLIMPSE = 300  # characters that are shown of a text for which there is no more room
FROM_NBGRADER = ("assignment_id", "base_url", "first_name", "last_name", "notebook_id", "notebook_path", "student",
                 "submission_id")  # printed as they are by its template of a submission


class Page:
    """What is left of a page's bounds. Its methods are nbconvert's filters."""

    def __init__(self) -> None:
        self.seconds, self.tags, self.characters = SECONDS, TAGS, CHARACTERS

    def filters(self) -> dict[str, Callable[..., str]]:
        return {"markdown2html": self.markdown, "highlight_code": self.code, "clean_html": self.output,
                "ansi2html": self.printed, "strip_files_prefix": lambda shown: shown}

    def markdown(self, source: str) -> str:
        return self._room(self._rendered("markdown", source), source)

    def code(self, source: str, language: str | None = None, metadata: dict | None = None) -> str:
        return self._room(self._rendered("code", source), source)

    def output(self, text: str) -> str:
        return self._room(self._rendered("output", text), text)

    def printed(self, text: str) -> str:
        return self._room(str(ansi2html(text)), text)

    def _rendered(self, kind: str, text: str) -> str:
        before = RENDERER.spent
        made = RENDERER.render(kind, text, known_only=self.seconds <= 0)
        self.seconds -= RENDERER.spent - before
        return made or as_typed(text)

    def _room(self, made: str, text: str) -> str:
        """The HTML, where there is room for it; else the text as it was typed, or its beginning."""
        for shown in (made, as_typed(text)):
            tags = shown.count("<")
            if tags <= self.tags and len(shown) <= self.characters:
                self.tags, self.characters = self.tags - tags, self.characters - len(shown)
                return shown
        return as_typed(f"{text[:GLIMPSE]}\n... no more room on this page: {len(text) - GLIMPSE} more characters")


class Harmless(Preprocessor):
    """Takes care of a page, whatever else a course's settings say. nbgrader_config.py names it, and nothing else.

    The cells pass through a Page's filters, and the names that nbgrader prints as they are get escaped.
    """

    def __init__(self, **known: object) -> None:
        super().__init__(**known)
        ours = Page().filters()  # a course's older settings may name others, which are not there any more
        self.parent.filters = {name: each for name, each in self.parent.filters.items() if name not in ours}

    def preprocess(self, notebook: NotebookNode, resources: dict) -> tuple[NotebookNode, dict]:
        for name, each in Page().filters().items():
            self.parent.register_filter(name, each)
        resources["should_sanitize_html"] = True
        for key in FROM_NBGRADER:
            if resources.get(key) is not None:
                resources[key] = html.escape(resources[key])
        for cell in notebook.cells:
            if cell.cell_type == "raw":
                cell.source = as_typed(cell.source)
        return notebook, resources
