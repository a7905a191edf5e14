"""Cards in JupyterLab: they say their points once, fold what comes second, and can be read in either theme."""

import re

import pytest

LESSON = "02_the_recurrent_cell"
STEP = "def rnn_step(x, h, W_x, W_h, b):\n    h_next = {}\n    return h_next, (x, h, h_next, W_x, W_h)\n\n\n"
CHECK = "check(rnn_step, points=4)"
ANSWERS = {
    "4 of 4": "np.tanh(x @ W_x + h @ W_h + b)",
    "W_h was transposed": "np.tanh(x @ W_x + h @ W_h.T + b)",
    "look at where b enters": "np.tanh(x @ W_x + h @ W_h + b ** 3)",
    "no mistake that the check knows": "np.sin(3 * (x @ W_x + h @ W_h + b))",
    "do not meet": "np.tanh(x @ W_x + W_h @ h + b)",
    "not for a batch of one": "np.tanh(x @ W_x + h @ W_h + b).squeeze()",
}
CONTRAST = """card => {
    const light = color => {
        const [r, g, b] = color.match(/[\\d.]+/g).slice(0, 3).map(Number).map(v => v / 255)
            .map(v => v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4);
        return 0.2126 * r + 0.7152 * g + 0.0722 * b;
    };
    const behind = element => {
        for (; element; element = element.parentElement) {
            const color = getComputedStyle(element).backgroundColor;
            if (!/rgba\\(.*, 0\\)/.test(color)) return light(color);
        }
        return 1;
    };
    const ratio = (a, b) => (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
    const texts = [...card.querySelectorAll('*')].map(
        element => ratio(light(getComputedStyle(element).color), behind(element)));
    return [Math.min(...texts), ratio(light(getComputedStyle(card).borderLeftColor), behind(card.parentElement))];
}"""


@pytest.fixture
def cards(lab, page):
    """What a student sees below six answers."""
    lab.open(f"lessons/{LESSON}/{LESSON}.ipynb")
    lab.wait_for_kernel()
    lab.run(lab.find(source="from rnnkit import"))
    answer = lab.find(name="rnn_step")

    def show(said):
        lab.type_into(answer, STEP.format(ANSWERS[said]) + CHECK)
        outputs = lab.run(answer)
        assert [output["data"]["text/plain"] for output in outputs if output["output_type"] == "execute_result"]
        card = page.locator(".jp-Cell.jp-mod-active .rnnkit-card", has_text=said)
        card.wait_for()
        return card, lab.show(answer)

    return show


def test_card_can_be_read_in_a_light_and_in_a_dark_theme_and_says_its_points_once(cards, page):
    for said in ANSWERS:
        card, cell = cards(said)
        shown = cell.locator(".jp-OutputArea").inner_text()
        assert len(re.findall(r"[\d.]+ of 4 points", shown)) == 1
        assert not re.search(r"^\d\.\d+$", shown, re.MULTILINE)
        for theme in ("JupyterLab Dark", "JupyterLab Light"):
            page.evaluate(f"jupyterapp.commands.execute('apputils:change-theme', {{theme: '{theme}'}})")
            page.wait_for_function(f"document.body.dataset.jpThemeName === '{theme}'")
            text, edge = card.evaluate(CONTRAST)
            assert text >= 4.5 and edge >= 3, (said, theme, text, edge)


def test_diagnosis_comes_first_and_the_numbers_behind_it_are_folded_with_a_hanging_indent(cards):
    card, _ = cards("W_h was transposed")
    assert card.inner_text().split("\n")[2].startswith("W_h was transposed.")
    row = card.get_by_text("every entry wrong", exact=False).last
    assert not row.is_visible()
    card.locator("summary").click()
    assert row.is_visible() and card.get_by_text("exactly the numbers of a known mistake").is_visible()
    assert "group \"Check of rnn_step\"" in card.aria_snapshot()
    label, text = card.locator("b", has_text="wrong").bounding_box(), row.bounding_box()
    assert label["x"] + label["width"] <= text["x"]


def test_line_that_stopped_stands_below_what_its_error_means(cards):
    card, _ = cards("do not meet")
    said = card.inner_text()
    assert said.index("the inner sizes 6 and 3 do not meet") < said.index("ValueError: matmul")
    assert card.locator("pre").inner_text() == "h_next = np.tanh(x @ W_x + W_h @ h + b)"
