"""How a verdict is shown: a card in a notebook and text elsewhere, with the same findings."""

import html
import re

import pytest
from nbclient import NotebookClient
from nbformat.v4 import new_code_cell, new_notebook
from notebooks import RIGHT, STEP, notebook, step

from rnnkit import check
from rnnkit.checking import card
from rnnkit.exercises import EXERCISES


def squeezed(text):
    return re.sub(r"\s", "", text)


def text_in(card_html):
    return html.unescape(re.sub(r"<[^>]*>", "", card_html.replace("<br>", "\n")))


@pytest.fixture
def verdicts(monkeypatch):
    """What is shown while the test runs."""
    shown = []
    monkeypatch.setattr("rnnkit.checking.show", shown.append)
    return shown


@pytest.mark.parametrize("cell", [
    STEP,
    step("h @ W_h"),
    "def rnn_step(*a):\n    print('<script>alert(1)</script>')\n    raise ValueError('<img src=x onerror=alert(2)>')",
    step(RIGHT, then="x *= 2; print('a & b < c')"),
    "def rnn_step(*a):\n    raise type('<b>', (Exception,), {})('\"quoted\" & <i>')",
    "def rnn_step(*a):\n    return type('<u>', (), {})(), 1",
    "def rnn_step(*a): pass\nrnn_step.__name__ = '<script>alert(3)</script>'",
])
def test_card_and_text_hold_the_same_findings_and_the_card_escapes_them(cell, verdicts):
    check(notebook(cell)["rnn_step"], points=4)
    as_html, as_text = card.as_html(verdicts[0]), card.as_text(verdicts[0])
    assert set(re.findall(r"<\W?(\w+)", as_html)) <= {"div", "code", "b", "span", "br", "details", "summary", "pre"}
    assert not re.search(r"<[^>]*\bon\w+\s*=", as_html)
    assert len(verdicts[0].lines) >= 1
    for _, finding in verdicts[0].lines:
        assert squeezed(finding) in squeezed(as_text)
        assert squeezed(finding) in squeezed(text_in(as_html))
    headline = squeezed(as_text.split("\n")[0])
    assert squeezed(text_in(as_html)).startswith(headline)


def test_lines_of_the_text_fit_a_terminal(verdicts):
    for exercise in EXERCISES.values():
        for _, wrong in exercise.wrong_versions:
            check(wrong)
    assert len(verdicts) > 50
    assert max(len(line) for verdict in verdicts for line in card.as_text(verdict).splitlines()) <= card.WIDTH


def test_kernel_shows_a_card_with_a_text_beside_it_and_nothing_on_stderr(tmp_path):
    noise = "import logging, sys, warnings\nlog = logging.getLogger('student')\nlog.addHandler(logging.StreamHandler())"
    noisy = step(RIGHT, first="log.warning('a'); warnings.warn('b'); sys.stderr.write('c')",
                 then="import os; os.write(2, b'd')")
    book = new_notebook(cells=[new_code_cell(source) for source in (
        f"import numpy as np\nfrom rnnkit import check, yours\n{noise}",
        f"{STEP}\ncheck(rnn_step, points=4)",
        f"{step('h @ W_h')}\ncheck(rnn_step, points=4)",
        f"{noisy}\ncheck(rnn_step, points=4)",
        "yours(rnn_step) is rnn_step",
    )])
    NotebookClient(book, timeout=60, kernel_name="python3", resources={"metadata": {"path": tmp_path}}).execute()

    outputs = [cell.outputs for cell in book.cells]
    assert "stderr" not in {output.get("name") for cell in outputs for output in cell}
    for cell, earned in zip(outputs[1:4], ("4.0", "0.0", "4.0"), strict=True):
        shown, result = cell
        assert shown.output_type == "display_data" and set(shown.data) == {"text/html", "text/plain"}
        assert result.data["text/plain"] == earned
        assert squeezed(text_in(shown.data["text/html"])).startswith(squeezed(shown.data["text/plain"].split("\n")[0]))
    assert "The squashing is missing" not in outputs[2][0].data["text/plain"]
    assert "it printed" in outputs[3][0].data["text/plain"] and "What it printed" in outputs[3][0].data["text/html"]
    assert outputs[4][0].data["text/plain"] == "True"
