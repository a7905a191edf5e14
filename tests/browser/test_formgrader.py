"""The graded class of the demo in nbgrader's Formgrader, seen in headless Chromium."""

import json
import os
import re
import shutil
import subprocess
import sys
from dataclasses import replace
from types import SimpleNamespace
from urllib.parse import quote

import pytest
from nbgrader.api import Gradebook

from autograder.collecting.collect import collect
from autograder.course import seed
from autograder.demo.demo import LIMITS, demo
from autograder.demo.the_class import LESSONS, Maker, as_file
from autograder.grade import grade
from autograder.judging.notebook import autograded
from autograder.judging.pool import Settings
from autograder.marks.record import Records
from rnnkit.exercises import EXERCISES

LESSON = LESSONS[1]
ESSAY = "why-gradients-add"
BEST, ONE_STEP, BARELY, HOSTILE = "4101", "4106", "4108", "4199"
SLOW = ("4114", "4115")  # an endless loop, and a hoard of memory
HIDDEN = "assert rnn_backward.__name__ != 'seven thousand nine hundred and nineteen'"
COMMENT = "Say which *term* is left."

RUNS = "top.ran = (top.ran || 0) + 1; alert(1)"
VECTORS = [
    f"<script>{RUNS}</script>",
    f"<img src=x onerror='{RUNS}'>",
    f"<svg onload='{RUNS}'></svg>",
    f'<iframe srcdoc="<script>{RUNS}</script>"></iframe>',
    f'<iframe src="javascript:{RUNS}"></iframe>',
    f"<details open ontoggle='{RUNS}'><summary>a</summary></details>",
    f"<video><source onerror='{RUNS}'></video>",
    f"<style onload='{RUNS}'></style>",
    f"<input autofocus onfocus='{RUNS}'>",
    f"<p style='animation: x' onclick='{RUNS}'>Hint</p>",
    f"<a href='javascript:{RUNS}'>Hint</a>",
]


# What a student may choose in an LMS, and what `nbgrader db student import` takes over.
NAME = "".join([*VECTORS, "\"><svg onload='top.ran=1'>", "*a* [b](javascript:top.ran=1) {{ 7 * 191 }}{% raw %}",
                "';top.ran=1;//\\"])
HOSTILE_ID = "\"><img src=x onerror='top.ran=1'>';top.ran=1;'\";top.ran=1;\""


@pytest.fixture(scope="module")
def house(house, tmp_path_factory):
    """A copy of the course whose lesson 03 has a hidden test."""
    copy = shutil.copytree(house, tmp_path_factory.mktemp("graded") / "house")
    source = copy / "solutions" / LESSON / f"{LESSON}.py"
    check = "check(rnn_backward, points=5)\n"
    text = source.read_text()
    assert text.count(check) == 1
    source.write_text(text.replace(check, f"### BEGIN HIDDEN TESTS\n{HIDDEN}\n### END HIDDEN TESTS\n{check}"))
    return copy


@pytest.fixture(scope="module")
def course(house, tmp_path_factory):
    """The class that the demo grades, and one more who hands in HTML wherever there is room for text."""
    folder = tmp_path_factory.mktemp("demo")
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(house)
        course, rows, _ = demo(folder / "class")
    assert all(row.as_expected for row in rows)
    assert HIDDEN in json.dumps(course.lesson(LESSON).instructor)
    (folder / "late").mkdir()
    (folder / "late" / f"{HOSTILE}_{LESSON}.ipynb").write_bytes(hostile(course.lesson(LESSON)))
    [outcome] = collect(course, folder / "late").outcomes
    assert outcome.status == "collected"
    [judgement] = grade(course, [LESSON], Settings(seed(course), LIMITS))
    assert (judgement.student, judgement.earned) == (HOSTILE, 8)
    with Records(course) as book:
        judgement = replace(judgement, student=HOSTILE_ID)
        book.record(judgement, autograded(judgement, None, course.lesson(LESSON)), course.lesson(LESSON), "1")
    with Gradebook(course.coursedir.db_url) as gradebook:
        gradebook.update_or_create_student(HOSTILE, first_name=NAME, last_name=NAME, email=NAME)
    older_settings(course.folder / "nbgrader_config.py")
    return course


def older_settings(path):
    """Course folders keep the settings that `init` gave them. These are from before names were escaped."""
    text = path.read_text()
    begin, end = text.index("c.HTMLExporter"), text.index("# A warning on stderr")
    filters = {"markdown2html": "autograder.sanitize.markdown", "clean_html": "autograder.sanitize.markup"}
    path.write_text(f"{text[:begin]}c.HTMLExporter.sanitize_html = True\nc.HTMLExporter.filters = {filters}\n"
                    f"if 'jupyter_server.serverapp' in sys.modules:\n"
                    f"    c.Autograde.exporter_class = 'autograder.marks.feedback.NotInFormgrader'\n\n{text[end:]}")


