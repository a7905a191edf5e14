"""Two sentences and their bags of words."""

import re
import textwrap
from collections import Counter

from rnnkit.figures.diagram import Diagram
from rnnkit.figures.picture import Drawing
from rnnkit.figures.style import COLOR, FAINT, INK, QUIET, tint

MOST_WORDS, LONGEST = 12, 16
LINE = 28                # letters of a sentence on one line
LEADING, TILE = 24, 40   # px: from line to line, and from tile to tile
SIDES, ACROSS = (200, 600), 330


def bag_of_words(first, second):
    """Two sentences side by side, and below them two bags with a tile for every word, in the same place in both.

    first, second: sentences of 1 to 12 words, of at most 16 letters each. Commas, stops and capitals do not count.
    Returns a Drawing. Raises ValueError for anything else.
    """
    words = [_words(name, sentence) for name, sentence in [("first", first), ("second", second)]]
    bags = [Counter(sentence) for sentence in words]
    vocabulary = list(dict.fromkeys(words[0] + words[1]))
    differ = [word for word in vocabulary if bags[0][word] != bags[1][word]]
    title = (f"The bags differ in {', '.join(differ)}" if differ else
             "The bags are the same" + (", the sentences are not" if words[0] != words[1] else ""))
    counts = "; ".join(f"{word} {bags[0][word]} and {bags[1][word]}" for word in vocabulary)
    alt = (f'Two sentences, "{first.strip()}" and "{second.strip()}", and how often each word stands in the '
           f"first and in the second: {counts}. {title}.")
    lines = [textwrap.wrap(sentence, LINE) for sentence in (first, second)]
    return Drawing(_drawn(lines, bags, _places(bags, vocabulary), textwrap.shorten(title, 72, placeholder=" ...")), alt)


def _words(name, sentence):
    words = re.findall(r"[\w']+", sentence.lower()) if isinstance(sentence, str) else []
    if not 1 <= len(words) <= MOST_WORDS or max(map(len, words)) > LONGEST:
        raise ValueError(f"bag_of_words: {name} is {sentence!r}; a sentence of 1 to {MOST_WORDS} words, "
                         f"of at most {LONGEST} letters each, was expected.")
    return words


def _places(bags, vocabulary):
    """A place for every word as often as the fuller bag has it: (word, use, row, left edge, width)."""
    places, row, left = [], 0, 0
    for word in vocabulary:
        for use in range(max(bag[word] for bag in bags)):
            width = 9.5 * len(word) + 24
            if left and left + width > ACROSS:
                row, left = row + 1, 0
            places.append((word, use, row, left, width))
            left += width + 8
    return places


def _drawn(lines, bags, places, title):
    rows, high = max(map(len, lines)), places[-1][2] + 1
    wide = max(left + width for *_, left, width in places)
    top = 62 + LEADING * rows + 66                      # of the bags
    sheet = Diagram(top + TILE * high + 46, title)
    for center, sentence, bag in zip(SIDES, lines, bags, strict=True):
        for row, line in enumerate(sentence):
            sheet.write((center, 62 + LEADING * (row + (rows - len(sentence)) / 2)), line, 19)
        _draw_bag(sheet, center, top, TILE * high, wide / 2 + 16)
        sheet.way([(center, 54 + LEADING * rows), (center, top - 20)], QUIET, 2, arrow=True)
        for word, use, row, left, width in places:
            at = center - wide / 2 + left + width / 2, top + TILE * (row + 0.5)
            _draw_tile(sheet, word, use < bag[word], at, width, bags[0][word] == bags[1][word])
    sheet.write((400, top + TILE * high / 2), "=" if bags[0] == bags[1] else "\N{NOT EQUAL TO}", 34, bold=True)
    sheet.aside((400, top + TILE * high + 28), "order is lost")
    return str(sheet)


def _draw_bag(sheet, center, top, high, half):
    """A sack, open at its top."""
    sheet.way([(center - 34, top - 26), (center - 24, top - 12), (center - half, top + 2),
                (center - half, top + high + 18), (center + half, top + high + 18), (center + half, top + 2),
                (center + 24, top - 12), (center + 34, top - 26)], INK, 2.5)


def _draw_tile(sheet, word, there, at, width, same):
    """A word, or the place that it leaves empty."""
    if there:
        sheet.box(at, width, TILE - 8, tint(COLOR["x"]), COLOR["x"] if same else INK, 2 if same else 3, 6)
        sheet.write(at, word, 16, bold=not same)
    else:
        sheet.box(at, width, TILE - 8, "white", FAINT, 1.5, 6)
