"""How a mistake that was recognized is called, and what is said about it."""


def named(exercise, mistakes):
    """The ids of the mistakes, a sentence or more on each, and what they were recognized by."""
    ids = [mistake.change.name(exercise) for mistake in mistakes]
    by = " and ".join(_kind(exercise, mistake.change) for mistake in mistakes) + " at once" * (len(mistakes) > 1)
    by = by.replace("a known mistake and a known mistake", "two known mistakes")
    if besides := mistakes[0].besides:
        outputs, others = " and ".join(mistakes[0].outputs), " and ".join(besides)
        are = "are" if len(besides) > 1 else "is"
        return (ids, [_of(outputs, mistakes[0].change),
                      f"Besides, {others} {are} wrong in a way that has no name here."],
                f"{outputs}: exactly the numbers of {by}.")
    if len(mistakes) == 1 or not any(mistake.outputs for mistake in mistakes):
        hints = [f"{'And, at once: ' * (k > 0)}{_hint(mistake.change)}" for k, mistake in enumerate(mistakes)]
    else:
        mistakes = sorted(mistakes, key=lambda mistake: -len(mistake.outputs))
        hints = [_of(", ".join(mistake.outputs) or "Together with it", mistake.change) for mistake in mistakes]
    return ids, hints, f"These are exactly the numbers of {by}."


def _kind(exercise, change):
    where = "" if change.where is exercise else f" in what {change.where.name} does"
    return f"a known mistake{where}" if change.known else f"one slip{where}"


def _of(outputs, change):
    """A hint, and before it the outputs that it is about, unless it begins with them."""
    return hint if (hint := _hint(change)).startswith(f"{outputs} ") else f"{outputs}: {hint}"


def _hint(change):
    return change.edit.hint if change.known else f"One slip: {change.edit}."