def hostile(lesson):
    make, html = Maker(lesson), "\n\n".join(VECTORS)
    answer = f"HTML = {html!r}\nprint(HTML)\ndef rnn_backward(dh, cache):\n    raise ValueError(HTML)\n"
    notebook = make.notebook(make.model | {"rnn_backward": answer, ESSAY: html})
    added = [{"id": kind, "cell_type": kind, "metadata": {}, "source": html} for kind in ("markdown", "raw")]
    notebook.cells[1:1] = added
    return as_file(notebook)


@pytest.fixture(scope="module")
def address(serve, house, course):
    with serve(house, "formgrader", course.folder) as address:
        yield address


@pytest.fixture
def formgrader(page, address):
    """Formgrader in a page, and what the page said and asked for that it should not."""
    home, _, token = address.partition("?")
    seen = SimpleNamespace(page=page, home=home, dialogs=[], trouble=[], strangers=set())

    def refuse(route):
        seen.strangers.add(route.request.url.split("?")[0])
        route.abort()

    def dismiss(dialog):
        seen.dialogs.append(dialog.message)
        dialog.dismiss()

    def go(path, until):
        page.goto(f"{home}formgrader/{path}")
        page.locator(until).first.wait_for()

    page.route(lambda url: not url.startswith((home, "file:")), refuse)
    page.on("dialog", dismiss)
    page.on("pageerror", lambda error: seen.trouble.append(str(error)))
    page.on("response", lambda answer: answer.status < 400 or seen.trouble.append(f"{answer.status} {answer.url}"))
    page.goto(f"{home}?{token}")
    seen.go = go
    seen.submissions = lambda: go(f"manage_submissions/{LESSON}", f"tr:has-text('{BEST}') .score:has-text('/')")
    seen.row = lambda student: page.locator("tr", has=page.locator(".student-id", has_text=student))
    return seen


def open_submission(formgrader, course, student):
    with Gradebook(course.coursedir.db_url) as gradebook:
        number = gradebook.find_submission_notebook(LESSON, LESSON, student).id
    formgrader.go(f"submissions/{number}/", f"#{ESSAY}")
    formgrader.page.wait_for_function("formgrader.comments && formgrader.comments.loaded && formgrader.grades.loaded")


def card_of(page, exercise):
    """The card that stands below the check of an exercise."""
    return page.locator(".cell", has=page.locator(f"#check-{exercise}")).locator(".rnnkit-card")


def score_of(course, student):
    with Gradebook(course.coursedir.db_url) as gradebook:
        submission = gradebook.find_submission(LESSON, student)
        return submission.score, submission.needs_manual_grade


def run(course, house, *arguments):
    environment = os.environ | {"RNNKIT_COURSE": str(course.folder)}
    subprocess.run([sys.executable, "-m", "autograder", *arguments], cwd=house, env=environment, check=True)


def said_in(page):
    return page.locator("body").inner_text()


def test_the_class_opens(formgrader):
    page = formgrader.page
    page.get_by_role("heading", name="Manage Assignments").wait_for()
    for lesson, count in zip(LESSONS, (18, 19), strict=True):
        row = page.locator("tr", has=page.get_by_role("link", name=lesson))
        assert row.locator(".num-submissions").inner_text() == str(count)
    assert "course id has not been set" in page.locator(".alert").inner_text()
    formgrader.go("manage_students", "table a:has-text('Demo, Ada')")
    assert page.locator("table tbody tr").count() == 22
    formgrader.submissions()
    assert page.locator("table tbody tr").count() == 20
    assert formgrader.row(BEST).locator(".status").inner_text() == "needs manual grading"
    assert formgrader.row(BEST).locator(".score").inner_text() == "13 / 16"
    assert formgrader.row(ONE_STEP).locator(".score").inner_text() == "5.6 / 16"
    formgrader.go(f"gradebook/{LESSON}/{LESSON}", "a:has-text('Submission #20')")
    assert (formgrader.trouble, formgrader.strangers) == ([], set())


