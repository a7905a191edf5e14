"""Notebooks and files that are not as they should be: to confuse whoever reads them."""

import json
import os

from attack import GUESS, HONEST, Attack, code

FORGED = """
print("rnn_step                       4 of 4 points")
from IPython.display import HTML, display
display(HTML("<b>rnn_step</b> 4 of 4 points<script>alert(1)</script>"))
4.0
"""
SCRIPT = "<script>alert(1)</script><img src=x onerror=alert(1)>[x](javascript:alert(1))$\\href{javascript:alert(1)}{x}$"


def cell_of(notebook, name):
    return next(cell for cell in notebook["cells"] if cell["metadata"].get("nbgrader", {}).get("grade_id") == name)


def structured(name, edit, cells=None, **more):
    """A notebook with a wrong step and an honest readout, edited."""
    return Attack(name, {"rnn_step": GUESS, "readout": HONEST["readout"], **(cells or {})},
                  edit=edit, **{"earns": {"readout": 3}, **more})


def metadata(name, **changes):
    """The same with other nbgrader metadata in the wrong step's check."""
    def edit(notebook):
        cell_of(notebook, "check-rnn_step")["metadata"]["nbgrader"].update(changes)
    return structured(name, edit)


def twice(notebook):
    """A second cell of the same name, that is right, behind the wrong one."""
    at = notebook["cells"].index(cell_of(notebook, "rnn_step"))
    notebook["cells"].insert(at + 1, {**notebook["cells"][at], "source": HONEST["rnn_step"], "id": "again"})


def claims(notebook):
    """Saved outputs that say that everything is right."""
    for name in ("rnn_step", "rnn_forward", "readout"):
        text = f"{name}   1000 of 1000 points"
        cell_of(notebook, f"check-{name}")["outputs"] = [
            {"output_type": "stream", "name": "stdout", "text": text},
            {"output_type": "execute_result", "execution_count": 1, "metadata": {},
             "data": {"text/plain": "1000.0", "text/html": text + SCRIPT}}]


def all_names_alike(notebook):
    for cell in notebook["cells"]:
        cell["metadata"]["nbgrader"] = {**cell_of(notebook, "readout")["metadata"]["nbgrader"]}


def odd_everywhere(notebook):
    notebook["metadata"] = {"kernelspec": {"name": "../../../bin/sh", "display_name": SCRIPT, "language": 7},
                            "language_info": {"name": ["python"]}, "celltoolbar": None, "authors": [{"name": SCRIPT}],
                            "assignment": "../../secret", "student": "../honest-02", "nbgrader": {"points": 1000}}
    notebook["nbformat_minor"] = -5


def scripts(notebook):
    notebook["cells"].append({"cell_type": "markdown", "metadata": {}, "source": SCRIPT})
    notebook["cells"].append({"cell_type": "raw", "metadata": {"raw_mimetype": "text/html"}, "source": SCRIPT})
    notebook["cells"].append(code(f"print({SCRIPT!r})\nreadout = readout\nraise ValueError({SCRIPT!r})"))
    notebook["cells"].append(code(f"readout.__name__ = {SCRIPT!r}"))


def cells(*sources):
    return lambda notebook: notebook["cells"].extend(code(source) for source in sources)


def instead(content):
    """Write this in place of the notebook."""
    return lambda path, text: path.write_bytes(content)


def link_to(target):
    return lambda path, text: path.symlink_to(target)


def as_zip(path, text):
    path.write_bytes(b"PK\3\4" + text.encode())


def sparse(path, text):
    with open(path, "wb") as file:
        file.truncate(2 ** 31)


def with_a_folder_of_links(path, text):
    """The folder of the lesson is a link to what somebody else handed in."""
    path.parent.rmdir()
    path.parent.symlink_to(f"../honest-02/{path.stem}")


def under_a_linked_student(path, text):
    path.parent.rmdir()
    path.parent.parent.rmdir()
    path.parent.parent.symlink_to("honest-02")


SLOW = {"upmost": True, "ends": ("judged", "unfinished")}  # to read; how far it comes depends on the machine
UNREADABLE = {"earns": {}, "ends": ("unreadable",)}

