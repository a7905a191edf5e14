"""JupyterLab, seen in headless Chromium."""

import json
import re

from rnnkit.exercises import EXERCISES

LESSON, ESSAY = "02_the_recurrent_cell", "03_backpropagation_through_time"
STUB = re.compile(r" *# Your turn.*\n *raise NotImplementedError.*\n")
RIGHT = "    h_next = np.tanh(x @ W_x + h @ W_h + b)\n"
TRANSPOSED = "    h_next = np.tanh(x @ W_x + h @ W_h.T + b)\n"


def text_of(outputs):
    return json.dumps(outputs, ensure_ascii=False)


def test_a_student_finds_lesson_00_open_and_nothing_in_the_way(lab, page):
    lab.goto(lab.address)
    lab.wait_for_kernel()
    assert lab.path() == "lessons/00_start_here/00_start_here.ipynb"
    names = page.locator(".jp-DirListing-itemText").all_inner_texts()
    assert "00_start_here" in names and LESSON in names
    page.wait_for_timeout(3000)  # a toast about news would have come by now
    assert page.locator(".Toastify__toast").count() == 0
    assert page.get_by_role("button", name="Validate").is_visible()
    menus = page.locator(".lm-MenuBar-itemLabel").all_inner_texts()
    assert "Run" in menus and "Nbgrader" not in menus
    assert page.get_by_text("Create Assignment").count() == 0
    assert page.request.get(lab.address.replace("/?", "/formgrader?")).status == 404


def test_a_lesson_that_was_only_opened_asks_for_no_save(lab, page):
    lab.open(f"lessons/{LESSON}/{LESSON}.ipynb")
    lab.wait_for_kernel()
    page.wait_for_timeout(2000)
    assert page.evaluate("jupyterapp.shell.currentWidget.context.model.dirty") is False


def test_the_list_of_lessons_has_room_for_their_names_and_no_dates(lab, page):
    lab.open("lessons/00_start_here/00_start_here.ipynb")
    name = page.locator(".jp-DirListing-itemText", has_text="01_sequences_and_squashing")
    assert name.evaluate("text => text.scrollWidth <= text.clientWidth + 1")
    assert page.locator(".jp-DirListing-itemModified:visible").count() == 0


def test_the_way_on_from_a_lesson_opens_the_next_one(lab, page):
    lab.open("lessons/00_start_here/00_start_here.ipynb")
    page.locator(".jp-Notebook a", has_text="01 · Sequences and squashing →").first.click()
    page.wait_for_function("jupyterapp.shell.currentWidget?.context?.path.includes('01_sequences')")


def test_the_first_screen_is_the_cell_in_motion_and_a_station_of_the_map_opens_its_lesson(lab, page):
    lab.open("lessons/00_start_here/00_start_here.ipynb")
    lab.wait_for_kernel()
    picture = page.locator(".jp-Notebook img[alt^='One unit of an LSTM']")
    page.wait_for_function("document.querySelector(\".jp-Notebook img[alt^='One unit']\")?.naturalWidth > 0")
    assert picture.bounding_box()["y"] < 300
    index = lab.find(source="figures.course_map(")
    lab.run(lab.find(source="from rnnkit import figures, lstm_gates"))
    lab.run(index)
    lab.show(index).locator("a[title^='06']").click()
    page.wait_for_function("jupyterapp.shell.currentWidget?.context?.path.includes('06_the_lstm')")


def test_an_essay_is_a_sheet_of_paper_that_says_how_to_write_on_it(lab, page):
    lab.open(f"lessons/{ESSAY}/{ESSAY}.ipynb")
    page.locator(".jp-Notebook h1").wait_for()
    index = next(k for k, cell in enumerate(lab.cells()) if cell["name"] == "why-gradients-add")
    paper = lab.show(index).locator(".jp-RenderedMarkdown div", has_text="Double-click here, press Enter").last
    assert paper.evaluate("paper => getComputedStyle(paper).backgroundColor") == "rgb(255, 253, 245)"
    paper.dblclick()
    page.keyboard.press("Enter")
    page.keyboard.press("Control+a")
    page.keyboard.type("Because.")
    assert lab.cells()[index]["source"] == "Because."


def test_the_validate_button_says_what_is_still_to_do(lab, page):
    lab.open("lessons/00_start_here/00_start_here.ipynb")
    lab.wait_for_kernel()
    page.get_by_role("button", name="Validate").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_text("Validation Results").wait_for(timeout=60_000)
    said = " ".join(dialog.inner_text().split())
    assert "check(affine" in said and "affine is not written yet" in said and "Partial credit" not in said


def test_a_student_works_on_an_exercise(lab, page, screenshot):
    lab.open(f"lessons/{LESSON}/{LESSON}.ipynb")
    lab.wait_for_kernel()
    lab.run_all()
    outputs = [output for cell in lab.cells() for output in cell["outputs"]]
    assert [output for output in outputs if output["output_type"] == "error"] == []

    answer, check = lab.find(name="rnn_step"), lab.find(source="check(rnn_step")
    stub = lab.cells()[answer]["source"]
    assert "not written" in text_of(lab.cells()[check]["outputs"])

    mistake = next(known for known in EXERCISES["rnn_step"].misconceptions if known.id == "transposed")
    lab.type_into(answer, STUB.sub(TRANSPOSED, stub))
    assert lab.run(answer) == []
    assert mistake.hint in text_of(lab.run(check))
    lab.show(answer, "start")
    page.locator(".rnnkit-card", has_text=mistake.hint).wait_for()
    screenshot("check")

    lab.type_into(answer, STUB.sub(RIGHT, stub))
    lab.run(answer)
    assert "4 of 4 points" in text_of(lab.run(check))
    page.locator(".rnnkit-card", has_text="4 of 4 points").wait_for()

    explorer = lab.find(source="figures.impulse_explorer(")
    lab.run(explorer)
    cell = lab.show(explorer, "start")
    cell.get_by_role("slider", name="Spectral radius of W_h").focus()
    page.keyboard.press("ArrowRight")
    assert "spectral radius 0.95" in cell.locator(".rnnkit-moving svg").get_attribute("aria-label")


def test_a_double_click_on_a_solution_opens_a_notebook_and_saving_it_changes_nothing(lab, page, house):
    lab.open(f"solutions/{LESSON}", beside=f"/solutions/{LESSON}")
    source = house / "solutions" / LESSON / f"{LESSON}.py"
    before = source.read_text()
    page.get_by_role("listitem", name=source.name).dblclick()
    lab.wait_for_kernel()
    assert lab.find(source="def rnn_step(") < lab.find(source="check(rnn_step")
    page.evaluate("jupyterapp.commands.execute('docmanager:save')")
    assert source.read_text() == before


def test_make_formgrader_opens_the_instructors_view(page, instructor_address):
    page.goto(instructor_address)
    page.get_by_role("heading", name="Manage Assignments").wait_for()
    page.get_by_role("link", name=LESSON).wait_for()
    page.goto(instructor_address.partition("?")[0] + "lab?reset")
    page.locator(".lm-MenuBar-itemLabel", has_text="Nbgrader").wait_for()