def test_a_verdict_stands_below_its_check(formgrader, course, screenshot):
    page = formgrader.page
    open_submission(formgrader, course, ONE_STEP)
    assert "every answer was judged" in said_in(page) and "seccomp" in said_in(page)
    mistake = next(known for known in EXERCISES["rnn_backward"].misconceptions if known.id == "only-the-first-step")
    card = card_of(page, "rnn_backward")
    assert card.is_visible() and mistake.hint in card.inner_text() and "1.6 of 5 points" in card.inner_text()
    assert card.evaluate("card => getComputedStyle(card).borderLeftStyle") == "solid"
    assert page.locator("#check-rnn_backward").get_attribute("placeholder") == "1.6"
    assert "4 of 4 points" in card_of(page, "rnn_step_backward").inner_text()
    page.locator("#check-rnn_backward").evaluate("box => window.scrollTo(0, box.getBoundingClientRect().top - 512)")
    screenshot("formgrader")


def test_a_name_is_shown_as_it_is_and_does_nothing(formgrader, course):
    page = formgrader.page

    def shown(name, where):
        page.wait_for_timeout(300)
        assert name in page.locator(where).first.inner_text()
        assert (page.evaluate("typeof top.ran"), formgrader.dialogs) == ("undefined", []), page.url

    for student, name in ((HOSTILE, f"{NAME}, {NAME}"), (HOSTILE_ID, HOSTILE_ID)):
        open_submission(formgrader, course, student)
        page.locator(".glyphicon.name-hidden").click()
        shown(name, ".breadcrumb a.name-shown")
        assert page.title() == LESSON
        assert page.locator(".breadcrumb a.name-shown").get_attribute("href").startswith("/notebooks/")
    formgrader.go("manage_students", "table a:has-text('Demo, Ada')")
    shown(f"{NAME}, {NAME}", "#main-table")
    page.locator("input[type=search]").fill("svg")
    shown(NAME, "#main-table")
    page.locator(f"tr:has-text('{HOSTILE}') .edit a").click()
    page.locator(".modal-dialog input.modal-first-name").wait_for()
    assert page.locator(".modal-dialog input.modal-first-name").input_value() == NAME
    formgrader.submissions()
    shown(HOSTILE_ID, "#main-table")
    page.locator("tr", has_text=HOSTILE_ID).locator(".student-name a").click()
    page.locator(f"a:has-text('{LESSON}')").last.wait_for()
    shown(HOSTILE_ID, ".breadcrumb")
    assert page.evaluate("student_id") == HOSTILE_ID
    formgrader.go(f"gradebook/{LESSON}/{LESSON}", "a:has-text('Submission #20')")
    page.locator("#toggle_names").click()
    shown(f"{NAME}, {NAME}", "#main-table")
    shown(HOSTILE_ID, "#main-table")
    assert set(formgrader.trouble) <= {"MathJax is not defined"}


@pytest.mark.parametrize("path", [
    "manage_students/{}", "manage_students/a/{}", "manage_students/{}/{}", "manage_submissions/{}", "gradebook/{}/{}",
    "api/students", f"api/submissions/{LESSON}"])
def test_a_link_that_a_student_wrote_runs_nothing_in_formgrader(formgrader, path):
    page = formgrader.page
    for text in (HOSTILE_ID, f"</script><script>{RUNS}</script>", "\\", "{{ 7 * 191 }}") if "{}" in path else ("",):
        page.goto(f"{formgrader.home}formgrader/{path.replace('{}', quote(text, safe=''))}")
        page.wait_for_timeout(50)
        assert (page.evaluate("typeof top.ran"), formgrader.dialogs) == ("undefined", []), page.url
        assert "1337" not in page.content()


def test_each_of_the_vectors_would_run_in_a_page_that_lets_it(formgrader):
    page = formgrader.page
    for vector in VECTORS:
        formgrader.dialogs.clear()
        page.goto("about:blank")
        page.set_content(vector)
        for hint in page.get_by_text("Hint").all():
            hint.click()
        page.wait_for_function("top.ran > 0")
        assert formgrader.dialogs, vector


def test_nothing_runs_that_a_student_handed_in(formgrader, course):
    page = formgrader.page
    open_submission(formgrader, course, HOSTILE)
    for hint in page.get_by_text("Hint", exact=True).all():
        hint.click()
    page.wait_for_timeout(500)
    assert RUNS in card_of(page, "rnn_backward").inner_text()
    assert (formgrader.dialogs, page.evaluate("typeof top.ran")) == ([], "undefined")
    assert len(page.frames) == 1 and page.locator(f"#{ESSAY}").count() == 1
    assert all("mathjax" in url for url in formgrader.strangers)


