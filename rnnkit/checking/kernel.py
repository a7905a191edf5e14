"""The notebook's kernel: whether there is one, and whether the newest version of a function is the one it holds."""

import inspect
import linecache
import re
import sys


def notebook():
    """IPython's shell, where it belongs to a notebook's kernel; else None."""
    shell = sys.modules["IPython"].get_ipython() if "IPython" in sys.modules else None
    return shell if getattr(shell, "kernel", None) else None


def failed_edit(function, name):
    """The error of the last cell that was to define this function, where the function that is there is an older one's.

    "" where the newest version is there, where it cannot be told, and where there is no notebook.
    """
    try:
        return _failed_edit(notebook().history_manager, inspect.unwrap(function), name)
    except Exception:
        return ""


def _failed_edit(history, function, name):
    cells, source = history.input_hist_parsed, "".join(linecache.getlines(function.__code__.co_filename)).rstrip("\n")
    defines = re.compile(rf"^[ \t]*(?:async[ \t]+)?[dD]\w*[ \t]+{re.escape(name)}\b", re.MULTILINE)
    newest = max(number for number, cell in enumerate(cells) if defines.search(cell))
    if newest not in history.exceptions or cells[newest] == source or source not in cells[:newest]:
        return ""
    error = history.exceptions[newest]
    return f"{error['ename']}: {error['evalue']}".strip(": ")
