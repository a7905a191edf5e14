"""The notebook's kernel: whether there is one, and whether the newest version of a function is the one it holds."""

import inspect
import linecache
import re
import sys


def notebook():
    """IPython's shell, where it belongs to a notebook's kernel; else None."""
    shell = sys.modules["IPython"].get_ipython() if "IPython" in sys.modules else None
    return shell if getattr(shell, "kernel", None) else None


def shown_once(value):
    """A float, of which a notebook shows nothing where it is the value of the cell that runs. Its plain text stays."""
    if shell := notebook():
        formatter, cell = shell.display_formatter.formatters["text/html"], shell.execution_count

        def nothing(shown):
            formatter.pop(float, None)
            return "<span></span>" if shown is value and shell.execution_count == cell else None

        formatter.for_type(float, nothing)
    return value


def failed_edit(function, name):
    """The error of the last cell that was to define this function, where the function that is there is an older one's.

    "" where the newest version is there, where it cannot be told, and where there is no notebook.
    """
    try:
        return _failed_edit(notebook().history_manager, inspect.unwrap(function), name)
    except Exception:
        return ""


def _failed_edit(history, function, name):
    cells = history.input_hist_parsed
    source = "".join(linecache.getlines(function.__code__.co_filename)).rstrip("\n")
    defines = re.compile(rf"^[ \t]*(?:async[ \t]+)?[dD]\w*[ \t]+{re.escape(name)}\b", re.MULTILINE)
    newest = max(number for number, cell in enumerate(history.input_hist_raw) if defines.search(cell))
    if newest not in history.exceptions or cells[newest] == source or source not in cells[1:newest]:
        return ""
    error = history.exceptions[newest]
    said = re.sub(r"\(\S+\.py, line (\d+)\)", r"(line \1)", str(error["evalue"]))
    return f"{error['ename']}: {said}".strip(": ")
