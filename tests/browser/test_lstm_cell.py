"""The LSTM cell of lesson 06 in JupyterLab: unsolved, run from top to bottom, and stepped through by its slider."""

LESSON = "06_the_lstm"


def test_the_slider_steps_through_the_text(lab, page):
    lab.open(f"lessons/{LESSON}/{LESSON}.ipynb")
    lab.wait_for_kernel()
    lab.run_all()
    outputs = [output for cell in lab.cells() for output in cell["outputs"]]
    assert [output for output in outputs if output["output_type"] == "error"] == []

    cell = lab.show(lab.find(source="figures.lstm_explorer("), "start")
    picture, handle = cell.locator("img.rnnkit-picture"), cell.get_by_role("slider").first
    cell.locator("img[alt*='Step 5 reads “(”: the cell state goes from 2.00 to 3.00']").wait_for()
    before = picture.get_attribute("src")
    handle.focus()
    page.keyboard.press("ArrowRight")
    page.keyboard.press("ArrowRight")
    cell.locator("img[alt*='Step 7 reads “)”: the cell state goes from 3.00 to 2.00']").wait_for()
    assert picture.get_attribute("src") != before
    assert picture.evaluate("image => image.complete && image.naturalWidth") == 800
    cell.get_by_role("combobox").select_option("random, as before training")
    cell.locator("img[alt*='with weights random, as before training, at step 7']").wait_for()
