"""The report says what the gradebook holds, most frequent first, and shows whatever students wrote as text."""

import itertools
import re
import shutil
from datetime import datetime

import pytest
from bs4 import BeautifulSoup
from click.testing import CliRunner
from playwright.sync_api import sync_playwright

from autograder.__main__ import main
from autograder.grade import UNSAFE
from autograder.init import init
from autograder.judging.host import LAYERS
from autograder.judging.judgement import Judgement
from autograder.reporting.charts import columns
from autograder.reporting.report import distribution, numbers, page
from rnnkit.checking import Verdict
from rnnkit.exercises import find

CHROMIUM = shutil.which("chromium")
LESSON = "02_the_recurrent_cell"
POINTS = {"rnn_step": 4, "rnn_forward": 5}
HOSTILE = ["<script>alert(1)</script>", "\"><img src=x onerror=alert(1)>", "' onmouseover='alert(1)",
           "</style><style>*{}", "</code></td></table><iframe src=//example.org>", "{{ 7 * 191 }}{% raw %}",
           "&lt;b&gt;", "javascript:alert(1)", "a\x00b\x1b[31m\u202egnp\ud800\r\n2", "x" * 5000]


def verdict(name, share=1.0, mistakes=(), wrong="", blank=False):
    lines = [("blank", "not written")] * blank + [("wrong", wrong)] * bool(wrong)
    return Verdict(name, POINTS[name], share, lines, list(mistakes))


def judged(student, step=None, forward=None, **known):
    verdicts = {"rnn_step": step or verdict("rnn_step"), "rnn_forward": forward or verdict("rnn_forward")}
    return Judgement(student, LESSON, **({"verdicts": verdicts, "layers": list(LAYERS)} | known))


def missing(student, status="missing"):
    return judged(student, verdict("rnn_step", 0, blank=True), verdict("rnn_forward", 0, blank=True),
                  status=status, layers=[], detail="Nothing was handed in.")


CLASS = [
    judged("a"),
    judged("b", verdict("rnn_step", 0, ["no-tanh"], "h_next is wrong"), verdict("rnn_forward", 0, wrong="h is wrong")),
    judged("c", verdict("rnn_step", 0, ["no-tanh", "no-tanh"]), verdict("rnn_forward", 0, blank=True)),
    judged("d", forward=verdict("rnn_forward", 0.4, ["h0-ignored"], "h is wrong"), remarks=["two rnn_step"]),
    judged("e", forward=verdict("rnn_forward", 0, wrong="ValueError: no\nIn line 3"), flags=["tried the network"]),
    missing("f"),
    missing("g", "failed"),
    missing("h", "unreadable"),
]


@pytest.fixture(scope="module")
def lesson():
    [lesson] = numbers(CLASS)
    return lesson


@pytest.fixture(scope="module")
def soup():
    return BeautifulSoup(page(numbers(CLASS), "A class"), "html.parser")


def test_marks_are_of_those_who_handed_in_and_whom_the_engine_did_not_fail(lesson):
    assert (lesson["enrolled"], lesson["counted"], lesson["points"]) == (8, 6, 9)
    assert lesson["marks"]["mean"] == round((9 + 0 + 0 + 6 + 4 + 0) / 6, 2)
    assert lesson["marks"]["median"] == 2
    assert lesson["marks"]["full"] == 1
    bars = {bar["from"]: bar["submissions"] for bar in lesson["marks"]["bars"]}
    assert bars == {0: 3, 4: 1, 6: 1, 9: 1} | dict.fromkeys((1, 2, 3, 5, 7, 8), 0)


def test_each_exercise_has_its_pass_rate_and_mean(lesson):
    step, forward = lesson["exercises"]
    assert step == {"exercise": "rnn_step", "points": 4, "full": 3, "part": 0, "none": 2, "blank": 1,
                    "pass_rate": 0.5, "mean": 2}
    assert forward == {"exercise": "rnn_forward", "points": 5, "full": 1, "part": 1, "none": 2, "blank": 2,
                       "pass_rate": 0.1667, "mean": round(7 / 6, 2)}


