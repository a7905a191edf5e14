"""The pictures are drawn, follow their controls, and do without what a kernel lacks."""

import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from rnnkit import (
    activation_slopes,
    figures,
    forget_bias,
    gradient_norms,
    gru_step,
    lstm_backward,
    lstm_forward,
    lstm_gates,
    lstm_step,
    rnn_backward,
    rnn_forward,
    rnn_step,
    sigmoid,
)
from rnnkit.figures.style import contrast
from rnnkit.training import History

matplotlib = pytest.importorskip("matplotlib")

LESSONS = Path(__file__).parents[2] / "lessons"
EPS = 10.0 ** np.arange(-12, 0)
V = {"float64": 1e-17 / EPS + EPS ** 2, "float32": np.minimum(1, 1e-8 / EPS + EPS ** 2)}
FLOWS = {name: np.geomspace((end, 3 * end), 1, 100, axis=1)
         for name, end in {"RNN": 1e-26, "LSTM, default": 1e-20, "LSTM, forget bias 1": 1e-8, "bias 3": 0.9}.items()}
PATHS = {"not clipped": np.array([[1, 0, 9], [3, 1.5, 4.0]]), "clipped": np.linspace([1, 0, 9], [2, 0.5, 1e-9], 60)}
HISTORIES = {"with the carry": np.geomspace(0.4, 1e-3, 300), "without it": np.linspace(0.4, 0.2, 300)}

RIGHT = np.geomspace(0.4, 2e-4, 300)
MUSEUM = {"sum": (RIGHT, RIGHT), "carry": (RIGHT, RIGHT ** 0.6), "states": (RIGHT, np.maximum(RIGHT, 1e-3)),
          "slope": (RIGHT, np.concatenate([RIGHT[::2], RIGHT[::-2]])), "gates": (RIGHT, RIGHT ** 0.1),
          "upstream": (RIGHT, np.append(RIGHT[:-1], np.nan))}


BASELINES = {"chance": 6.58, "unigram": 4.36, "table of 1": 3.41, "table of 2": 2.61, "table of 3": 2.19,
             "table of 5": 2.13, "compressor": 1.61}
FALLS = 2 + 4.6 * np.geomspace(1, 1e-2, 400)
LEARNED = {"an RNN": History([*FALLS], [*np.linspace(0.01, 9, 400)],
                             [(k, 9 * k / 400, FALLS[k - 1]) for k in range(40, 401, 40)]),
           "a GRU": History([*FALLS], [*np.linspace(0.02, 20, 400)])}


def naive(z):
    return 1 / (1 + np.exp(-z))


