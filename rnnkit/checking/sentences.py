"""How a mistake that was recognized is called, and what is said about it."""


def named(exercise, mistakes):
    """The ids of the mistakes, and a sentence or more on each."""
    ids = [mistake.change.name(exercise) for mistake in mistakes]
    if len(mistakes) == 1 or not any(mistake.outputs for mistake in mistakes):
        opening = "These are exactly the numbers of "
        return ids, [f"{opening if k == 0 or len(mistakes) == 1 else 'And, at once, of '}"
                     f"{_kind(exercise, m.change)} {_hint(m.change)}" for k, m in enumerate(mistakes)]
    mistakes = sorted(mistakes, key=lambda mistake: -len(mistake.outputs))
    return ids, [f"{', '.join(m.outputs)}: exactly the numbers of {_kind(exercise, m.change)} {_hint(m.change)}"
                 if m.outputs else f"Together with it there is {_kind(exercise, m.change)} {_hint(m.change)}"
                 for m in mistakes]


def _kind(exercise, change):
    where = "" if change.where is exercise else f" in what {change.where.name} does"
    return f"a known mistake{where}." if change.known else f"one slip{where}:"


def _hint(change):
    return change.edit.hint if change.known else f"{change.edit}."
