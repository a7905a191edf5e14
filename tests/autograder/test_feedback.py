"""What students and instructors see of a graded class: nbgrader's feedback and its Formgrader."""

import json
import re
import shutil
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from pathlib import Path
from urllib.parse import quote

import pytest
from bs4 import BeautifulSoup
from click.testing import CliRunner
from nbconvert.exporters import HTMLExporter
from nbgrader.api import Gradebook

from autograder.__main__ import main
from autograder.building.editions import build_lessons
from autograder.course import Course
from autograder.judging.judgement import Judgement
from autograder.judging.notebook import autograded
from autograder.judging.submission import read
from autograder.marks.feedback import Failed, feedback
from autograder.marks.record import Records
from rnnkit.checking import Verdict
from rnnkit.checking.card import as_html

pytestmark = pytest.mark.filterwarnings("ignore::sqlalchemy.exc.SAWarning")  # nbgrader's own queries

ROOT = Path(__file__).resolve().parents[2]
LESSON = "03_backpropagation_through_time"
ESSAY = "why-gradients-add"
TOKEN = "a-token"
OF_AN_OLD_SCHEMA = json.dumps({
    "cells": [{"cell_type": "code", "metadata": {"nbgrader": {"schema_version": 1, "grade": True}}, "source": "",
               "outputs": [], "execution_count": None}], "metadata": {}, "nbformat": 4, "nbformat_minor": 4})
HOSTILE = r"""
<script>alert(1)</script>
<img src=x onerror=alert(1)>
<svg/onload=alert(1)>
<svg><script>alert(1)</script>
[a](javascript:alert(1))
[a](JaVa&#115;cript:alert(1))
[a](&#1;javascript:alert(1))
[a][b]\n\n[b]: javascript:alert(1)
<javascript:alert(1)>
[a](data:text/html,<script>alert(1)</script>)
![a](javascript:alert(1))
![a](https://example.org/seen.png)
<a href='vbscript:x' onclick='alert(1)'>a</a>
<iframe src=javascript:alert(1)>
<iframe srcdoc='<script>alert(1)</script>'>
<form action=javascript:alert(1)><button>a
<object data=x>
<embed src=x>
<base href=//example.org>
<meta http-equiv=refresh content='0;url=javascript:alert(1)'>
<link rel=stylesheet href=//example.org>
<style>@import '//example.org';</style>
<div style='position:fixed;top:0;background:url(//example.org)'>over it</div>
<math><mtext></p><style><img src onerror=alert(1)>
<details open ontoggle=alert(1)><summary>a</summary></details>
```mermaid\n</pre><script>alert(1)</script>\n```
```<script>alert(1)</script>\na\n```
$</p><script>alert(1)</script>$
# <img src onerror=alert(1)>
| <img src onerror=alert(1)> |\n|--|\n| a |
<!--><script>alert(1)</script>-->
<input id=why-gradients-add>
<p id=why-gradients-add class=full-credit name=submission_id>a</p>
# why-gradients-add
<template><script>alert(1)</script></template>
<noscript><p title='</noscript><img src onerror=alert(1)>'>
<textarea></textarea><script>alert(1)</script>
</div></div></body><script>alert(1)</script>
{{ 7 * 191 }}{% raw %}
\x1b]0;title\x07\x1b[31mred<script>alert(1)</script>\x00
"""
HOSTILE = [line.replace(r"\n", "\n").replace(r"\x1b", "\x1b").replace(r"\x07", "\x07").replace(r"\x00", "\0")
           for line in HOSTILE.strip().splitlines()]
ACTIVE = ["script", "iframe", "object", "embed", "form", "input", "button", "textarea", "svg", "math", "base", "meta",
          "link", "style", "template", "noscript"]


def handed_in(lesson, essay, added=()):
    cells = [{"cell_type": cell.cell_type, "metadata": cell.metadata,
              "source": essay if cell.id == ESSAY else cell.source} for cell in lesson.instructor.cells]
    cells[1:1] = [{"cell_type": kind, "source": text} for text in added for kind in ("markdown", "code", "raw")]
    with tempfile.NamedTemporaryFile("w") as file:
        json.dump({"cells": cells, "nbformat": 4, "nbformat_minor": 5}, file)
        file.flush()
        return read(file.name, lesson)