PICTURES = {
    "course_map": lambda: figures.course_map("nowhere"),
    "course_map full": lambda: figures.course_map(LESSONS),
    "end_of_lesson": lambda: figures.end_of_lesson(3, "A falling loss does not prove a gradient.", LESSONS),
    "end_of_lesson long": lambda: figures.end_of_lesson(0, "A word and another. " * 9, "nowhere"),
    "axes_of_x": figures.axes_of_x,
    "axes_of_x large": lambda: figures.axes_of_x(8, 8, 8),
    "row_vectors": figures.row_vectors,
    "row_vectors large": lambda: figures.row_vectors(8, 8, 8),
    "row_vectors narrow": lambda: figures.row_vectors(2, 1, 3),
    "sigmoid_in_float32": lambda: figures.sigmoid_in_float32(naive, sigmoid),
    "v_curve": lambda: figures.v_curve(EPS, V),
    "losses": lambda: figures.losses(HISTORIES),
    "museum": lambda: figures.museum(MUSEUM),
    "museum small": lambda: figures.museum({"sum": MUSEUM["sum"]}),
    "counting": lambda: figures.counting({"a": [1, 2, 3, 2, 1, 0], "b": [1, 1.5, 1.7, 0.7, -0.3, -1.2]}),
    "cliff": lambda: figures.cliff(np.arange(1, 5), np.arange(3), np.arange(12).reshape(3, 4), PATHS),
    "cliff one": lambda: figures.cliff([1, 2], [0, 1], np.ones((2, 2)), {"free": PATHS["clipped"]}),
    "gradient_flow": lambda: figures.gradient_flow(FLOWS),
    "learning_curves": lambda: figures.learning_curves({"": LEARNED["an RNN"]}, BASELINES),
    "learning_curves plain": lambda: figures.learning_curves({"": History([1.0], [0.1], in_bits=False)}),
    "learning_curves six": lambda: figures.learning_curves({f"run {k}": LEARNED["a GRU"] for k in range(6)}, BASELINES),
}
EXPLORERS = {
    "flow_explorer": (lambda: figures.flow_explorer(gradient_norms),
                      [{"radius": 3.0, "inputs": 0.0}, {"radius": 0.5, "inputs": 2.0}, {"steps": 20}]),
    "activation_explorer": (lambda: figures.activation_explorer(sigmoid, activation_slopes),
                            [{"z": -7.4}, {"function": "tanh", "z": 0.4}, {"function": "relu", "z": 8}]),
    "impulse_explorer": (lambda: figures.impulse_explorer(rnn_step),
                         [{"radius": 1.5, "angle": 180}, {"radius": 0.5, "impulse": 0.1}, {"radius": 1, "angle": 0}]),
    "gradient_explorer": (lambda: figures.gradient_explorer(rnn_forward, rnn_backward),
                          [{"loss": "every step", "radius": 1.5}, {"loss": "1", "radius": 0.3}, {"loss": "3"}]),
    "routes_explorer": (lambda: figures.routes_explorer(lstm_forward, lstm_backward, forget_bias),
                        [{"bias": 5, "scale": 0}, {"bias": -1, "scale": 1}, {"bias": 3, "scale": 8}]),
    "lstm_explorer": (lambda: figures.lstm_explorer(lstm_step, lstm_gates), [{"step": 1}, {"step": 11}]),
    "gru_explorer": (lambda: figures.gru_explorer(gru_step), [{"step": 1}, {"step": 16}]),
}


def letters(figure, monkeypatch):
    """Every text that is drawn, and its place: (text, box in px)."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    found, draw = [], matplotlib.text.Text.draw

    def recorded(text, renderer, *args, **kwargs):
        if text.get_visible() and text.get_text().strip():
            found.append((text.get_text(), matplotlib.text.Text.get_window_extent(text, renderer)))
        draw(text, renderer, *args, **kwargs)

    monkeypatch.setattr(matplotlib.text.Text, "draw", recorded)
    FigureCanvasAgg(figure).draw()
    return found


@pytest.mark.parametrize("make", PICTURES.values(), ids=PICTURES)
def test_a_picture_is_an_image_of_1600_px_that_says_what_it_shows(make):
    picture = make()
    assert picture.png.startswith(b"\x89PNG")
    assert int.from_bytes(picture.png[16:20], "big") == 1600
    bundle = picture._repr_mimebundle_()
    assert bundle["text/plain"] == repr(picture) == picture.alt
    assert re.search(r'<img class="rnnkit-picture" alt="[^"]{80,}" style="width: 800px; max-width: 100%;',
                     bundle["text/html"])


@pytest.mark.parametrize("make", PICTURES.values(), ids=PICTURES)
def test_no_letter_leaves_the_picture_or_lies_on_another(make, monkeypatch):
    figure = make().figure
    found = letters(figure, monkeypatch)
    assert len(found) > 3
    for k, (text, box) in enumerate(found):
        assert box.x0 >= 0 and box.x1 <= figure.bbox.x1 and box.y0 >= 0 and box.y1 <= figure.bbox.y1, text
        for other, place in found[:k]:
            across = min(box.x1, place.x1) - max(box.x0, place.x0)
            upward = min(box.y1, place.y1) - max(box.y0, place.y0)
            assert across < 3 or upward < 3, f"{text!r} lies on {other!r}"


@pytest.mark.parametrize("make", PICTURES.values(), ids=PICTURES)
def test_powers_of_ten_are_written_as_people_write_them(make, monkeypatch):
    picture = make()
    for text in [picture.alt, *(text for text, _ in letters(picture.figure, monkeypatch))]:
        assert not re.search(r"\de[-+]\d", text), text


@pytest.mark.parametrize("make", PICTURES.values(), ids=PICTURES)
def test_every_letter_stands_out_from_what_lies_under_it(make):
    """Its color against the pixels that are there without it: at least 4.5 to 1, as WCAG asks of text."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    figure = make().figure
    canvas = FigureCanvasAgg(figure)
    canvas.draw()
    texts = [text for text in figure.findobj(matplotlib.text.Text) if text.get_visible() and text.get_text().strip()]
    places = [text.get_window_extent() for text in texts]
    colors = [matplotlib.colors.to_hex(text.get_color()) for text in texts]
    for text in texts:
        text.set_visible(False)
    canvas.draw()
    ground = np.asarray(canvas.buffer_rgba())[::-1]
    for text, place, color in zip(texts, places, colors, strict=True):
        pixels = ground[max(0, int(place.y0)):int(place.y1) + 1, max(0, int(place.x0)):int(place.x1) + 1, :3]
        if not pixels.size:
            continue                     # a number of an axis, beyond its end
        under = matplotlib.colors.to_hex(np.median(pixels.reshape(-1, 3), axis=0) / 255)
        assert contrast(color, under) >= 4.5, f"{text.get_text()!r} in {color} on {under}"