def test_the_most_frequent_misconception_comes_first_with_its_hint_and_each_student_once(lesson):
    hints = {mistake.id: mistake.hint for name in POINTS for mistake in find(name).misconceptions}
    assert lesson["misconceptions"] == [
        {"exercise": "rnn_step", "id": "no-tanh", "hint": hints["no-tanh"], "students": ["b", "c"]},
        {"exercise": "rnn_forward", "id": "h0-ignored", "hint": hints["h0-ignored"], "students": ["d"]}]


def test_a_misconception_that_the_library_has_lost_is_still_reported():
    [lesson] = numbers([judged("a", verdict("rnn_step", 0, ["of-last-year"]))])
    assert lesson["misconceptions"] == [{"exercise": "rnn_step", "id": "of-last-year", "hint": "", "students": ["a"]}]
    assert "of-last-year" in page([lesson], "")


def test_what_is_wrong_without_a_name_is_reported_unless_the_step_is_to_blame(lesson):
    assert lesson["unnamed"] == [{"exercise": "rnn_forward", "text": "ValueError: no", "students": ["e"]}]


def test_statuses_flags_remarks_and_layers_name_their_students(lesson):
    assert {each["status"]: each["students"] for each in lesson["statuses"]} == {
        "judged": ["a", "b", "c", "d", "e"], "missing": ["f"], "failed": ["g"], "unreadable": ["h"]}
    assert lesson["flagged"] == [{"student": "e", "earned": 4, "flags": ["tried the network"]}]
    assert lesson["remarks"] == [{"text": "two rnn_step", "students": ["d"]}]
    assert lesson["sandbox"] == [{"layers": list(LAYERS), "unsafe": "", "students": ["a", "b", "c", "d", "e"]}]


@pytest.mark.parametrize("points", [1, 0.5, 12, 12.5, 40, 100])
def test_every_mark_is_in_one_bar_and_full_marks_have_their_own(points):
    marks = [points * share / 200 for share in range(201)]
    bars = distribution(marks, points)["bars"]
    assert sum(bar["submissions"] for bar in bars) == 201
    assert bars[-1] == {"from": points, "submissions": 1}
    assert len(bars) <= 21
    for bar, after in itertools.pairwise(bars):
        assert bar["submissions"] == sum(bar["from"] <= mark < after["from"] for mark in marks)


def test_the_tallest_column_fills_the_height_and_the_others_are_in_proportion():
    heights = [column["height"] for column in columns([{"submissions": count} for count in (4, 0, 1, 2)])]
    assert heights == [146, 0, 36.5, 73]


def test_the_page_says_all_the_numbers(soup, lesson):
    text = soup.get_text(" ", strip=True)
    for exercise in lesson["exercises"]:
        assert f"{100 * exercise['pass_rate']:.0f} %" in text
        assert f"{exercise['mean']:g} of {exercise['points']:g}" in text
    for said in (*lesson["misconceptions"], *lesson["unnamed"], *lesson["remarks"]):
        assert said.get("hint", "") in text and said.get("text", "") in text
    assert "tried the network" in text
    assert ", ".join(LAYERS) + " held" in text
    assert {tag.get_text() for tag in soup.find_all("code")} == {*"abcdefgh", *POINTS} - {"a"}


def test_every_drawing_can_be_read_aloud(soup):
    first, *bars = soup.find_all("svg")
    alternative = {tag["id"]: tag.get_text() for tag in first.find_all(["title", "desc"])}
    assert set(first["aria-labelledby"].split()) == set(alternative)
    assert "0: 3 submissions; 1: 0 submissions;" in alternative["bars-1"]
    assert [bar["aria-label"] for bar in bars] == [
        "3 full marks, 2 no points, 1 not written", "1 full marks, 1 part of the points, 2 no points, 2 not written"]
    assert all(svg["role"] == "img" for svg in [first, *bars])


