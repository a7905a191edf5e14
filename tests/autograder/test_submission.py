"""Reading what was handed in: the answers are found in whatever became of the notebook, and no file does harm."""

import copy
import json
import os
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from autograder.building import source
from autograder.building.editions import instructor_edition
from autograder.course import Course
from autograder.judging import submission
from autograder.judging.submission import Unreadable, read
from autograder.lesson import Lesson
from rnnkit.checking import Verdict
from rnnkit.checking.card import as_text

ROOT = Path(__file__).resolve().parents[2]
STEP, BACKWARD, ESSAY = "rnn_step_backward", "rnn_backward", "why-gradients-add"
SOLVED = "def rnn_backward(dh, cache):\n    return np.flip(dh)"
HELPER = "def over_time(dh):\n    return np.flip(dh)"
WORDS = "The weight is used at every step, so every use adds its part."
ANY_FILE = settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


def real_lesson(name):
    config = Course(ROOT / "nbgrader_config.py").config
    return Lesson(name, instructor_edition(source.read(ROOT / "solutions" / name / f"{name}.py")), config)


@pytest.fixture(scope="module")
def lesson():
    return real_lesson("03_backpropagation_through_time")


@pytest.fixture
def hand_in(lesson, tmp_path):
    """Read a notebook, or any bytes, as a student's file."""

    def read_again(notebook, lesson=lesson):
        path = tmp_path / "submitted.ipynb"
        path.write_bytes(notebook if isinstance(notebook, bytes) else json.dumps(notebook).encode())
        return read(path, lesson)

    return read_again


@pytest.fixture
def notebook(lesson):
    """The lesson as a student gets it, as plain data: change it and hand it in."""
    return json.loads(json.dumps(lesson.student))


def place(notebook, name):
    return next(i for i, cell in enumerate(notebook["cells"]) if cell.get("id") == name)


def cell(notebook, name):
    return notebook["cells"][place(notebook, name)]


def new(text, kind="code", **more):
    return {"cell_type": kind, "metadata": {}, "source": text, **({"outputs": []} if kind == "code" else {}), **more}


def card(earned, points=5.0, name=BACKWARD):
    text = as_text(Verdict(name, points, share=earned / points))
    return [{"output_type": "display_data", "metadata": {}, "data": {"text/html": "<b>4 of 5</b>", "text/plain": text}}]


def said(handed_in):
    return " | ".join(handed_in.remarks)


def unlabeled(cell):
    return {key: value for key, value in cell.items() if key != "id"} | {"metadata": {}}


def test_an_untouched_lesson_is_all_stubs_and_nothing_is_odd(hand_in, notebook, lesson):
    handed_in = hand_in(notebook)
    assert list(handed_in.answers()) == ["numerical_gradient", STEP, BACKWARD, ESSAY]
    assert all(answer.stub for answer in handed_in.answers().values())
    assert handed_in.remarks == () and handed_in.claims == {}
    assert [c.source for c in handed_in.cells] == [c["source"] for c in notebook["cells"]]
    assert [c.grade_id for c in handed_in.cells] == [
        c["metadata"].get("nbgrader", {}).get("grade_id", "") for c in notebook["cells"]]
    assert all(c.unchanged and c.position == i for i, c in enumerate(handed_in.cells))


def solve(notebook):
    cell(notebook, BACKWARD)["source"] = SOLVED
    cell(notebook, ESSAY)["source"] = WORDS


def forget_metadata(notebook):
    for one in notebook["cells"]:
        one["metadata"] = {}


def forget_everything(notebook):
    notebook["cells"] = [unlabeled(one) for one in notebook["cells"]]


def forget_ids(notebook):
    for one in notebook["cells"]:
        del one["id"]


def strange_metadata(notebook):
    strange = [[], 7, None, "x", {"nbgrader": []}, {"nbgrader": {"grade_id": 3}}, {"nbgrader": {"grade_id": {}}},
               {"nbgrader": {"grade_id": "no-such"}}, {"nbgrader": {"grade_id": ["title"]}}, {"id": 1}]
    for i, one in enumerate(notebook["cells"]):
        one["metadata"] = strange[i % len(strange)]


