"""Texts that are slow to render: every construct of Markdown and HTML, repeated, nested and mixed up to the limit.

`python tests/autograder/slow.py [SEED]` renders them all, and random mixtures, and prints those that took longest.
"""

import itertools
import random
import sys
import time
from collections.abc import Iterator

from autograder.marks.sanitize import LONGEST, RENDERER, markdown

PIECES = [
    "a", " ", "\n", "\t", "\\", "#", "> ", ">", "- ", "* ", "1. ", "  ", "*", "**", "_", "__", "***", "~~", "`",
    "``", "[", "]", "![", "](", "[a](", "[a]: b\n", "[a]", "[^1]", "(", ")", "<", ">", "</", "<a", "<!--", "-->",
    "<?", "<![CDATA[", "&", "&amp;", "&#", "$", "$$", "\\(", "\\\\(", "\\[", "\\\\[", "\\begin{a}", "\\end{a}", "|",
    "|-", "|\n", "|a|b|\n|-|-|\n", "---\n", "===\n", "```\n", "~~~\n", "```python\n", "a\n: b\n", "http://a",
    "www.a.", "a@b.", "<http://a>", "\r", "é", "\u200b", "\u202e", "(((", "f'{", '"""', "'''", "0x", "1e",
    "%%perl\n", "{", "lambda ", "@",
]
TAGS = [
    "<ul><li>", "<b><i><u><s><a>", "<div>", "<table><tr><td>", "<b>", "<p>", "<a href=#>", "<details><summary>",
    "<dl><dt>", "<h1>", "<pre>", "<b title='", "<b title=1 title=2 ", "<img alt=1>", "<br>", "<li>", "<td>", "</p>",
    "</b>", "<blockquote>", "<span style='color:red;'>", "<span class='a b c '>", "<script>", "<svg>", "<math>",
    "<select>",
]
LANGUAGES = {"adl": " ", "basemake": "a", "autoit": " ", "ng2": "(", "python": "f'{", "perl": "s{", "html": "<"}


def texts() -> Iterator[tuple[str, str]]:
    """What each is, and the text."""
    def filled(text: str) -> str:
        return (text * (LONGEST // len(text) + 1))[:LONGEST]

    for piece in (*PIECES, *TAGS):
        yield f"{piece!r} again and again", filled(piece)
        yield f"{piece!r} on each line", filled(piece.rstrip("\n") + "\n")
        yield f"{piece!r} in each paragraph", filled(piece.rstrip("\n") + " a\n\n")
    for one, other in itertools.permutations(PIECES[8:40:2] + TAGS[:3], 2):
        half = LONGEST // 2
        yield f"{one!r} and then {other!r}", filled(one)[:half] + filled(other)[:half]
    for deep in ("> ", "- ", "1. ", "* > "):
        yield f"{deep!r} nested on one line", filled(deep)
        yield f"{deep!r} nested by indentation", "\n".join(" " * 2 * depth + deep for depth in range(300))[:LONGEST]
    for language, piece in LANGUAGES.items():
        yield f"{language} {piece!r}", f"```{language}\n{filled(piece)[:45_000]}x\n```"
    formats = "".join(f"<b title={number}>" for number in range(1500))
    yield "open <b> and then <p>", (formats + "<p>" * LONGEST)[:LONGEST]
    yield "open <b> and then </p>x<p>", (f"<p>{formats}" + "</p>x<p>" * LONGEST)[:LONGEST]
    yield "open <b> and then <table>", (formats + "<table><td>x" * LONGEST)[:LONGEST]
    yield "many attributes", f"<b {' '.join(f'a{number}=1' for number in range(6000))}>"[:LONGEST]
    yield "one long word in a table", "|a|\n|-|\n|" + "a" * (LONGEST - 20) + "|"
    yield "many references", "".join(f"[{number}]: a\n[{number}] " for number in range(3000))[:LONGEST]
    yield "a wide table", ("|a" * 5000 + "|\n" + "|-" * 5000 + "|\n" + "|b" * 5000)[:LONGEST]


def mixtures(seed: int) -> Iterator[tuple[str, str]]:
    """Without end: a few pieces in random order, again and again."""
    draw = random.Random(seed)
    while True:
        chosen = draw.choices(PIECES + TAGS, k=draw.randint(2, 5))
        text = "".join(piece * draw.choice((1, 1, 1, 3, 20)) for piece in chosen)
        yield " ".join(map(repr, chosen)), (text * (LONGEST // len(text) + 1))[:LONGEST]


def main(seed: int, mixed: int = 1000) -> None:
    took = []
    for name, text in itertools.chain(texts(), itertools.islice(mixtures(seed), mixed)):
        before, own = RENDERER.spent, time.process_time()
        made = markdown(text)
        seconds = RENDERER.spent - before + time.process_time() - own
        took.append((seconds, "as typed" if made.startswith("<pre>") else "rendered", len(made), name))
    typed = sum(how == "as typed" for _, how, *_ in took)
    print(f"{len(took)} texts, {typed} of them shown as they were typed. The slowest:")
    for seconds, how, size, name in sorted(took, reverse=True)[:25]:
        print(f"{seconds:6.2f} s  {how}  {size:9,} characters  {name}")


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