def test_drawing_touches_neither_pyplot_nor_the_readers_settings_nor_stderr(tmp_path):
    program = """
import sys, matplotlib
from rnnkit import figures
matplotlib.rcParams["font.size"] = 31
figures.axes_of_x().png
assert "matplotlib.pyplot" not in sys.modules
assert matplotlib.rcParams["font.size"] == 31 and matplotlib.rcParams["axes.spines.top"]
"""
    run = subprocess.run([sys.executable, "-c", program], cwd=tmp_path, capture_output=True, text=True)
    assert (run.returncode, run.stdout, run.stderr) == (0, "", "")


def test_the_readers_style_does_not_change_a_picture():
    plain = figures.axes_of_x().png
    with matplotlib.rc_context({"axes.facecolor": "black", "text.color": "white", "axes.grid": True, "font.size": 30}):
        assert figures.axes_of_x().png == plain


def test_a_picture_is_saved_as_the_bytes_that_are_shown(tmp_path):
    picture = figures.axes_of_x()
    picture.save(tmp_path / "axes.png")
    assert (tmp_path / "axes.png").read_bytes() == picture.png


# What a kernel lacks


@pytest.fixture
def without(monkeypatch):
    """Make packages impossible to import, as where they are not installed."""
    def remove(*packages):
        for package in packages:
            monkeypatch.setitem(sys.modules, package, None)
    return remove


@pytest.mark.parametrize("make", PICTURES.values(), ids=PICTURES)
def test_without_matplotlib_a_figure_says_what_is_missing_and_what_it_would_show(make, without):
    words = repr(make())
    without("matplotlib")
    figure = make()
    bundle = figure._repr_mimebundle_()
    for kind in ("text/html", "text/plain"):
        assert "%pip install matplotlib" in bundle[kind]
        assert "restart the kernel" in bundle[kind]
    assert words in bundle["text/plain"]
    assert "<img" not in bundle["text/html"]


@pytest.mark.parametrize("name", EXPLORERS)
def test_without_matplotlib_and_ipywidgets_an_explorer_is_the_same(name, without):
    html = EXPLORERS[name][0]().html
    without("matplotlib", "ipywidgets")
    assert EXPLORERS[name][0]().html == html


# What is asked for and makes no sense


