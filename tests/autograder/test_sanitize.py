"""What students wrote becomes HTML that does nothing, in a second at most, and a page in a few."""

import base64
import json
import re
import subprocess
import sys
import time
from itertools import islice
from pathlib import Path

import nbformat
import pytest
from bs4 import BeautifulSoup
from nbconvert.exporters import HTMLExporter
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output, new_raw_cell
from slow import mixtures, texts
from traitlets.config import Config

import rnnkit
from autograder.marks import rendering
from autograder.marks.pages import GLIMPSE, SECONDS, TAGS, Page
from autograder.marks.sanitize import LONGEST, RENDERER, Renderer, as_typed, code, markdown, markup
from rnnkit import figures
from rnnkit.figures.svg import Sheet

# The kinds of the OWASP cheat sheet on evading filters of cross-site scripting.
OWASP = Path(__file__).with_name("owasp.txt").read_text().splitlines()
SAFE = {"alt": ".*", "title": ".*", "class": "([a-z0-9-]+ ?)*", "colspan": ".*", "rowspan": ".*", "open": "",
        "start": ".*", "role": "group", "aria-label": ".*", "rel": "noopener noreferrer", "href": "(https?://|mailto:|#).*",
        "src": "data:image/(png|jpeg|gif);base64,.*", "style": "(?!.*(position|-[0-9]|url))[a-z0-9 :;#.-]*"}


def acts(html):
    """All in it that is not known to be harmless."""
    found = []
    for tag in BeautifulSoup(html, "html.parser").find_all(True):
        if tag.name not in rendering.TAGS:
            found.append(tag.name)
        for name, value in tag.attrs.items():
            value = " ".join(value) if isinstance(value, list) else value
            if not re.fullmatch(SAFE.get(name, "(?!)"), value, re.DOTALL):
                found.append(f"{tag.name} {name}={value}")
    return found


@pytest.mark.parametrize("show", [markdown, markup, code])
def test_nothing_of_the_owasp_cheat_sheet_does_anything(show):
    for text in OWASP:
        assert acts(show(text)) == [], text
        assert acts(show(f"a *b* {text} c\n\n- {text}\n\n> `{text}`\n\n| {text} |\n|--|\n| {text} |")) == [], text


def test_all_of_them_at_once_do_nothing_either():
    assert acts(markdown("\n\n".join(OWASP))) == [] and acts(markup("".join(OWASP))) == []


def test_a_tag_of_no_use_is_shown_as_it_was_typed():
    text = "A List<int>, <script>alert(1)</script>, x <y> z, <!-- c --> and $a<b>c$"
    assert BeautifulSoup(markdown(text), "html.parser").get_text() == f"{text}\n"


@pytest.mark.parametrize(("source", "html"), [
    ("*a* **b** ~~c~~ `d`", "<p><em>a</em> <strong>b</strong> <del>c</del> <code>d</code></p>\n"),
    ("$a < b$ and $$c_1 * d_2 * e$$", "<p>$a &lt; b$ and $$c_1 * d_2 * e$$</p>\n"),
    ("\\begin{align}a &= b\\\\c\\end{align}", "<p>\\begin{align}a &amp;= b\\\\c\\end{align}</p>\n"),
    ("[a](https://b.c 'd')", '<p><a href="https://b.c" title="d" rel="noopener noreferrer">a</a></p>\n'),
    ("![a](data:image/png;base64,AAAA)", '<p><img src="data:image/png;base64,AAAA" alt="a"></p>\n'),
    ("<details><summary>a</summary>\n\nb\n\n</details>", "<details><summary>a</summary>\n\n<p>b</p>\n</details>\n\n"),
    ("```perl\n<a>\n```", "<pre><code>&lt;a&gt;\n</code></pre>\n"),
])
def test_prose_formulas_links_pictures_and_hints_look_as_they_should(source, html):
    assert markdown(source) == html


def test_a_table_keeps_its_alignment():
    assert '<td style="text-align:right">2</td>' in markdown("| a |\n|--:|\n| 2 |")


def test_python_is_the_only_language_with_colors():
    for made in (markdown("```python\ndef a(): pass\n```"), code("def a(): pass")):
        assert '<span class="k">def</span>' in made
    for language in ("perl", "adl", "html", "javascript", "mermaid", "ng2", "", "no-such"):
        assert "<span" not in markdown(f"```{language}\ndef a(): pass\n```")
    assert '<span class="c' not in code("%%perl\n# s{a}{b}")[:60]


