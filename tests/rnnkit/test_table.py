"""Tables of results: numbers at the right, powers of ten as people write them, the same cells as text."""

import numpy as np
import pytest

from rnnkit import figures


def test_a_table_has_its_caption_its_headings_and_powers_of_ten():
    shown = figures.table("What is <left>", {"radius": "", "left": ".1e", "kind": ""},
                          [(0.5, np.float64(2e-18), "it <dies>"), (-1, 1e3, None)])
    assert "<caption" in shown.html and "What is &lt;left&gt;" in shown.html and "it &lt;dies&gt;" in shown.html
    assert "2.0\xa0×\xa010<sup>−18</sup>" in shown.html and ">−1<" in shown.html
    assert shown.html.count("text-align: right") >= 4
    assert repr(shown).splitlines() == ["What is <left>", "radius      left   kind", "   0.5   2.0e-18   it <dies>",
                                        "    -1   1.0e+03   -"]


def test_a_power_alone_has_no_factor():
    assert figures.table("", {"a": ".0e"}, [(1e-5,)]).html.count("10<sup>−5</sup>") == 1
    assert ">3.0<" in figures.table("", {"a": ".1e"}, [(3,)]).html
    assert "×" not in figures.table("", {"a": ".0e"}, [(1e-5,)]).html


@pytest.mark.parametrize(("columns", "rows"), [({}, [[]]), (["a"], [[1]]), ({"a": ""}, []), ({"a": ""}, [[1, 2]])])
def test_rows_that_do_not_fit_are_refused(columns, rows):
    with pytest.raises(ValueError, match="expected"):
        figures.table("", columns, rows)
