"""Makes train.txt.xz and validation.txt.xz, the text of `rnnkit.tasks.python_source`, of Python's standard library.

    python3.11 rnnkit/tasks/python_source/make.py

Taken are the modules at the library's top level of between 4 and 60 kB, but for those that are made by a machine or
bear another license beside Python's own. Whole modules are held out for validation, none of them a cousin of one that
is trained on. Cleaned means: ASCII only (a line with another character is left out), tabs as spaces, no form feeds, and
no spaces at the end of a line. What comes out differs a little with Python's patch version; README.md names ours.
"""

import lzma
import os
from pathlib import Path

LIBRARY = Path(os.__file__).parent
SMALLEST, LARGEST = 4_000, 60_000
VALIDATION = ("cmd", "csv", "fileinput", "fractions", "netrc", "queue", "tempfile", "textwrap")


def modules():
    """The chosen modules' names and texts, in the order of their names."""
    for path in sorted(LIBRARY.glob("*.py")):
        text = path.read_text(encoding="utf-8")
        made = path.stem.startswith("_sysconfigdata")
        if SMALLEST <= len(text) <= LARGEST and not made and "Apache License" not in text:
            yield path.stem, clean(text)


def clean(text):
    lines = [line.rstrip() for line in text.replace("\f", "").expandtabs(4).splitlines()]
    return "\n".join(line for line in lines if line.isascii() and (line.isprintable() or not line)).strip("\n") + "\n\n"


def main():
    texts = dict(modules())
    parts = {"train": [name for name in texts if name not in VALIDATION], "validation": VALIDATION}
    for part, names in parts.items():
        text = "".join(texts[name] for name in names).encode("ascii")
        packed = lzma.compress(text, preset=9 | lzma.PRESET_EXTREME)
        Path(__file__).with_name(f"{part}.txt.xz").write_bytes(packed)
        print(f"{part}: {len(names)} modules, {len(text)} characters, {len(packed)} bytes\n{' '.join(names)}\n")


if __name__ == "__main__":
    main()