def old_schema(notebook):
    for one in notebook["cells"]:
        one["id"] = "0"
        if "nbgrader" in one["metadata"]:
            one["metadata"]["nbgrader"] = {"schema_version": 1, "grade_id": one["metadata"]["nbgrader"]["grade_id"]}


def reverse(notebook):
    notebook["cells"].reverse()


def as_nbformat_3(notebook):
    for one in notebook["cells"]:
        if one["cell_type"] == "code":
            one["input"] = one.pop("source").splitlines(keepends=True)
        del one["id"]
    half = len(notebook["cells"]) // 2
    sheets = [{"cells": notebook["cells"][:half]}, {"cells": notebook["cells"][half:]}]
    del notebook["cells"]
    notebook |= {"nbformat": 3, "worksheets": sheets}


def without_header(notebook):
    for key in list(notebook):
        if key != "cells":
            del notebook[key]


def windows(notebook):
    for one in notebook["cells"]:
        one["source"] = one["source"].replace("\n", "  \r\n") + "\r\n"


def lines(notebook):
    for one in notebook["cells"]:
        one["source"] = one["source"].splitlines(keepends=True)


def strangers(notebook):
    notebook["cells"][3:3] = [None, 7, "x = 1", [], {}, {"cell_type": []}, new(None), new({"a": 1}), new(3.5, "raw")]


def colab(notebook):
    for one in notebook["cells"]:
        one["metadata"] = {"id": one.pop("id")}




@pytest.mark.parametrize("change", [
    forget_metadata, forget_everything, forget_ids, strange_metadata, old_schema, reverse, as_nbformat_3,
    without_header, windows, lines, strangers, colab,
], ids=lambda change: change.__name__)  # fmt: skip
def test_answers_are_found_in_whatever_became_of_the_notebook(change, hand_in, notebook):
    solve(notebook)
    change(notebook)
    answers = hand_in(notebook).answers()
    assert answers[BACKWARD].source.split() == SOLVED.split()
    assert answers[BACKWARD].grade_id == BACKWARD and not answers[BACKWARD].stub
    assert answers[ESSAY].source.split() == WORDS.split()
    assert answers[STEP].stub


@pytest.mark.parametrize("indented", ["if True:\n    ", "try:\n    pass\n    ", "with timer():\n\n# a note\n    "])
def test_an_answer_below_an_untouched_stub_is_the_answer(indented, hand_in, notebook):
    text = indented + SOLVED.replace("\n", "\n    ")
    notebook["cells"].insert(place(notebook, BACKWARD) + 1, new(text))
    below = [new("", "markdown"), new("x = 1"), new(cell(notebook, "title")["source"], "markdown")]
    at = place(notebook, ESSAY) + 1
    notebook["cells"][at:at] = [*below, new(WORDS, "markdown")]
    handed_in = hand_in(notebook)
    assert handed_in.answers()[BACKWARD].source == text
    assert handed_in.answers()[ESSAY].source == WORDS
    assert f"found by what it says: {BACKWARD}, {ESSAY}" in said(handed_in)


@pytest.mark.parametrize("text", [
    "class Net:\n    def rnn_backward(self):\n        pass", "# def rnn_backward(dh):", "rnn_backward == 3",
    "rnn_backward_2 = 3", "def f():\n    rnn_backward = 3", "print(rnn_backward)", "\n    def rnn_backward():",
])  # fmt: skip
def test_what_only_mentions_the_name_does_not_define_it(text, hand_in, notebook):
    notebook["cells"].append(new(text))
    assert hand_in(notebook).answers()[BACKWARD].stub


@pytest.mark.parametrize("text", [
    "def rnn_backward(dh, cache):", "async def rnn_backward():", "class rnn_backward:", "rnn_backward = f",
    "rnn_backward: object = f", "%%time\ndef rnn_backward(dh, cache): return 1", "for i in x:\n\trnn_backward = 1",
])  # fmt: skip
def test_a_definition_of_any_kind_is_found(text, hand_in, notebook):
    notebook["cells"].append(new(text))
    assert hand_in(notebook).answers()[BACKWARD].source == text


