"""Every figure that moves, in an exported page: no kernel, no network, and without scripts a still frame."""

import re
from functools import cache
from statistics import median

import numpy as np
import pytest

import rnnkit
from rnnkit import figures

NOISE = np.random.default_rng(6).standard_normal(100)
MOVING = {
    "lstm_explorer": lambda: figures.lstm_explorer(rnnkit.lstm_step, rnnkit.lstm_gates),
    "gru_explorer": lambda: figures.gru_explorer(rnnkit.gru_step),
    "backward_explorer": lambda: figures.backward_explorer(rnnkit.lstm_step_backward),
    "growing_cell": lambda: figures.growing_cell(np.concatenate([[0.5], 0.3 * NOISE])),
    "switch_explorer": lambda: figures.switch_explorer(lambda x, h, w: np.tanh(3 * x + w * h)),
    "gradient_explorer": lambda: figures.gradient_explorer(rnnkit.rnn_forward, rnnkit.rnn_backward),
    "routes_explorer": lambda: figures.routes_explorer(
        rnnkit.lstm_forward, rnnkit.lstm_backward, rnnkit.forget_bias),
    "activation_explorer": lambda: figures.activation_explorer(rnnkit.sigmoid, rnnkit.activation_slopes),
    "impulse_explorer": lambda: figures.impulse_explorer(rnnkit.rnn_step),
    "flow_explorer": lambda: figures.flow_explorer(rnnkit.gradient_norms),
}
MOVE = """(input, to) => {
  const start = performance.now();
  input.value = to;
  input.dispatchEvent(new Event("input", {bubbles: true}));
  input.closest(".rnnkit-moving").querySelector("svg").getBoundingClientRect();
  return performance.now() - start;
}"""


@cache
def explorer(name):
    return MOVING[name]()


@cache
def exported():
    """The page that `jupyter nbconvert --to html` makes of a notebook with every figure, and the LSTM's twice."""
    nbformat, nbconvert = pytest.importorskip("nbformat"), pytest.importorskip("nbconvert")
    cells = []
    for name in [*MOVING, "lstm_explorer"]:
        shown = nbformat.v4.new_output("execute_result", explorer(name)._repr_mimebundle_(), execution_count=1)
        cells.append(nbformat.v4.new_code_cell(f"figures.{name}(...)", outputs=[shown]))
    return nbconvert.HTMLExporter().from_notebook_node(nbformat.v4.new_notebook(cells=cells))[0]


@pytest.fixture
def troubles(page):
    """What the page complains about, and what it asks for beyond itself."""
    found = []
    page.on("pageerror", lambda error: found.append(str(error)))
    page.route(re.compile("^https?:"), lambda route: route.abort())
    return found


@pytest.fixture
def place(page, troubles, tmp_path):
    """The exported page in front, and a figure of it by its place."""
    (tmp_path / "page.html").write_text(exported(), encoding="utf-8")
    page.goto((tmp_path / "page.html").as_uri())
    return lambda name, nth=0: page.locator(".rnnkit-moving").nth([*MOVING, "again"].index(name) + nth)


def words(figure):
    return figure.locator("svg").get_attribute("aria-label")