@pytest.mark.parametrize("ask", [
    lambda: figures.unrolled(0), lambda: figures.unrolled(11), lambda: figures.unrolled(2.5),
    lambda: figures.unrolled("4"), lambda: figures.unrolled(highlight="W_z"), lambda: figures.unrolled(loss="first"),
    lambda: figures.unrolled(highlight=["W_h"]), lambda: figures.axes_of_x(T=0), lambda: figures.axes_of_x(D=9),
    lambda: figures.row_vectors(H=None), lambda: figures.bag_of_words("", "good"),
    lambda: figures.bag_of_words("good", None), lambda: figures.bag_of_words("go " * 13, "go"),
    lambda: figures.bag_of_words("a" * 17, "go"), lambda: figures.activation_explorer(None, activation_slopes),
    lambda: figures.sigmoid_in_float32(naive, 3), lambda: figures.impulse_explorer("rnn_step"),
    lambda: figures.gradient_explorer(rnn_forward, None), lambda: figures.padding(np.zeros((5, 2, 3)), 2),
    lambda: figures.padding(np.zeros(5), 2), lambda: figures.padding(np.zeros((5, 2)), 6),
    lambda: figures.padding(np.zeros((5, 2)), 0), lambda: figures.v_curve([0.0, 1], {"a": [1, 1]}),
    lambda: figures.v_curve(EPS, {"a": [1, 1]}), lambda: figures.v_curve(EPS, [1, 1]),
    lambda: figures.v_curve(EPS, {}), lambda: figures.losses({"a": []}), lambda: figures.losses([1, 2]),
    lambda: figures.museum({}), lambda: figures.museum({"a": ([1],)}), lambda: figures.museum({"a": ([1], [])}),
    lambda: figures.gradient_flow({"a": [1.0, 2.0]}),
    lambda: figures.learning_curves({"a": History()}), lambda: figures.learning_curves({}),
    lambda: figures.learning_curves({"a": History([1.0, 2.0], [0.1])}),
    lambda: figures.learning_curves({"a": LEARNED["a GRU"]}, {"none": np.nan}),
    lambda: figures.learning_curves({"a": LEARNED["a GRU"]}, {str(k): 1.0 for k in range(11)}),
    lambda: figures.flow_explorer(1), lambda: figures.rate_map((1, 2), (0,), [[1.0]]),
    lambda: figures.cliff([1], [0, 1], [[1.0]], PATHS), lambda: figures.cliff([1], [0], [[1.0]], {"a": [1.0]}),
    lambda: figures.chaos([1, 2], [1, 2], [1, 2], [1]),
    lambda: figures.gradient_flow({}), lambda: figures.routes_explorer(lstm_forward, lstm_backward, 1),
    lambda: figures.losses({str(k): [1.0] for k in range(7)}), lambda: figures.course_map(None),
    lambda: figures.end_of_lesson(14, "x"), lambda: figures.end_of_lesson(3, "x", 5),
])
def test_nonsense_is_a_value_error_that_says_what_was_expected(ask):
    with pytest.raises(ValueError, match=r"was expected|were expected|should be"):
        ask()


# In a notebook


def test_a_notebook_shows_figures_as_images_with_words_and_nothing_on_stderr(tmp_path):
    nbclient, nbformat = pytest.importorskip("nbclient"), pytest.importorskip("nbformat")
    cells = ["from rnnkit import figures, rnn_step", "figures.unrolled()", "e = figures.impulse_explorer(rnn_step)\ne",
             "e.at(radius=1.3)"]
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(source) for source in cells])
    nbclient.NotebookClient(notebook, timeout=120, resources={"metadata": {"path": str(tmp_path)}}).execute()
    outputs = [cell.outputs for cell in notebook.cells]
    assert outputs[0] == []
    (still,), (explorer,), (after,) = outputs[1:]
    assert all(set(shown.data) == {"text/html", "text/plain"} for shown in (still, explorer, after))
    assert "<img" in still.data["text/html"] and "spectral radius 1.3" in after.data["text/plain"]