def test_what_the_lesson_itself_defines_is_no_answer(hand_in):
    lesson = real_lesson("00_start_here")  # a cell of its own defines a wrong affine, to show what a check says
    assert hand_in(lesson.student, lesson).answers()["affine"].stub
    untouched = json.loads(json.dumps(lesson.student))
    untouched["cells"] = [c for c in untouched["cells"] if c["id"] != "affine"]
    assert "affine" not in hand_in(untouched, lesson).answers()


def test_of_several_cells_of_one_name_the_last_that_is_no_stub_holds_the_answer(hand_in, notebook):
    at = place(notebook, BACKWARD)
    stub = notebook["cells"][at]
    first, last = ({**copy.deepcopy(stub), "source": f"{SOLVED}  # {i}"} for i in (1, 2))
    notebook["cells"][at : at + 1] = [first, last, stub]
    handed_in = hand_in(notebook)
    assert handed_in.answers()[BACKWARD].source == last["source"]
    assert [c.grade_id for c in handed_in.cells[at : at + 3]] == ["", BACKWARD, ""]
    assert [c.stub for c in handed_in.cells[at : at + 3]] == [False, False, True]
    assert f"several cells of this name: {BACKWARD} (cell {at + 2} was taken)" in said(handed_in)


def test_of_several_essays_the_last_that_says_something_counts(hand_in, notebook):
    at, stub = place(notebook, ESSAY), cell(notebook, ESSAY)
    notebook["cells"][at : at + 1] = [{**stub, "source": text} for text in ("A draft.", WORDS, "", stub["source"])]
    assert hand_in(notebook).answers()[ESSAY].source == WORDS


@pytest.mark.parametrize("helper_first", [True, False])
def test_a_split_cell_is_the_half_that_defines_the_function(helper_first, hand_in, notebook):
    at = place(notebook, BACKWARD)
    halves = [{**notebook["cells"][at], "source": text} for text in (HELPER, SOLVED)]
    notebook["cells"][at : at + 1] = halves if helper_first else halves[::-1]
    assert hand_in(notebook).answers()[BACKWARD].source == SOLVED


def test_without_its_question_an_essay_is_found_below_its_stub(hand_in, notebook):
    del notebook["cells"][place(notebook, f"rubric-{ESSAY}")]
    notebook["cells"].insert(place(notebook, ESSAY) + 1, new(WORDS, "markdown"))
    assert hand_in(notebook).answers()[ESSAY].source == WORDS


@pytest.mark.parametrize("change", [forget_metadata, forget_ids, colab], ids=lambda change: change.__name__)
def test_a_renamed_function_is_found_by_what_its_cell_is_called(change, hand_in, notebook):
    cell(notebook, BACKWARD)["source"] = HELPER
    change(notebook)
    assert hand_in(notebook).answers()[BACKWARD].source == HELPER


def test_a_renamed_function_stays_the_answer_until_another_cell_defines_the_name(hand_in, notebook, lesson):
    cell(notebook, BACKWARD)["source"] = "def my_backward(dh, cache): ..."
    assert hand_in(notebook).answers()[BACKWARD].source.startswith("def my_backward")
    stub = next(c.source for c in lesson.student.cells if c.id == BACKWARD)
    notebook["cells"].append({**cell(notebook, BACKWARD), "source": stub})
    assert hand_in(notebook).answers()[BACKWARD].source.startswith("def my_backward")
    notebook["cells"].append(new("rnn_backward = my_backward"))
    assert hand_in(notebook).answers()[BACKWARD].source == "rnn_backward = my_backward"


def test_one_cell_can_hold_two_answers(hand_in, notebook):
    both = cell(notebook, STEP)["source"] = f"def rnn_step_backward(): ...\n\n{SOLVED}"
    answers = hand_in(notebook).answers()
    assert answers[STEP] == answers[BACKWARD] and answers[STEP].source == both
    assert answers[STEP].grade_id == STEP


def test_no_two_cells_have_one_grade_id(hand_in, notebook, lesson):
    solve(notebook)
    notebook["cells"] *= 3
    names = [c.grade_id for c in hand_in(notebook).cells if c.grade_id]
    assert len(names) == len(set(names)) == sum("nbgrader" in each.metadata for each in lesson.student.cells)


