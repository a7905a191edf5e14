"""Guesses: kept before the answer, not after; scored; written beside the lessons; and no trouble without any of it."""

import json
import sys

import pytest

from rnnkit import guess, pencil


@pytest.fixture(autouse=True)
def lesson(tmp_path, monkeypatch):
    """A lesson's folder, where no guess was made yet."""
    folder = tmp_path / "02_the_recurrent_cell"
    folder.mkdir()
    monkeypatch.chdir(folder)
    new_kernel(monkeypatch)
    return folder


def new_kernel(monkeypatch):
    monkeypatch.setattr(guess, "_asked", {})
    monkeypatch.setattr(guess, "_met", {})


def ask(**mine):
    return guess.choose("knock", "How much is left?", "half", "a tenth", "less", **mine)


def test_unsolved_lesson_runs_through_and_writes_nothing(lesson):
    assert "half" in repr(ask())
    assert repr(guess.reveal("knock", "less")) == "The answer: less."
    assert repr(guess.reveal("never asked", "less")) == "The answer: less."
    assert repr(guess.reveal("never asked either", 0.5)) == "The answer: 0.5."
    assert "none so far" in repr(guess.score())
    assert "none so far" in repr(guess.course())
    assert [path.name for path in lesson.parent.iterdir()] == [lesson.name]


def test_guess_meets_its_answer_and_is_scored():
    ask(mine="half")
    guess.place("size", "How large?", 1e-6, 1, mine=0.01)
    assert repr(guess.reveal("knock", "less")) == "You said half. It is less."
    assert repr(guess.reveal("size", 0.0018)) == "Your guess is right: 0.0018."
    assert repr(guess.score()).startswith("Your guesses in this lesson: 1 of 2 right.")
    assert "How much is left? You said half. It is less." in repr(guess.score())
    assert "1 of 2 right" in repr(guess.course())


@pytest.mark.parametrize(("log", "mine", "answer", "right"), [
    (True, 0.01, 0.09, True), (True, 0.01, 0.11, False), (True, 0.01, 0.0, False),
    (False, 0.5, 0.59, True), (False, 0.5, 0.61, False),
])
def test_a_number_is_right_within_a_factor_or_a_distance(log, mine, answer, right):
    guess.place("size", "How large?", 1e-3, 1, log=log, mine=mine)
    assert ("is right" in repr(guess.reveal("size", answer))) == right


def test_the_first_guess_counts_and_none_after_the_answer():
    question = ask()
    guess.reveal("knock", "less")
    question.keep("less")
    assert guess.made("knock") is None and "does not count" in question.said
    question = ask(mine="half")
    guess.reveal("knock", "less")
    again = ask(mine="less")
    assert guess.made("knock") == "half" and "first guess counts" in again.said


def test_the_next_kernel_and_the_map_know_what_was_guessed(monkeypatch):
    ask(mine="half")
    guess.reveal("knock", "less")
    new_kernel(monkeypatch)
    assert repr(guess.score()).startswith("Your guesses in this lesson: 0 of 1 right.")
    assert ask().guess == "half"


@pytest.mark.parametrize("text", [
    "", "{", "[]", "3", '{"02_the_recurrent_cell": 3}', '{"02_the_recurrent_cell": {"a": 1}}', "[" * 100_000,
    '{"02_the_recurrent_cell": {"knock": {"guess": []}}}', "\udcff"])
def test_a_damaged_file_is_no_error_and_is_written_anew(lesson, text):
    file = lesson.parent / guess.FILE
    file.write_text(text, errors="surrogateescape")
    assert "none so far" in repr(guess.course())
    ask(mine="half")
    guess.reveal("knock", "less")
    assert json.loads(file.read_text())[lesson.name]["knock"]["guess"] == "half"


def test_a_folder_that_cannot_be_written_is_no_error(lesson, monkeypatch):
    def no_space(*_, **__):
        raise OSError("No space left on device")

    monkeypatch.setattr(guess.tempfile, "mkstemp", no_space)
    ask(mine="half")
    assert "You said half" in repr(guess.reveal("knock", "less"))


def test_outside_of_a_lesson_nothing_is_written(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    ask(mine="less")
    assert "is right" in repr(guess.reveal("knock", "less"))
    assert not list(tmp_path.glob("*.json"))


def test_a_click_keeps_the_guess():
    widgets = pytest.importorskip("ipywidgets")
    question = ask()
    buttons, said = question._widget(widgets).children
    assert buttons.value is None
    buttons.value = "a tenth"
    assert question.guess == "a tenth" and "a tenth" in said.value
    place = guess.place("size", "How large?", 1e-6, 1)
    axis, button = place._widget(widgets).children[0].children
    axis.value = 0.1
    assert place.guess is None
    button.click()
    assert place.guess == 0.1


def test_without_ipywidgets_it_says_where_to_write_the_guess(monkeypatch):
    monkeypatch.setitem(sys.modules, "ipywidgets", None)
    bundle, = shown(ask(), monkeypatch)
    assert set(bundle) == {"text/html", "text/plain"} and "mine='half'" in bundle["text/plain"]


def test_the_question_is_an_output_of_its_own_that_stays_where_no_control_can(monkeypatch):
    widgets = pytest.importorskip("ipywidgets")
    question, control = shown(ask(), monkeypatch)
    assert set(question) == {"text/html", "text/plain"} and "half, a tenth, less" in question["text/html"]
    assert isinstance(control, widgets.VBox)


def shown(question, monkeypatch):
    """What a question displays, one output after the other."""
    outputs = []
    monkeypatch.setattr("IPython.display.display", lambda what, raw=False: outputs.append(what))
    question._ipython_display_()
    return outputs


def test_a_page_without_a_kernel_can_score_it():
    html = ask().html
    assert 'data-guess="knock"' in html and 'data-options="half|a tenth|less"' in html
    html = guess.place("size", "How large?", 1e-6, 1).html
    assert all(f'data-{what}="{value}"' in html for what, value in
               {"low": "1e-06", "high": "1", "within": "10", "scale": "log"}.items())
    html = guess.reveal("size", 0.25).html
    assert 'data-guess="size"' in html and 'data-answer="0.25"' in html


@pytest.mark.parametrize("wrong", [
    lambda: guess.choose("a", "?", "one"), lambda: guess.choose("a", "?", 1, 2), lambda: guess.place("a", "?", 1, 0),
    lambda: guess.place("a", "?", 0, 1), lambda: (ask(), guess.reveal("knock", "something else")),
])
def test_a_question_that_cannot_be_answered_is_refused(wrong):
    with pytest.raises(ValueError, match=r"expected|is not one of"):
        wrong()


def test_what_is_guessed_is_escaped():
    guess.choose("knock", "<b>?", "<i>", "b", mine="<i>")
    assert "<i>&lt;" not in guess.reveal("knock", "b").html
    assert "&lt;i&gt;" in guess.score().html and "&lt;b&gt;?" in guess.score().html


@pytest.mark.parametrize(("mine", "said"), [
    (None, "in the place of None"), (0.661, "Right. To more digits it is 0.661068"),
    (0.331, "if the slope is left out"),
    (0.5, "Go through it once more"), ("0.661", "A number was expected"),
])
def test_a_pencil_says_right_or_names_the_slip(mine, said):
    assert said in repr(pencil(mine, 0.661068, {"the slope is left out": 0.3311}))