def judged(lesson, student, said="", **known):
    lines = [("wrong", f"dW_h is wrong {said}"), ("hint", "Look at the sum over t."), ("printed", f"it says {said}")]
    verdicts = {name: Verdict(name, points, 0.5, lines) for name, points in lesson.exercises.items()}
    return Judgement(student, lesson.name, verdicts=verdicts, layers=["Landlock"], **known)


def enter(book, lesson, judgement, submission):
    book.record(judgement, autograded(judgement, submission, lesson), lesson, "1")


@pytest.fixture(scope="module")
def course(tmp_path_factory):
    """Three students' work on record: one honest, one hostile in every cell and line, one in a file that is none."""
    root = tmp_path_factory.mktemp("repository")
    shutil.copytree(ROOT / "solutions" / LESSON, root / "solutions" / LESSON)
    shutil.copy(ROOT / "nbgrader_config.py", root)
    with pytest.MonkeyPatch.context() as patch:
        patch.delenv("RNNKIT_COURSE", raising=False)
        build_lessons(root)
        course = Course(root / "nbgrader_config.py")
        lesson = course.lesson(LESSON)
        with Records(course) as book:
            book.register(lesson)
            enter(book, lesson, judged(lesson, "honest"), handed_in(lesson, "Each use *counts*, and $a < b$."))
            hostile = handed_in(lesson, "\n\n".join(HOSTILE), HOSTILE)
            said = " ".join(HOSTILE)
            enter(book, lesson, judged(lesson, "hostile", said, detail=said, remarks=HOSTILE,
                                       printed=dict.fromkeys(range(len(hostile.cells)), said)), hostile)
            enter(book, lesson, judged(lesson, "Zoë 明", status="unreadable", detail="It is a picture."), None)
        with Gradebook(course.coursedir.db_url) as gradebook:
            gradebook.update_or_create_student("hostile", first_name=HOSTILE[0], last_name=HOSTILE[1], email=HOSTILE[2])
        yield course


@pytest.fixture(scope="module")
def pages(course):
    """The students' feedback."""
    written = feedback(course, LESSON)
    assert [page.parent.parent.name for page in written] == ["Zoë 明", "honest", "hostile"]
    return {page.parent.parent.name: page.read_text() for page in written}


@pytest.fixture(scope="module")
def formgrader(course):
    """Asks the Formgrader of a running Jupyter server."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    headers = {"Authorization": f"token {TOKEN}"}
    command = [sys.executable, "-m", "jupyter_server", "--no-browser", "--allow-root", f"--ServerApp.port={port}",
               f"--IdentityProvider.token={TOKEN}", f"--ServerApp.root_dir={course.folder.parent}"]

    def ask(path, method="GET", data=None):
        request = urllib.request.Request(f"http://127.0.0.1:{port}/formgrader/{path}", method=method,
                                         data=data and json.dumps(data).encode(), headers=headers)
        with urllib.request.urlopen(request, timeout=60) as answer:
            return answer.read().decode()

    with subprocess.Popen(command, cwd=course.folder.parent, stderr=subprocess.DEVNULL) as server:
        try:
            for _ in range(1200):
                try:
                    ask("api/status")
                    break
                except (urllib.error.URLError, ConnectionError):
                    time.sleep(0.1)
            yield ask
        finally:
            server.terminate()


def submissions(formgrader):
    return {row["student"]: row for row in json.loads(formgrader(f"api/submitted_notebooks/{LESSON}/{LESSON}"))}


def active(page):
    """All in a page that could run, fetch or cover something, or be taken for one of the page's own elements."""
    soup = BeautifulSoup(page, "html.parser")
    found = [f"{tag.name} {sorted(map(str, tag.attrs.items()))} {tag.get_text()}" for tag in soup.find_all(ACTIVE)]
    runs = ("srcdoc", "action", "formaction", "background", "poster", "http-equiv")
    for tag in soup.find_all(True):
        for name, value in tag.attrs.items():
            allowed = r"data:image/png" if tag.name == "img" else r"#|https?://|/|\.\./"
            if (name.startswith("on") or name in runs
                    or (name in ("href", "src", "data") and not re.match(allowed, value))
                    or (name in ("id", "name") and not value.startswith("cell-id=added-"))
                    or (name == "style" and re.search("position|url|import|fixed", value))
                    or (name == "class" and "full-credit" in value)):
                found.append(f"{tag.name} {name}={value}")
    return found