def test_code_in_a_text_cell_is_no_answer_and_an_essay_in_a_code_cell_is(hand_in, notebook):
    solve(notebook)
    cell(notebook, BACKWARD)["cell_type"] = "markdown"
    cell(notebook, ESSAY)["cell_type"] = "code"
    handed_in = hand_in(notebook)
    assert BACKWARD not in handed_in.answers()
    assert handed_in.answers()[ESSAY].source == WORDS
    assert f"in a cell of another kind: {ESSAY} (code)" in said(handed_in)


def test_a_note_elsewhere_is_not_taken_for_the_essay(hand_in, notebook):
    notebook["cells"].append(new("A note.", "markdown"))
    notebook["cells"].insert(0, new("Another note.", "markdown"))
    assert hand_in(notebook).answers()[ESSAY].stub
    del notebook["cells"][place(notebook, ESSAY)], notebook["cells"][place(notebook, f"rubric-{ESSAY}")]
    assert ESSAY not in hand_in(notebook).answers()


def test_what_became_of_locked_cells_is_said(hand_in, notebook):
    cell(notebook, f"check-{STEP}")["source"] = "check(rnn_step_backward, points=400)"
    notebook["cells"] = [c for c in notebook["cells"] if c["id"] not in ("title", f"check-{BACKWARD}")]
    handed_in = hand_in(notebook)
    assert f"changed, but the lesson's own counts: check-{STEP}" in said(handed_in)
    assert f"not found: title, check-{BACKWARD}" in said(handed_in)


def test_a_copied_check_does_not_take_the_place_of_the_lesson_s(hand_in, notebook):
    check = copy.deepcopy(cell(notebook, f"check-{BACKWARD}"))
    notebook["cells"].insert(0, {**check, "source": "rnn_backward(1)"})
    handed_in = hand_in(notebook)
    assert handed_in.cells[0].grade_id == ""
    assert f"check-{BACKWARD}" in [c.grade_id for c in handed_in.cells]


@pytest.mark.parametrize("earned", [0.0, 0.01, 2.35, 4.13, 5.0])
def test_the_saved_card_says_what_the_notebook_claims(earned, hand_in, notebook):
    cell(notebook, f"check-{BACKWARD}")["outputs"] = card(earned)
    assert hand_in(notebook).claims == {BACKWARD: earned}


@pytest.mark.parametrize("version", [3, 4])
def test_a_card_in_lines_is_read_in_every_nbformat(version, hand_in, notebook):
    output = card(4.0)[0]
    text = output["data"]["text/plain"].splitlines(keepends=True)
    cell(notebook, f"check-{BACKWARD}")["outputs"] = [
        {"output_type": "stream", "text": "noise"}, {"text": text} if version == 3 else {"data": {"text/plain": text}}]
    if version == 3:
        as_nbformat_3(notebook)
    assert hand_in(notebook).claims == {BACKWARD: 4.0}


@pytest.mark.parametrize(("text", "claim"), [
    ("rnn_backward  9 of 5 points", 5.0), ("rnn_backward  999999 of 1 point", 5.0),
    ("rnn_backward  40 of 40 points", 5.0), ("rnn_backward  20 of 40 points", 2.5),
    ("rnn_backward  -3 of 5 points", None), ("rnn_backward  nan of 5 points", None),
    ("rnn_backward  1e999 of 5 points", None), ("rnn_backward  1.5.2 of 5 points", None),
    ("rnn_backward  1 of 0 points", None), ("rnn_backward  9999999999 of 5 points", None),
    ("readout  3 of 5 points", None),
    ("<b>rnn_backward</b>  3 of 5 points", None), ("rnn_backward  ٣ of 5 points", None), ("", None),
])  # fmt: skip
def test_a_forged_card_claims_no_more_than_there_is(text, claim, hand_in, notebook):
    cell(notebook, f"check-{BACKWARD}")["outputs"] = [{"data": {"text/plain": text}}]
    assert hand_in(notebook).claims == ({} if claim is None else {BACKWARD: claim})


@pytest.mark.parametrize("outputs", [
    None, 7, "x", {}, [None, 3, [], {}], [{"data": []}], [{"text": 3}], [{"data": {"text/plain": {}}}],
    [{"data": {"text/plain": [1, None]}}],
])  # fmt: skip
def test_outputs_of_any_form_do_no_harm(outputs, hand_in, notebook):
    cell(notebook, f"check-{BACKWARD}")["outputs"] = outputs
    assert hand_in(notebook).claims == {}