# Time

def cost(work):
    """Seconds of processor time, here and in the process that renders."""
    before = RENDERER.spent + time.process_time()
    made = work()
    return RENDERER.spent + time.process_time() - before, made


SLOWEST = [
    r"'\\\\[' again and again", r"'\\begin{a}' on each line", "'<ul><li>' again and again", "adl ' '",
    "'*' on each line", "'[' on each line", "python \"f'{\"", "open <b> and then </p>x<p>", "many attributes",
    "'> ' nested on one line", "'<table><tr><td>' again and again", "'$' again and again"]


@pytest.mark.parametrize("name", SLOWEST)
def test_the_slowest_texts_take_a_second_at_most(name):
    seconds, made = cost(lambda: markdown(dict(texts())[name]))
    assert seconds < rendering.SECONDS + 0.5 and acts(made) == []


def test_random_mixtures_take_a_second_at_most():
    for name, text in islice(mixtures(seed=2), 10):
        seconds, made = cost(lambda text=text: markdown(text))
        assert seconds < rendering.SECONDS + 0.5 and acts(made) == [], name


@pytest.mark.parametrize("text", [
    "<div>" * 9000, "*" * LONGEST, "[" * LONGEST, "> " * 9000 + "a", "<b>" * 9000, "a" * (LONGEST + 1), "\ud800",
    "a\0b\x1b[1m"])
@pytest.mark.parametrize("show", [markdown, markup, code])
def test_a_text_of_any_depth_and_length_is_shown(show, text):
    assert acts(show(text)) == [] and show(text).encode()


def test_what_takes_too_long_is_shown_as_it_was_typed(monkeypatch):
    def forever(text):
        while True:
            re.fullmatch("(a|aa)+b", "a" * 60)

    html, seconds = rendering.apart(forever, "")
    assert html is None and seconds < rendering.SECONDS + 0.5
    assert rendering.apart(lambda text: "x" * (2 * rendering.MEMORY), "")[0] is None
    assert rendering.apart(lambda text: text * 2, "é")[0] == "éé"


def test_large_and_deep_html_is_refused():
    for html in ("<b>" * rendering.DEEPEST + "<b>", "<br>" * (rendering.MOST_TAGS + 1), "x" * (rendering.LONGEST + 1)):
        with pytest.raises(rendering.TooMuch):
            rendering.output(html)
    assert rendering.output("<p>a</p>" * 100) == "<p>a</p>" * 100


def test_a_renderer_that_dies_is_started_anew_and_one_that_cannot_start_shows_texts_as_typed(monkeypatch):
    renderer = Renderer()
    assert renderer.render("markdown", "*a*") == "<p><em>a</em></p>\n"
    renderer._process.kill()
    assert renderer.render("markdown", "*b*") == "<p><em>b</em></p>\n"
    renderer.close()
    monkeypatch.setattr(sys, "executable", "no-such-python")
    assert renderer.render("markdown", "*c*") is None


def test_no_process_stays_behind():
    script = "from autograder.marks import sanitize as s; s.markdown('a'); print(s.RENDERER._process.pid)"
    told = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert subprocess.run(["ps", "-p", told.stdout.strip()], capture_output=True).returncode == 1


# Pages

def page(*cells, **settings):
    config = Config({"HTMLExporter": {"preprocessors": ["autograder.marks.pages.Harmless"], "template_name": "classic",
                                      "default_preprocessors": []} | settings})
    notebook = nbformat.reads(json.dumps(new_notebook(cells=list(cells))), as_version=4)
    return HTMLExporter(config=config).from_notebook_node(notebook)[0]


