"""How a verdict is shown: a card in a notebook and text elsewhere, with the same findings."""

import html
import re

import pytest
from cells import CELLS, TOLERANCE
from nbclient import NotebookClient
from nbformat.v4 import new_code_cell, new_notebook
from notebooks import RIGHT, STEP, STEP_BACKWARD, function, notebook, step

from rnnkit import check, clip_by_global_norm
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


def test_diagnosis_comes_before_what_it_was_recognized_by_and_before_the_numbers(ask, verdicts):
    check(function("rnn_step_backward", STEP, STEP_BACKWARD.replace("1 - h_next", "1 - dh_next")))
    for said in (card.as_text(verdicts[0]), text_in(card.as_html(verdicts[0]))):
        places = [squeezed(said).index(squeezed(text)) for text in (
            "The slope was taken of the upstream gradient", "These are exactly the numbers of a known mistake.",
            "wrong dx, dh, dW_x, dW_h, db: every entry wrong, by up to")]
        assert places == sorted(places)
    assert "<details><summary>" in card.as_html(verdicts[0])


def test_rows_that_differ_in_more_than_their_size_stay_apart(verdicts):
    check(function("rnn_step_backward", STEP, STEP_BACKWARD.replace("da.sum(axis=0)", "-da.sum(axis=0)").replace(
        "x.T @ da,", "x.T @ np.sin(da),")))
    rows = [line for line in card.as_text(verdicts[0]).splitlines() if line.startswith("  wrong")]
    assert len(rows) == 2 and "the sign is wrong" in rows[1]


def test_mistake_without_a_name_is_shown_open_and_ends_with_a_question(verdicts):
    check(function("rnn_step", step("np.sin(3 * (x @ W_x + h @ W_h + b))")))
    assert "<details open>" in card.as_html(verdicts[0])
    assert card.as_text(verdicts[0]).endswith("What would it give for a batch of one (N = 1)?")


@pytest.mark.parametrize(("cell", "digits"), [(STEP, 15), (step(f"({RIGHT}).astype(np.float32)"), 7),
                                              (step(f"{RIGHT} * (1 + 2e-9)"), 9)])
def test_right_answer_is_told_what_was_built_and_the_digits_that_were_computed(cell, digits, ask):
    _, text = ask(function("rnn_step", cell))
    assert "Right. You have built one step of a recurrent network." in text
    assert f"agree with ours to {digits} digits, and ours with those of PyTorch's nn.RNNCell to 10 or more" in text
    assert "Whatever follows in this lesson uses yours." in text


def test_right_numbers_in_an_odd_form_are_not_said_to_be_used(ask):
    _, text = ask(function("rnn_step", step(f"({RIGHT}).tolist()")))
    assert "Right." in text and "uses yours" not in text


def test_every_exercise_says_what_was_built_and_names_pytorchs_only_where_the_tests_compare_them():
    compared = {cell.function(part): f"nn.{cell.name}{'Cell' * part.startswith('step')}"
                for cell in CELLS for part in ("step", "forward", "step_backward", "backward")}
    compared[clip_by_global_norm] = "nn.utils.clip_grad_norm_"   # by test_optim
    assert TOLERANCE == 10 ** -card.TESTED
    for exercise in EXERCISES.values():
        assert re.fullmatch(r"You have (built|repaired) .*\.", exercise.built)
        assert exercise.torch == compared.get(exercise.reference, "")


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