@pytest.mark.parametrize(("content", "what"), [
    (b"", "an empty file"), (b" \n\t", "an empty file"), (b"\xef\xbb\xbf", "an empty file"),
    (b"PK\x03\x04", "begins with 'PK"), (b"<html>", "no JSON in line 1, column 1"), (b"\0" * 99, "no JSON"),
    (b'{"cells": [', "no JSON"), (b"[" * 100_000, "too deeply"), (b'{"cells":' * 100_000, "too deeply"),
    (b"[" * 5_000_000, "found more"), (b'{"cells":[' + b"[0]," * 3_000_000 + b"0]}", "found more"),
    (b'["a"' + b',"b"' * 5_000_000 + b"]", "found more"), (b"[]", "without a list"), (b"NaN", "without a list"),
    (b"null", "without a list"), (b'{"cells": {}}', "without a list"), (b'{"worksheets": [[], {}]}', "without a list"),
    (b'{"cells": [' + b"{}," * 5_000 + b"{}]}", "found 5,001"),
    (b'{"cells": [{"source": "' + b"x" * 5_000_001 + b'"}]}', "found 5,000,001"),
    (b'"' * 9_000_000, "found more"), (b" " * 64_000_001, "at most 64 MB"),
])  # fmt: skip
def test_what_is_no_notebook_is_refused_in_a_sentence(content, what, hand_in):
    with pytest.raises(Unreadable, match=r"^Expected .*\.$") as refused:
        hand_in(content)
    assert what in str(refused.value) and len(str(refused.value)) < 200


@pytest.mark.parametrize("make", [
    lambda path, target: path.symlink_to(target), lambda path, target: path.mkdir(),
    lambda path, target: os.mkfifo(path), lambda path, target: None, lambda path, target: path.symlink_to("/dev/zero"),
], ids=["link", "folder", "pipe", "nothing", "endless"])  # fmt: skip
def test_only_a_regular_file_is_opened(make, lesson, notebook, tmp_path):
    target, path = tmp_path / "good.ipynb", tmp_path / "submitted.ipynb"
    target.write_text(json.dumps(notebook))
    make(path, target)
    with pytest.raises(Unreadable, match=r"^Expected a file"):
        read(path, lesson)


@pytest.mark.parametrize("make", [lambda path, target: path.symlink_to(target), lambda path, target: os.mkfifo(path)],
                         ids=["link", "pipe"])  # fmt: skip
def test_a_file_exchanged_for_a_link_or_a_pipe_at_the_last_moment_is_refused(make, monkeypatch, lesson, tmp_path):
    target, path = tmp_path / "good.ipynb", tmp_path / "submitted.ipynb"
    target.write_text("{}")
    make(path, target)
    monkeypatch.setattr(submission.os, "lstat", lambda path: os.stat(target))
    with pytest.raises(Unreadable, match=r"symbolic link|empty file"):
        read(path, lesson)


def test_encodings_that_editors_leave_behind_are_read(hand_in, notebook):
    solve(notebook)
    cell(notebook, ESSAY)["source"] = "Größe ε"
    text = json.dumps(notebook, ensure_ascii=False)
    for content in (b"\xef\xbb\xbf" + text.encode(), text.encode("utf-16"), text.replace("\n", "\r\n").encode()):
        handed_in = hand_in(content)
        assert handed_in.answers()[ESSAY].source == "Größe ε" and handed_in.answers()[BACKWARD].source == SOLVED
    latin = hand_in(json.dumps({"cells": [new("Größe", "markdown")]}, ensure_ascii=False).encode("latin-1"))
    assert latin.cells[0].source == "Größe" and "Latin-1" in said(latin)


def test_half_a_surrogate_pair_becomes_a_letter_that_utf8_holds(hand_in):
    handed_in = hand_in(b'{"cells": [{"source": "a\\ud800b \\ud83d\\ude00"}, {"source": ["\\ud83d", "\\ude00"]}]}')
    assert [c.source for c in handed_in.cells] == ["a\ufffdb \U0001f600", "\U0001f600"]