@pytest.mark.sampled(4)
@pytest.mark.parametrize("text", ["slow", "slow code", "tags", "long", "entities", "printed", "raw", "links"])
def test_a_page_of_a_hundred_such_cells_is_made_in_seconds(text):
    slow = dict(texts())[SLOWEST[0]]
    cells = {"slow": lambda n: new_markdown_cell(f"{n}{slow}"[:LONGEST]),
             "slow code": lambda n: new_code_cell(f"f'{{ {n}" * 7000),
             "tags": lambda n: new_markdown_cell(f"{n}" + "<b>x</b>" * 4000),
             "long": lambda n: new_code_cell("a + " * 12_000 + f"{n}"),
             "entities": lambda n: new_markdown_cell(f"{n}" + "<&" * 24_000),
             "printed": lambda n: new_code_cell("1", outputs=[new_output("stream", text="<&" * 10_000)]),
             "raw": lambda n: new_raw_cell(f"{n}" + "<b>x</b>" * 6000),
             "links": lambda n: new_markdown_cell(f"{n}" + "[" * (LONGEST - 9))}[text]
    seconds, made = cost(lambda: page(*map(cells, range(100)), new_markdown_cell("The *last* one.")))
    assert seconds < SECONDS + 12, "and a plain page takes about half a second"
    assert len(made) < 9_000_000 and "last" in made


def test_cells_for_which_there_is_no_room_are_shown_in_part():
    room = Page()
    assert all("<b>" in room.output(f"{n}" + "<b>x</b>" * 2000) for n in range(TAGS // 4000))
    html = "again" + "<b>x</b>" * 2000
    assert room.output(html) == as_typed(html)
    room.characters = 0
    assert room.output(html) == as_typed(f"{html[:GLIMPSE]}\n... no more room on this page: "
                                         f"{len(html) - GLIMPSE} more characters")


def test_a_page_that_has_used_up_its_time_shows_what_is_known_and_the_rest_as_typed():
    markdown("*known before*")
    late = Page()
    late.seconds = 0
    assert "<em>known before</em>" in late.markdown("*known before*")
    assert late.markdown("*never seen*") == as_typed("*never seen*")


@pytest.mark.parametrize("settings", [
    {}, {"sanitize_html": False}, {"filters": {"markdown2html": "autograder.sanitize.markdown"}},
    {"filters": {"clean_html": "autograder.marks.sanitize.markup"}}])
def test_older_settings_beside_it_change_nothing(settings):
    html = "".join(OWASP)
    known = page(new_markdown_cell("a"))
    kinds = ("text/html", "text/markdown", "text/latex", "text/plain", "application/javascript")
    outputs = [new_output("stream", text=html), *(new_output("display_data", {kind: html}) for kind in kinds)]
    made = page(new_markdown_cell(html), new_raw_cell(html), new_code_cell(html, outputs=outputs), **settings)
    known, made = (BeautifulSoup(each, "html.parser").find_all(True) for each in (known, made))
    assert {tag.name for tag in made} <= rendering.TAGS | {tag.name for tag in known}
    assert [name for tag in made for name in tag.attrs if name.startswith("on")] == []
    assert sum(tag.name == "script" for tag in made) == sum(tag.name == "script" for tag in known) > 0


# A figure that moves


def figure():
    return figures.gru_explorer(rnnkit.gru_step)._repr_mimebundle_()["text/html"]


def test_of_a_figure_that_moves_the_first_frame_is_left_with_its_words():
    made = markup(figure())
    image = re.search(r'src="data:image/svg\+xml;base64,([^"]+)"', made)[1]
    assert base64.b64decode(image).startswith(b"<svg") and "Step 7 reads" in made
    assert "Here the picture stands still" in made and "script" not in made and "data =>" not in made


@pytest.mark.parametrize("inside", [
    "<script>alert(1)</script>", "<use href='#a'/>", "<image href='http://x/y'/>", "<foreignObject/>", "<animate/>",
    "<style>@import 'x'</style>", "<rect fill='url (#a)'/>", "<rect style='fill: u\\72l(x)'/>", "<SCRIPT/>",
    "<!-- a -->", "<?xml-stylesheet href='x'?>", "<a href='javascript:alert(1)'><text>a</text></a>", "< script>",
])
def test_no_other_image_in_svg_gets_through(inside):
    def shown(svg):
        return markup(f'<img alt="a" src="data:image/svg+xml;base64,{base64.b64encode(svg.encode()).decode()}">')

    sheet = str(Sheet(80, 60))
    assert "src" in shown(sheet)
    assert "src" not in shown(sheet.replace("</svg>", f"{inside}</svg>")) and "src" not in shown(f"<svg>{inside}</svg>")
    assert "src" not in shown(f"<!DOCTYPE svg [<!ENTITY a 'a'>]>{sheet}")


def test_a_script_that_moves_no_figure_is_shown_as_it_was_typed():
    assert "&lt;script&gt;" in markup("<p>a</p><script>alert(1)</script>")
