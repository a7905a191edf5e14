"""nbgrader's Formgrader, guarded: its pages print names and ids as they are, and a student may have chosen those."""

from functools import cache
from pathlib import Path

from jinja2 import ChoiceLoader, FileSystemLoader, PrefixLoader
from nbgrader.server_extensions.formgrader.base import BaseApiHandler
from nbgrader.server_extensions.formgrader.formgrader import FormgradeExtension


@cache
def guard() -> None:
    """Have every Formgrader of this process escape what it prints. nbgrader_config.py calls this in a Jupyter server.

    A submission's page is nbconvert's: see pages.py.
    """
    set_up, headers = FormgradeExtension.init_tornado_settings, BaseApiHandler.set_default_headers

    def set_up_guarded(self: FormgradeExtension, app: object) -> None:
        set_up(self, app)
        templates = app.settings["nbgrader_jinja2_env"]
        theirs, ours = templates.loader, FileSystemLoader(Path(__file__).parent)
        templates.loader = ChoiceLoader([ours, PrefixLoader({"nbgrader": theirs}), theirs])
        templates.autoescape = True

    def as_text(self: BaseApiHandler) -> None:
        headers(self)
        self.set_header("Content-Type", "text/plain; charset=UTF-8")  # JSON, and no page in which a name would run

    FormgradeExtension.init_tornado_settings, BaseApiHandler.set_default_headers = set_up_guarded, as_text