@pytest.mark.parametrize("hostile", HOSTILE)
def test_whatever_a_student_wrote_is_text(hostile):
    def shown(student, mistake, text):
        step, forward = verdict("rnn_step", 0, [mistake], text), verdict("rnn_forward", 0.5, wrong=text)
        judgement = judged(student, flags=[text] * 8, remarks=[text], detail=text, status="unfinished")
        judgement.verdicts = {"rnn_step": step, "readout": forward}
        return BeautifulSoup(page(numbers([judgement]), "A class", datetime(2026, 1, 1)), "html.parser")

    attacked, plain = shown(hostile, hostile, hostile), shown("student", "a-mistake", "text")
    tags, expected = ([(tag.name, tag.attrs) for tag in soup.find_all(True)] for soup in (attacked, plain))
    assert tags == expected
    assert attacked.find("style").string == plain.find("style").string
    text = attacked.get_text()
    assert text.encode().decode() == text
    assert not re.search("[\x00-\x08\x0b-\x1f\x7f\u202a-\u202e\u2066-\u2069\ud800-\udfff]", text)
    assert hostile in text or not hostile.isprintable() or len(hostile) > 1000


def test_the_page_needs_and_fetches_nothing(soup):
    assert not soup.find_all(["script", "link", "img", "iframe", "object", "embed", "base", "form"])
    assert all(tag["href"].startswith("#") for tag in soup.find_all(href=True))
    assert not re.search(r"https?:|url\(|@import|src=|\bon\w+=", str(soup))
    assert "default-src 'none'" in soup.find("meta", {"http-equiv": "Content-Security-Policy"})["content"]


@pytest.mark.skipif(not CHROMIUM, reason="Chromium is not installed: apt install chromium")
@pytest.mark.parametrize("text", ["x" * 900, HOSTILE[0] * 20, "\u202e" * 300])
def test_the_page_stays_as_wide_as_the_window_whatever_it_shows(text, tmp_path):
    judgement = judged(text, verdict("rnn_step", 0, [text], text), flags=[text], remarks=[text], detail=text)
    (tmp_path / "report.html").write_text(page(numbers([judgement, missing(text)]), "A class"), encoding="utf-8")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        window = browser.new_page(viewport={"width": 1100, "height": 800})
        window.on("dialog", lambda dialog: pytest.fail(dialog.message))
        window.goto((tmp_path / "report.html").as_uri())
        assert window.evaluate("document.documentElement.scrollWidth") == 1100
        browser.close()


def test_students_beyond_the_twelfth_are_folded_and_not_lost():
    students = [f"s{number:03}" for number in range(50)]
    soup = BeautifulSoup(page(numbers([missing(student) for student in students]), ""), "html.parser")
    assert [tag.get_text() for tag in soup.find_all("code")] == students
    assert "and 38 more" in soup.find("summary").get_text()
    assert "No student's code ran" in soup.get_text()


def test_a_banner_says_where_it_was_unsafe_and_why():
    why = "This machine has no seccomp."
    judgements = [judged("a"), judged("b", layers=[], flags=["tried the network", f"{UNSAFE}: {why}"])]
    [lesson] = numbers(judgements)
    assert {each["unsafe"]: each["students"] for each in lesson["sandbox"]} == {"": ["a"], why: ["b"]}
    assert lesson["flagged"] == [{"student": "b", "earned": 9, "flags": ["tried the network"]}]
    banner = BeautifulSoup(page([lesson], ""), "html.parser").find(role="alert").get_text()
    assert LESSON in banner and why in banner


def test_there_is_no_banner_where_the_sandbox_held(soup):
    assert soup.find(role="alert") is None


def test_a_course_without_marks_is_told_what_to_do(tmp_path, root, monkeypatch):
    monkeypatch.chdir(root)
    init(tmp_path / "course", root / "nbgrader_config.py")
    result = CliRunner().invoke(main, ["--course", str(tmp_path / "course"), "report"])
    assert result.exit_code == 2
    assert "has no lessons yet: run `python -m autograder build` first" in result.output.replace("\n", " ")
