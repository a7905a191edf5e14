"""The LSTM cell of lesson 06 in JupyterLab: run unsolved, moved without the kernel, saved and opened again."""

LESSON = "06_the_lstm"


def test_the_slider_steps_through_the_text_and_nothing_asks_the_kernel(lab, page):
    lab.open(f"lessons/{LESSON}/{LESSON}.ipynb")
    lab.wait_for_kernel()
    lab.run_all()
    outputs = [output for cell in lab.cells() for output in cell["outputs"]]
    assert [output for output in outputs if output["output_type"] == "error"] == []

    index = lab.find(source="figures.lstm_explorer(")
    lab.show(index, "start")
    page.evaluate("jupyterapp.shell.currentWidget.sessionContext.session.kernel.statusChanged.connect("
                  "(kernel, status) => (window.asked = status))")
    figure = page.locator(".rnnkit-moving", has=page.locator("svg[aria-label^='An LSTM cell of one unit, with']"))
    handle, live = figure.get_by_role("slider", name="Step"), figure.get_by_role("status")
    words = figure.locator("svg").get_attribute("aria-label")
    assert "Step 5 reads “(”: the cell state goes from 2.00 to 3.00" in words
    handle.focus()
    active = page.evaluate(f"{lab.notebook}.activeCellIndex")
    page.keyboard.press("ArrowRight")
    page.keyboard.press("ArrowRight")
    assert handle.get_attribute("aria-valuetext") == "Step 7 of 16"
    assert live.inner_text() == "Step 7 reads “)”: the cell state goes from 3.00 to 2.00."
    assert page.evaluate(f"{lab.notebook}.activeCellIndex") == active      # the arrows stayed in the figure

    figure.locator("[data-go='0 10']").click()
    assert handle.get_attribute("aria-valuetext") == "Step 11 of 16"
    page.keyboard.press("Space")
    figure.get_by_role("button", name="Pause").click()
    figure.get_by_role("combobox", name="Weights").select_option("random, as before training")
    assert "with weights random, as before training" in figure.locator("svg").get_attribute("aria-label")
    assert page.evaluate("window.asked") is None

    lab.run(index)                                                         # made anew, it moves as well
    page.wait_for_function("document.querySelector('svg[aria-label^=\"An LSTM cell of one unit, with weights set\"]')")
    handle.focus()
    page.keyboard.press("Home")
    assert handle.get_attribute("aria-valuetext") == "Step 1 of 16"

    page.evaluate("jupyterapp.commands.execute('docmanager:save')")
    page.wait_for_function("!jupyterapp.shell.currentWidget.context.model.dirty")
    lab.open(f"lessons/{LESSON}/{LESSON}.ipynb")                           # saved by us, so it is trusted
    lab.wait_for_kernel()
    lab.show(lab.find(source="figures.lstm_explorer("), "start")
    handle.focus()
    page.keyboard.press("End")
    assert handle.get_attribute("aria-valuetext") == "Step 16 of 16"


def test_in_a_notebook_that_nobody_trusts_the_first_frame_stands_still(lab, page, house):
    import nbformat

    from rnnkit import figures, gru_step

    shown = nbformat.v4.new_output("execute_result", figures.gru_explorer(gru_step)._repr_mimebundle_(),
                                   execution_count=1)
    cell = nbformat.v4.new_code_cell("figures.gru_explorer(gru_step)", outputs=[shown], execution_count=1)
    nbformat.write(nbformat.v4.new_notebook(cells=[cell]), house / "lessons" / "untrusted.ipynb")
    lab.open("lessons/untrusted.ipynb")
    still = page.locator(".jp-OutputArea img[alt*='Step 7 reads']")
    still.wait_for()
    assert still.evaluate("image => image.naturalWidth") == 800
    assert page.get_by_role("slider").count() == 0
    assert "=>" not in page.locator(".jp-OutputArea-output").inner_text()
