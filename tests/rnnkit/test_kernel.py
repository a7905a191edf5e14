"""In a kernel a check says when the newest version of a function did not run, and shows its points once."""

import pytest
from nbclient import NotebookClient
from nbformat.v4 import new_code_cell, new_notebook
from notebooks import STEP, step

CHECK = "check(rnn_step, points=4)"
NO_SYNTAX = STEP.replace("np.tanh(x", "np.tanh((x")
STALE = ("Your last edit of rnn_step did not run (SyntaxError: '(' was never closed (line 2)). "
         "This is the version before it.")


def run(*sources, folder):
    """The outputs of the cells, which follow two that import and define a wrong rnn_step."""
    cells = ["import numpy as np\nfrom rnnkit import check", step("np.tanh(x @ W_x + h @ W_h)"), *sources]
    book = new_notebook(cells=[new_code_cell(source) for source in cells])
    NotebookClient(book, timeout=120, kernel_name="python3", allow_errors=True,
                   resources={"metadata": {"path": folder}}).execute()
    return [cell.outputs for cell in book.cells[2:]]


@pytest.fixture(scope="module")
def said(tmp_path_factory):
    """What a check says after each of these cells, in one kernel."""
    after = {
        "nothing": "pass",
        "a SyntaxError": NO_SYNTAX,
        "a SyntaxError and another cell": "print(3)",
        "a good run": f"{STEP}\n\n",
        "a SyntaxError mended": f"{STEP} # once more",
        "an exception before the definition": f"1 / 0\n{step('h @ W_h')}",
        "an exception after the definition": f"{step('h @ W_h')}\n1 / 0",
        "the answer renamed, with a SyntaxError": NO_SYNTAX.replace("rnn_step", "my_step"),
        "a good run once more": STEP,
        "def misspelled": STEP.replace("def ", "deff "),
        "a cell magic": f"%%time\n{STEP}",
        "a SyntaxError below a cell magic": f"%%time\n{NO_SYNTAX}",
        "an answer from elsewhere": "from elsewhere import rnn_step",
    }
    folder = tmp_path_factory.mktemp("lesson")
    (folder / "elsewhere.py").write_text(f"import numpy as np\n{STEP}")
    outputs = run(*(source for cell in after.values() for source in (cell, CHECK)), folder=str(folder))
    checks = zip(after, outputs[1::2], strict=True)
    return {what: " ".join(shown.data["text/plain"].split()) for what, (shown, _) in checks}


@pytest.mark.parametrize("what", ["a SyntaxError", "a SyntaxError and another cell"])
def test_version_before_a_syntax_error_is_checked_and_called_so(said, what):
    assert STALE in said[what] and "The bias b was left out" in said[what]


def test_version_before_any_other_failure_is_called_so_too(said):
    assert "did not run (ZeroDivisionError: division by zero)" in said["an exception before the definition"]
    assert "did not run (SyntaxError" in said["def misspelled"]


@pytest.mark.parametrize("what", ["nothing", "a good run", "a SyntaxError mended", "an exception after the definition",
                                  "the answer renamed, with a SyntaxError", "a good run once more", "a cell magic",
                                  "an answer from elsewhere"])
def test_newest_version_is_not_called_an_old_one(said, what):
    assert "did not run" not in said[what]


def test_points_are_seen_once_and_other_numbers_as_ever(tmp_path):
    outputs = run(CHECK, "0.0", f"points = {CHECK}", "0.0", "points", f"{CHECK} / 2", folder=str(tmp_path))
    shown = [{kind: text for output in cell if output.output_type == "execute_result"
              for kind, text in output.data.items()} for cell in outputs]
    seen = {"text/plain": "0.0"}
    assert shown == [seen | {"text/html": "<span></span>"}, seen, {}, seen, seen, seen]