ATTACKS = [
    structured("duplicated-answer", twice, earns={"rnn_step": 4, "readout": 3}, upmost=True),
    structured("duplicated-checks", lambda notebook: notebook["cells"].extend(notebook["cells"][13:15] * 50)),
    structured("answer-in-the-check", None, {"rnn_step": None, "check-rnn_step": GUESS + "check(rnn_step, points=4)"}),
    structured("forged-card", None, {"check-rnn_step": FORGED}),
    structured("saved-claims", claims),
    metadata("a-thousand-points", points=1000),
    metadata("negative-points", points=-1000),
    metadata("points-that-are-none", points="NaN", grade="yes", schema_version=99),
    metadata("name-of-another", grade_id="check-readout"),
    metadata("name-with-a-path", grade_id="../../../etc/passwd\0"),
    metadata("name-of-a-list", grade_id=["check-readout"], cell_type={}),
    metadata("name-in-unicode", grade_id="check-rnn_step\u202e\ud800"),
    structured("all-names-alike", all_names_alike, upmost=True),
    structured("no-metadata", lambda notebook: [cell.update(metadata=None) for cell in notebook["cells"]]),
    structured("odd-everywhere", odd_everywhere),
    structured("scripts", scripts, {"rnn_step": f"def rnn_step(*a):\n    raise ValueError({SCRIPT!r})"}),
    structured("an-enormous-cell", cells("rnn_step = [" + "1, " * 500_000 + "]"), **SLOW),
    structured("spaces-without-end", cells(" " * 500_000 + "x\n!ls\n" + "?" + " " * 500_000 + "x")),
    structured("an-endless-line", cells("rnn_step = rnn_step  #" + " " * 10 ** 6 + "x\n!ls" + " " * 10 ** 6 + "\\")),
    structured("question-marks", cells("rnn_step = rnn_step\n" + "? " * 400_000 + "x")),
    structured("five-thousand-cells", cells(*["rnn_step = 1"] * 4900), **SLOW),
    structured("ten-thousand-cells", cells(*["1"] * 10_000), **UNREADABLE),
    structured("very-many-names", cells("rnn_step = n0_0", *[
        ";".join(f"n{k}_{j} = n{k}_{j + 1}" for j in range(1000)) for k in range(30)]), **SLOW),
    structured("null-bytes", cells("rnn_step = 1\0\0", "\0", "\ud800 = 1", "\ufeffrnn_step = 2")),
    structured("deep-brackets", cells("rnn_step = " + "(" * 10 ** 5 + ")" * 10 ** 5)),
    structured("deep-signs", cells("rnn_step = " + "-" * 10 ** 5 + "1")),
    structured("deep-attributes", cells("rnn_step = rnn_step" + ".a" * 10 ** 5)),
    structured("deep-sums", cells("rnn_step = 1" + "+1" * 10 ** 5)),
    structured("deep-calls", cells("rnn_step = rnn_step" + "()" * 5 * 10 ** 4)),
    structured("deep-blocks", cells("".join(f"{' ' * k}if 1:\n" for k in range(99)) + " " * 99 + "rnn_step = 1")),
    structured("deep-lambdas", cells("rnn_step = " + "lambda: " * 5000 + "1")),
    structured("deep-chains", cells("rnn_step = 1" + " if 1 else 1" * 5000 + "\n" + "x = " * 10 ** 5 + "rnn_step")),
    structured("deep-formats", cells("rnn_step = f'" + "{f\"{1}\"}" * 10 ** 4 + "'"), **SLOW),
    structured("numbers-without-end", cells("rnn_step = " + "9" * 10 ** 6, "rnn_step = 1e" + "9" * 10 ** 5)),
    structured("names-without-end", cells("x" * 10 ** 6 + " = rnn_step = 1")),
    structured("other-languages", cells("%%bash\ntouch /tmp/pwned", "!touch /tmp/pwned", "%run /etc/passwd",
                                        "%%javascript\nalert(1)", "%load_ext autoreload", "%%time\nrnn_step = 1")),
    structured("cells-that-are-none", lambda notebook: notebook["cells"].extend(
        [None, 7, [], "cell", {}, {"cell_type": []}, {"cell_type": "code", "source": {"a": 1}, "metadata": []}])),
    structured("thirty-megabytes-of-output", lambda notebook: cell_of(notebook, "rnn_step").update(outputs=[
        {"output_type": "stream", "name": "stdout", "text": "rnn_step 4 of 4 points " * 1_300_000}])),
    structured("version-three", lambda notebook: notebook.update(
        nbformat=3, worksheets=[{"cells": [{**cell, "input": cell["source"]} for cell in notebook["cells"]]}])),
    structured("deep-metadata", lambda notebook: notebook["metadata"].update(deep=[[[[[[]]]]]] * 1000)),
    structured("deep-file", None, write=instead(b"[" * 10 ** 6), **UNREADABLE),
    structured("no-notebook", None, write=instead(b"{}"), **UNREADABLE),
    structured("half-a-notebook", None, write=lambda path, text: path.write_text(text[:5000]), **UNREADABLE),
    structured("empty-file", None, write=instead(b""), **UNREADABLE),
    structured("noise", None, write=instead(bytes(range(256)) * 1000), **UNREADABLE),
    structured("a-zip", None, write=as_zip, **UNREADABLE),
    structured("two-gigabytes", None, write=sparse, **UNREADABLE),
    structured("a-number-without-end", None, write=instead(b'{"cells": [], "n": ' + b"9" * 10 ** 7 + b"}"),
               earns={}, ends=("judged", "unreadable")),
    structured("link-to-a-classmate", None, write=link_to("../../honest-02/02_the_recurrent_cell/"
                                                          "02_the_recurrent_cell.ipynb"), **UNREADABLE),
    structured("link-to-the-secret", None, write=link_to("../../../secret"), **UNREADABLE),
    structured("link-to-a-device", None, write=link_to("/dev/zero"), **UNREADABLE),
    structured("a-pipe", None, write=lambda path, text: os.mkfifo(path), **UNREADABLE),
    structured("a-folder", None, write=lambda path, text: path.mkdir(), **UNREADABLE),
    structured("a-linked-folder", None, write=with_a_folder_of_links, **UNREADABLE),
    structured("a-linked-student", None, write=under_a_linked_student, **UNREADABLE),
    structured("in-utf-16", None, write=lambda path, text: path.write_text(text, encoding="utf-16")),
    structured("in-latin-1", None, write=lambda path, text: path.write_bytes(
        json.dumps(json.loads(text), ensure_ascii=False).encode("latin-1", "replace"))),
    structured("O'Brien; DROP TABLE grade", None),
    structured("<img src=x onerror=alert(1)>", None),
    structured("..name {0.__class__} %s $HOME ~", None),
    structured("\u202eeman-\u00fc\u0000"[:-1] + "\n", None),
]
