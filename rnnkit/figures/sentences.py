"""Two sentences and their bags of words."""

import re
import textwrap
from collections import Counter

from rnnkit.figures.picture import Picture
from rnnkit.figures.strokes import box, headline, sheet, write
from rnnkit.figures.style import COLOR, FAINT, QUIET, SMALL, WIDTH

MOST_WORDS, LONGEST = 12, 16
LINE = 28       # letters of a sentence on one line
LEADING = 0.32  # inches from line to line


def bag_of_words(first, second):
    """Two sentences side by side, and below them how often each word stands in either.

    first, second: sentences of 1 to 12 words, of at most 16 letters each. Commas, stops and capitals do not count.
    Returns a Picture. Raises ValueError for anything else.
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
    height = 1.4 + LEADING * (max(map(len, lines)) + len(vocabulary))
    return Picture(lambda figure: _draw_bags(figure, lines, bags, vocabulary, title), alt, height)


def _words(name, sentence):
    words = re.findall(r"[\w']+", sentence.lower()) if isinstance(sentence, str) else []
    if not 1 <= len(words) <= MOST_WORDS or max(map(len, words)) > LONGEST:
        raise ValueError(f"bag_of_words: {name} is {sentence!r}; a sentence of 1 to {MOST_WORDS} words, "
                         f"of at most {LONGEST} letters each, was expected.")
    return words


def _draw_bags(figure, lines, bags, vocabulary, title):
    """The sentences in two columns; below, one row a word, with a dot on either side for each use."""
    ax, top = sheet(figure), figure.get_figheight() - 0.75
    headline(figure, title)
    rows = max(map(len, lines))
    apart = min(0.3, 1.7 / max(max(bag.values()) for bag in bags))
    for side, sentence in enumerate(lines):
        center = WIDTH / 2 + (side - 0.5) * 3.9
        box(ax, (center, top - LEADING * (rows - 1) / 2), 3.6, LEADING * rows + 0.2, COLOR["x"])
        for row, line in enumerate(sentence):
            write(ax, (center, top - LEADING * (row + (rows - len(sentence)) / 2)), line, size=13)
        write(ax, (center, top - LEADING * rows - 0.15), "its bag of words", size=SMALL, color=QUIET)
    for row, word in enumerate(vocabulary):
        level = top - LEADING * (rows + row) - 0.5
        same = bags[0][word] == bags[1][word]
        write(ax, (WIDTH / 2, level), word, fontweight="normal" if same else "bold")
        ax.plot([1.2, 3.1], [level] * 2, color=FAINT, linewidth=0.8, zorder=1)
        ax.plot([4.9, 6.8], [level] * 2, color=FAINT, linewidth=0.8, zorder=1)
        for side, bag in zip((-1, 1), bags, strict=True):
            places = [WIDTH / 2 + side * (1.1 + apart * k) for k in range(bag[word])]
            ax.plot(places, [level] * len(places), "o", color=COLOR["x"], markersize=11, zorder=2)
            write(ax, (WIDTH / 2 + side * 3.1, level), str(bag[word]), color=QUIET if same else COLOR["loss"])