@pytest.mark.parametrize("visited", [(), ("local",), ("local", "")])
def test_formgraders_own_autograde_is_refused(formgrader, course, visited):
    for settings in visited:  # JupyterLab's menu can be told to take the settings in the folder that is open
        formgrader.go(f"?path={course.folder}" if settings else "", f"a:has-text('{LESSON}')")
    formgrader.submissions()
    notebook = course.path("autograded", ONE_STEP, LESSON) / f"{LESSON}.ipynb"
    before = notebook.read_bytes()
    formgrader.row(ONE_STEP).locator(".autograde a").click()
    dialog = formgrader.page.locator(".modal-dialog")
    dialog.get_by_text("python -m autograder grade").first.wait_for()
    assert "outside the sandbox" in dialog.inner_text()
    assert notebook.read_bytes() == before and score_of(course, ONE_STEP) == (5.6, False)


def test_an_essay_is_marked_by_hand_and_the_mark_survives_grading_again(formgrader, course, house):
    page = formgrader.page
    assert score_of(course, BEST) == (13, True)
    open_submission(formgrader, course, BEST)
    for box, text, where in ((f"#{ESSAY}", "2.5", "api/grade/"), (f"#{ESSAY}-comment", COMMENT, "api/comment/")):
        with page.expect_response(lambda answer, where=where: where in answer.url) as saved:
            page.locator(box).click()
            page.keyboard.insert_text(text)
            page.locator("body").click(position={"x": 5, "y": 5})
        assert saved.value.ok

    def is_right():
        formgrader.submissions()
        row = formgrader.row(BEST)
        assert (row.locator(".score").inner_text(), row.locator(".status").inner_text()) == ("15.5 / 16", "graded")
        assert score_of(course, BEST) == (15.5, False)
        open_submission(formgrader, course, BEST)
        page.wait_for_function(f"$('#{ESSAY}').val() === '2.5'")
        assert page.locator(f"#{ESSAY}-comment").input_value() == COMMENT

    is_right()
    for student in SLOW:
        shutil.rmtree(course.path("submitted", student, LESSON))
    judged = course.path("autograded", BEST, LESSON) / f"{LESSON}.ipynb"
    before = judged.stat().st_mtime_ns
    run(course, house, "grade", "--again", LESSON)
    assert judged.stat().st_mtime_ns > before
    is_right()


def test_feedback_shows_what_a_student_should_see_and_nothing_else(formgrader, course, house):
    page = formgrader.page
    formgrader.submissions()
    formgrader.row(BEST).locator(".generate-feedback a").click()
    page.locator(".modal-dialog", has_text="Successfully generated feedback").wait_for(timeout=60_000)
    written = course.path("feedback", BEST, LESSON) / f"{LESSON}.html"
    by_formgrader = written.read_text()
    run(course, house, "feedback", LESSON)
    assert written.read_text() == by_formgrader
    said = {}
    for student in (BEST, ONE_STEP, BARELY, HOSTILE):
        page.goto((course.path("feedback", student, LESSON) / f"{LESSON}.html").as_uri())
        said[student] = said_in(page)
    assert (formgrader.dialogs, page.evaluate("typeof top.ran")) == ([], "undefined")
    assert "5 of 5 points" in said[BEST]
    mistake = next(known for known in EXERCISES["rnn_backward"].misconceptions if known.id == "only-the-first-step")
    assert mistake.hint in said[ONE_STEP] and "dW_x, dW_h, db: every entry wrong" not in said[ONE_STEP]  # it is folded
    page.goto((course.path("feedback", ONE_STEP, LESSON) / f"{LESSON}.html").as_uri())
    for summary in page.get_by_text("The numbers behind it").all():
        summary.click()
    assert "dW_x, dW_h, db: every entry wrong" in said_in(page)
    assert "0 of 5 points" in said[BARELY]
    solutions = [line.strip() for cell in course.lesson(LESSON).instructor.cells if cell.id != "numerical_gradient"
                 for part in re.findall("### BEGIN SOLUTION\n(.*?)### END SOLUTION", cell.source, re.DOTALL)
                 for line in part.splitlines() if len(line.strip()) > 12]
    assert len(solutions) > 10
    for student, text in said.items():
        assert HIDDEN not in text and "seven thousand" not in text, student
    assert [line for line in solutions if line in said[BARELY]] == []


def test_the_servers_log_complains_of_nothing_else(house, address):
    known = ("No web browser found", "Alternative text is missing", "nbgrader would run this student's code",
             "No nbgrader_config.py file found",  # said on the way back from local settings; then it is found
             "404 GET /formgrader/", "Uncaught exception in write_error")  # of ids that are not there
    complaints = re.findall(r"^\[[WEC] [^]]*\] (.+)", (house / "formgrader.log").read_text(), re.MULTILINE)
    assert len(complaints) >= 2
    assert [complaint for complaint in complaints if not complaint.startswith(known)] == []