def test_numbers_of_any_size_do_no_harm(hand_in):
    content = b'{"cells": [], "nbformat": 4, "x": [%s, -1e999, NaN, Infinity, 0.%s]}' % (b"9" * 9_999, b"1" * 9_999)
    assert hand_in(content).cells == ()


def test_megabytes_of_output_are_dropped(hand_in, notebook):
    solve(notebook)
    for one in notebook["cells"]:
        if one["cell_type"] == "code":
            text = "[0.1, 0.2],\n" * 50_000  # in all, more commas than a notebook may have values
            one["outputs"] = [{"output_type": "stream", "text": [text + "\\", text + '"']}]
    handed_in = hand_in(notebook)
    assert handed_in.answers()[BACKWARD].source == SOLVED
    assert sum(len(c.source) for c in handed_in.cells) < 50_000


def good(handed_in, lesson):
    """Whether a Submission keeps what its docstring promises."""
    json.dumps([c.source for c in handed_in.cells], ensure_ascii=False).encode()
    names = [c.grade_id for c in handed_in.cells if c.grade_id]
    return (len(names) == len(set(names)) and not any("\r" in c.source for c in handed_in.cells)
            and all(c.position == i for i, c in enumerate(handed_in.cells))
            and all(0 <= claim <= lesson.exercises[name] for name, claim in handed_in.claims.items())
            and set(handed_in.answers()) <= set(lesson.exercises) | set(lesson.essays))


def read_any(content, hand_in, lesson):
    try:
        assert good(hand_in(content), lesson)
    except Unreadable as error:
        assert str(error).startswith("Expected")


@ANY_FILE
@given(content=st.binary())
def test_any_bytes_are_read_or_refused(content, hand_in, lesson):
    read_any(content, hand_in, lesson)


NAMES = st.sampled_from([BACKWARD, STEP, ESSAY, f"rubric-{ESSAY}", f"check-{BACKWARD}", "title"])
TEXTS = st.sampled_from([SOLVED, HELPER, WORDS, "", "\r\n\ud800", "check(rnn_backward, points=5)"]) | st.text()
JSON = st.recursive(st.none() | st.booleans() | st.floats() | st.integers() | TEXTS | NAMES,
                    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner), max_leaves=5)  # fmt: skip
CELLS = st.fixed_dictionaries({}, optional={
    "cell_type": st.sampled_from(["code", "markdown", "raw", "heading"]) | JSON,
    "metadata": NAMES.map(lambda name: {"nbgrader": {"grade_id": name}}) | JSON,
    "id": NAMES | JSON,
    "source": TEXTS | st.lists(TEXTS | JSON) | JSON,
    "input": JSON,
    "outputs": st.lists(JSON | st.fixed_dictionaries({"data": st.fixed_dictionaries({"text/plain": TEXTS})})) | JSON,
})  # fmt: skip
SHEETS = st.lists(CELLS | JSON) | JSON


@ANY_FILE
@given(content=st.fixed_dictionaries({}, optional={
    "cells": SHEETS, "nbformat": JSON, "metadata": JSON,
    "worksheets": st.lists(st.fixed_dictionaries({"cells": SHEETS}) | JSON) | JSON,
}) | JSON)  # fmt: skip
def test_any_json_that_looks_like_a_notebook_is_read_or_refused(content, hand_in, lesson):
    read_any(json.dumps(content).encode(), hand_in, lesson)


@ANY_FILE
@given(order=st.randoms(use_true_random=False), data=st.data())
def test_cells_shuffled_doubled_and_dropped_never_cost_an_answer_that_is_there(order, data, hand_in, lesson):
    notebook = json.loads(json.dumps(lesson.student))
    solve(notebook)
    cells, kept = notebook["cells"], {BACKWARD, ESSAY}
    notebook["cells"] = [c for c in cells for _ in range(data.draw(st.integers(c["id"] in kept, 2)))]
    order.shuffle(notebook["cells"])
    handed_in = hand_in(notebook)
    assert handed_in.answers()[BACKWARD].source == SOLVED and handed_in.answers()[ESSAY].source == WORDS
    assert good(handed_in, lesson)