def brought_in(page, by):
    known = set(active(by))
    return [thing for thing in active(page) if thing not in known]


def test_nothing_that_a_student_wrote_runs_in_feedback(pages):
    assert brought_in(pages["hostile"], by=pages["honest"]) == []
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in pages["hostile"]
    assert "1337" not in pages["hostile"] and "\x1b" not in pages["hostile"]


def test_without_the_sanitizer_it_would(course):
    pages = {student: HTMLExporter(template_name="classic").from_filename(
        course.path("autograded", student, LESSON) / f"{LESSON}.ipynb")[0] for student in ("honest", "hostile")}
    found = " ".join(brought_in(pages["hostile"], by=pages["honest"]))
    for trace in ("script [] alert(1)", "onerror=alert(1)", "href=javascript:alert(1)", "iframe", "position:fixed",
                  "id=why-gradients-add", "src=https://example.org/seen.png"):
        assert trace in found


def test_the_judges_card_keeps_its_looks(course, pages):
    lesson = course.lesson(LESSON)

    def looks(page):
        card = BeautifulSoup(page, "html.parser").find_all(class_="rnnkit-card")[-1]
        return [(tag.name, {name: str(value).rstrip(";") for name, value in tag.attrs.items()}, tag.string)
                for tag in (card, *card.find_all(True))]

    card = as_html(judged(lesson, "honest").verdicts["rnn_backward"])
    assert looks(pages["honest"]) == looks(card)
    assert {"code", "details", "summary", "pre"} <= {name for name, *_ in looks(card)}


def test_feedback_shows_points_hints_and_prose(pages):
    page = BeautifulSoup(pages["honest"], "html.parser").get_text()
    for words in ("(Score: 6.5 / 16.0)", "2.5 of 5 points", "Look at the sum over t.", "Each use counts, and $a < b$.",
                  "every answer was judged", "Hint 1"):
        assert words in page
    assert "<em>counts</em>" in pages["honest"] and "<summary>Hint 1" in pages["honest"]
    unreadable = BeautifulSoup(pages["Zoë 明"], "html.parser").get_text()
    assert "the file is no notebook. It is a picture." in unreadable and "No response." in unreadable


def test_a_broken_notebook_is_reported_and_the_others_get_their_pages(course, tmp_path):
    shutil.copytree(course.folder.parent, tmp_path, dirs_exist_ok=True)
    copy = Course(tmp_path / "nbgrader_config.py")
    (copy.path("autograded", "honest", LESSON) / f"{LESSON}.ipynb").write_text("{")
    (copy.path("autograded", "hostile", LESSON) / f"{LESSON}.ipynb").write_text(OF_AN_OLD_SCHEMA)
    with pytest.raises(Failed) as failed:
        feedback(copy, LESSON)
    assert [line.split(":")[0] for line in str(failed.value).splitlines()] == ["honest", "hostile"]
    assert "does not appear to be JSON" in str(failed.value) and "KeyError: 'grade_id'" in str(failed.value)
    assert "Traceback" not in str(failed.value) and "Traceback" in (copy.folder / "grading.log").read_text()
    assert failed.value.pages == list(copy.folder.glob("feedback/*/*/*.html"))
    assert [page.parent.parent.name for page in failed.value.pages] == ["Zoë 明"]


def test_who_was_dropped_from_the_gradebook_is_skipped_and_said(course, tmp_path, monkeypatch):
    shutil.copytree(course.folder.parent, tmp_path, dirs_exist_ok=True)
    copy = Course(tmp_path / "nbgrader_config.py")
    with Gradebook(copy.coursedir.db_url) as gradebook:
        gradebook.remove_student("honest")
    assert [page.parent.parent.name for page in feedback(copy, LESSON)] == ["Zoë 明", "hostile"]
    monkeypatch.chdir(tmp_path)
    result = CliRunner().invoke(main, ["feedback"], catch_exceptions=False)
    assert (result.exit_code, result.stderr) == (
        0, f"{LESSON}: skipped honest, whose marks are no longer in the gradebook.\n")
    assert result.stdout == f"{LESSON:36}     2 pages\n"