def test_every_control_moves_its_figure_to_the_frame_that_was_computed(place, troubles):
    for name in MOVING:
        figure, made = place(name), explorer(name)
        assert words(figure) == made.picture.alt
        for key, control in made.controls.items():
            handle = figure.get_by_role("slider" if control.ordered else "combobox", name=control.name, exact=True)
            for k, value in list(enumerate(control.options))[::max(1, len(control.options) // 4)]:
                handle.evaluate(MOVE, k)
                frame = made.at(**{key: value})
                assert words(figure) == frame.alt
                parts = figure.locator("svg").evaluate(
                    "svg => [...svg.children].slice(1).map(part => [part.tagName, part.innerHTML])")
                assert [[tag, inside.replace(' xmlns="http://www.w3.org/2000/svg"', "")] for tag, inside in parts] == [
                    [tag, inside] for tag, _, inside in frame.sheet.parts]
                if control.ordered:
                    assert handle.get_attribute("aria-valuetext") == control.said[k]
            handle.evaluate(MOVE, control.options.index(control.value))
        assert words(figure) == made.picture.alt
    assert troubles == []


def test_attributes_and_curves_are_those_of_the_frame(place):
    for name, values in (("impulse_explorer", {"radius": 1.2}), ("lstm_explorer", {"step": 11})):
        figure, made = place(name), explorer(name)
        (key, value), = values.items()
        control = made.controls[key]
        figure.get_by_role("slider", name=control.name, exact=True).evaluate(MOVE, control.options.index(value))
        seen = figure.locator("svg").evaluate("""svg => [...svg.children].slice(1).map(part =>
            Object.fromEntries([...part.attributes].map(one => [one.name, one.value])))""")
        for part, (_, attributes, _) in zip(seen, made.at(**values).sheet.parts, strict=True):
            for attribute, expected in attributes.items():
                found = [float(one) for one in re.findall(r"-?[\d.]+", part.get(attribute, ""))]
                assert found == pytest.approx([float(one) for one in re.findall(r"-?[\d.]+", str(expected))], abs=0.06)


def test_from_event_to_layout_it_takes_a_moment(place):
    took = {}
    for name in MOVING:
        for key, control in explorer(name).controls.items():
            role = "slider" if control.ordered else "combobox"
            handle = place(name).get_by_role(role, name=control.name, exact=True)
            took[name, key] = [handle.evaluate(MOVE, k) for k in range(len(control.options))]
    for (name, key), times in took.items():
        print(f"{name:20} {key:9} median {median(times):5.1f} ms, at most {max(times):5.1f} ms")
    middle = median(time for times in took.values() for time in times)
    print(f"all                            median {middle:5.1f} ms")
    assert middle < 60                        # 20 ms where nobody else computes


def test_keys_move_the_slider_and_a_person_who_sees_nothing_hears_the_headline(place, page):
    figure = place("lstm_explorer")
    handle, live = figure.get_by_role("slider", name="Step"), figure.get_by_role("status")
    handle.focus()
    assert live.inner_text() == ""
    page.keyboard.press("ArrowRight")
    assert handle.get_attribute("aria-valuetext") == "Step 6 of 16"
    assert live.inner_text() == "Step 6 reads “c”: the cell state stays at 3.00."
    page.keyboard.press("Home")
    assert handle.get_attribute("aria-valuetext") == "Step 1 of 16"
    page.keyboard.press("End")
    assert handle.get_attribute("aria-valuetext") == "Step 16 of 16"
    page.keyboard.press("Space")
    figure.get_by_role("button", name="Pause").wait_for()
    page.keyboard.press("Space")
    figure.get_by_role("button", name="Play").wait_for()
    assert words(place("lstm_explorer", len(MOVING))) == explorer("lstm_explorer").picture.alt  # its copy stands still


def test_play_goes_on_to_the_end_and_stops(place):
    figure = place("growing_cell")
    figure.get_by_role("slider").evaluate(MOVE, 2)
    figure.get_by_role("button", name="Play").click()
    figure.get_by_role("button", name="Pause").wait_for()
    figure.locator("svg[aria-label*='state 4 of 4']").wait_for()
    figure.get_by_role("button", name="Play").wait_for()


def test_play_runs_the_backward_pass_from_the_last_step_to_the_first(place, page):
    figure = place("backward_explorer")
    handle = figure.get_by_role("slider", name="Step")
    figure.get_by_role("button", name="Play").click()
    page.wait_for_timeout(1200)
    assert int(handle.input_value()) < 13


def test_a_click_on_a_symbol_of_the_strip_moves_there(place):
    for name in ("lstm_explorer", "gru_explorer", "backward_explorer", "switch_explorer"):
        figure = place(name)
        for position in (10, 1):
            symbol = figure.locator(f"[data-go='0 {position}']")
            symbol.scroll_into_view_if_needed()
            symbol.click()
            said = figure.get_by_role("slider", name="Step").get_attribute("aria-valuetext")
            assert said.startswith(f"Step {position + 1} of ")
        assert figure.get_by_role("slider", name="Step").evaluate("input => input === document.activeElement")


def test_a_formula_lights_its_edges_by_pointer_and_by_key(place, page):
    figure = place("backward_explorer")
    formula = figure.get_by_role("button", name=re.compile("da W"))
    lit = figure.locator(".rnnkit-lit[data-edge]")
    assert lit.count() == 0
    formula.first.hover()
    edges = set(lit.evaluate_all("parts => parts.map(part => part.dataset.edge)"))
    assert edges and all("h" in edge.split() for edge in edges)
    page.mouse.move(0, 0)
    assert lit.count() == 0
    formula.first.focus()
    page.keyboard.press("Enter")
    assert formula.first.get_attribute("aria-pressed") == "true"
    formula.first.blur()
    assert lit.count() > 0


def test_who_wants_no_motion_gets_slow_steps(place, page):
    page.emulate_media(reduced_motion="reduce")
    figure = place("activation_explorer")
    figure.get_by_role("slider", name="z").evaluate(MOVE, 0)
    figure.get_by_role("button", name="Play").click()
    page.wait_for_timeout(1500)
    assert figure.get_by_role("slider", name="z").input_value() == "1"


def test_a_narrow_phone_scrolls_the_sheet_and_not_the_page(place, page):
    page.set_viewport_size({"width": 390, "height": 844})
    figure = place("lstm_explorer")
    assert figure.locator("svg").evaluate("svg => svg.getBoundingClientRect().width") >= 600
    assert figure.evaluate("figure => figure.scrollWidth <= innerWidth")


def test_without_scripts_the_first_frame_stands_there_with_its_words(chromium, tmp_path):
    (tmp_path / "page.html").write_text(exported(), encoding="utf-8")
    context = chromium.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto((tmp_path / "page.html").as_uri())
    for name, still in zip(MOVING, page.locator(".rnnkit-moving").all(), strict=False):
        assert still.locator("img").get_attribute("alt") == explorer(name).picture.alt
        assert still.locator("img").bounding_box()["height"] > 300
        assert "stands still" in still.inner_text() and "function" not in still.inner_text()
    context.close()


def test_on_a_dark_page_the_sheet_is_not_glaring(place, page):
    page.evaluate("document.body.dataset.jpThemeLight = 'false'")
    assert place("lstm_explorer").locator("svg").evaluate("svg => getComputedStyle(svg).filter") == "brightness(0.83)"