def test_a_course_with_settings_of_its_own_gets_harmless_feedback_too(course, tmp_path):
    shutil.copytree(course.folder, tmp_path / "course")
    settings, seen = f"c = get_config()\nc.CourseDirectory.root = {str(tmp_path / 'course')!r}\n", []
    (tmp_path / "nbgrader_config.py").write_text(settings)
    pages = feedback(Course(tmp_path / "nbgrader_config.py"), LESSON, lambda: seen.append(1))
    assert len(seen) == 3
    honest, hostile = (page.read_text() for page in pages[1:])
    assert brought_in(hostile, by=honest) == []


# Formgrader

def test_formgrader_lists_the_class(formgrader):
    rows = submissions(formgrader)
    assert {student: (row["score"], row["needs_manual_grade"]) for student, row in rows.items()} == {
        "honest": (6.5, True), "hostile": (6.5, True), "Zoë 明": (6.5, False)}
    assert {row["autograded"] for row in json.loads(formgrader(f"api/submissions/{LESSON}"))} == {True}


def test_formgrader_shows_verdicts_and_nothing_that_runs(formgrader):
    rows = submissions(formgrader)
    pages = {student: formgrader(f"submissions/{row['id']}/").replace(row["id"], "ID").replace(student, "NAME")
             for student, row in rows.items()}
    strip = re.compile(r'(title="|Submission #?)\d+')
    pages = {student: strip.sub(r"\1N", page) for student, page in pages.items()}
    assert brought_in(pages["hostile"], by=pages["honest"]) == []
    assert "2.5 of 5 points" in pages["honest"] and 'id="why-gradients-add-comment"' in pages["honest"]
    assert pages["hostile"].count('id="why-gradients-add"') == 1
    assert f"{HOSTILE[1]}, {HOSTILE[0]}" in BeautifulSoup(pages["hostile"], "html.parser").get_text()


@pytest.mark.parametrize("path", [
    "manage_students/{}", "manage_students/{}/{}", "manage_submissions/{}", "gradebook/{}/{}"])
def test_formgrader_repeats_no_id_as_a_program(formgrader, path):
    known = formgrader(path.replace("{}", "a"))
    for text in ('"><svg onload=alert(1)>', "</script><script>alert(1)", '";alert(1);"'):
        made = formgrader(path.replace("{}", quote(text, safe="")))
        assert text not in made and made.count("<script") == known.count("<script")


def test_an_essay_is_marked_in_formgrader_and_stays_marked_when_graded_again(course, formgrader):
    row = submissions(formgrader)["honest"]
    essay, comment = [
        next(one for one in json.loads(formgrader(f"api/{kind}?submission_id={row['id']}")) if one["name"] == ESSAY)
        for kind in ("grades", "comments")]
    assert essay["needs_manual_grade"] and essay["max_score"] == 3
    formgrader(f"api/grade/{essay['id']}", "PUT", {"manual_score": 2, "extra_credit": 0.5})
    said = "Say <script>alert(1)</script> how many terms."
    formgrader(f"api/comment/{comment['id']}", "PUT", {"manual_comment": said})
    lesson = course.lesson(LESSON)
    with Records(course) as book:
        enter(book, lesson, judged(lesson, "honest"), handed_in(lesson, "Each use *counts*, and $a < b$."))
    row = submissions(formgrader)["honest"]
    assert (row["score"], row["needs_manual_grade"]) == (9, False)
    page = next(page for page in feedback(course, LESSON) if "honest" in page.parts).read_text()
    assert "how many terms." in page and "<script>alert(1)" not in page


# Commands

@pytest.fixture
def run(course, monkeypatch):
    monkeypatch.chdir(course.folder.parent)
    return lambda *arguments: CliRunner().invoke(main, [*map(str, arguments)], catch_exceptions=False)


def test_the_command_feedback_writes_and_counts_pages(course, run):
    result = run("feedback")
    assert result.exit_code == 0 and "3 pages" in result.stdout
    result = run("feedback", LESSON, "--json")
    assert result.exit_code == 0
    pages = [str(page) for page in sorted(course.folder.glob("feedback/*/*/*.html"))]
    assert json.loads(result.stdout) == {"written": {LESSON: pages}, "failed": {}}


def test_the_command_feedback_fails_with_a_reason(run):
    result = run("feedback", LESSON, "00_start_here")
    assert result.exit_code == 1
    assert "3 pages" in result.stdout and "00_start_here has no graded submissions" in result.stderr
    assert "no graded" in json.loads(run("feedback", "00_start_here", "--json").stdout)["failed"]["00_start_here"]
