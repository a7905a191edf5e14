"""Do the checks name the mistake, and never a wrong one? Every answer here is wrong in a way that is known.

    make diagnose           (all of them)
    python tests/diagnose.py --quick 20 [exercise ...]

The answers are a reference with one known mistake (a single), with two whose edits touch different places of its text
(a pair), or with one mechanical slip (a mutant). What a check says to each is counted:

    named    by its mistakes, all of them, or by others that have the same numbers on inputs the check never saw
    in part  one of the mistakes that were made is named, and no other
    stopped  it raised an error: that is shown, with its line, the shapes, and what was probably meant
    placed   it is told where: in which output, block or step, what enters, for which inputs it is right
    nothing  every entry is wrong, and no more is said
    false    a mistake is named that was not made, and whose numbers are others
"""

import argparse
import functools
import itertools
import multiprocessing
import random
import re
import signal
import sys
import time
from collections import Counter

import mutants
from rich.console import Console
from rich.table import Table
from tqdm import tqdm

from rnnkit.calls import perform
from rnnkit.checking.difference import agrees, fitted
from rnnkit.checking.ladder import climb
from rnnkit.checking.versions import built_on, known_changes, slip_changes, version
from rnnkit.exercises import EXERCISES, find

KINDS = ("single", "pair", "mutant")
OUTCOMES = ("named", "in part", "stopped", "placed", "nothing", "false")
STOPPED = re.compile(r"\w*(Error|Exception|Iteration): ")
UNSEEN = (5, 6)      # seeds that no check uses
PAIRS, QUICK = 60, 8
LOST = re.compile(r"\w+: (every entry|\d+ of \d+ entries) wrong, by up to [^;]*\.|\w+: wrong by [^;]*\.")


def answers(name, kind):
    """The wrong answers of one kind, each as (what it is, the ids of the mistakes that were made, the function)."""
    exercise = find(name)
    known = exercise.misconceptions
    if kind == "mutant":
        return [(line, (), function) for line, function in mutants.mutants(exercise)]
    if kind == "single":
        made = [(m,) for m in known]
    else:
        made = [pair for pair in itertools.combinations(known, 2) if composed(exercise, pair)]
        made = random.Random(name).sample(made, min(len(made), PAIRS))
    return [(" + ".join(m.id for m in edits), tuple(m.id for m in edits), composed(exercise, edits)) for edits in made]


def composed(exercise, edits):
    """The reference with all these edits in its text; None where one of them takes another's place away."""
    text = exercise.text
    for edit in edits:
        if text.count(edit.right) != 1:
            return None
        text = text.replace(edit.right, edit.wrong)
    if any(edit.wrong not in text for edit in edits):
        return None
    namespace = dict(exercise._namespace)
    exec(text, namespace)
    return namespace[exercise.name]


def outcome(exercise, made, function):
    """Which of the OUTCOMES it is, or "right" where the mistakes cancel; and what was said."""
    functions = {**exercise._namespace, exercise.name: function}
    verdict = climb(exercise, lambda calls, values, wanted: perform(calls, functions, values, wanted), 1)
    said = " / ".join(text for mark, text in verdict.lines if mark != "ok")
    return "right" if verdict.passed else judged(exercise, verdict, made, function), said


def judged(exercise, verdict, made, function):
    """Which of the OUTCOMES a verdict on a wrong answer is."""
    named = tuple(dict.fromkeys(verdict.mistakes))
    if not named:
        stopped = any(mark == "wrong" and STOPPED.match(text) for mark, text in verdict.lines)
        return "stopped" if stopped else "placed" if placed(verdict) else "nothing"
    if set(named) == set(made) or same_numbers(exercise, named, function):
        return "named"
    return "in part" if set(named) < set(made) else "false"


def same_numbers(exercise, named, function):
    """Whether the named mistakes, together, make the numbers of this answer on inputs that no check has used."""
    called = by_name(exercise)
    named_version = version(exercise, *(called[name] for name in named))
    for seed in UNSEEN:
        for sizes in [{}, *(edge.sizes for edge in exercise.edges)]:
            case = exercise.case(seed, **sizes)
            ours, theirs = (exercise.answer(case, each) for each in (named_version or exercise.reference, function))
            if ours.problem or theirs.problem:
                if ours.problem != theirs.problem:
                    return False
            elif not all(agrees(fitted(theirs.outputs[name], ours.outputs[name]), ours.outputs[name],
                                exercise.tolerance) for name in exercise.outputs):
                return False
    return named_version is not None


@functools.cache
def by_name(exercise):
    """What a verdict may call a mistake -> the change of the reference's text."""
    own, lent = known_changes(exercise)
    below = [change for other in built_on(exercise) for change in slip_changes(other)]
    return {change.name(exercise): change for change in (*below, *slip_changes(exercise), *lent, *own)}


def placed(verdict):
    """Whether anything is said but that every output is wrong."""
    right = any(mark == "ok" and "right for" in text for mark, text in verdict.lines)
    wrong = [text for mark, text in verdict.lines if mark in ("wrong", "blank")]
    hints = [text for mark, text in verdict.lines if mark == "hint" and "passes its own check" not in text]
    return right or bool(hints) or not all(LOST.fullmatch(text) for text in wrong)


def work(job):
    """The outcomes of one exercise's answers of one kind, from one position on."""
    name, kind, chosen = job
    exercise, found = find(name), []
    for what, made, function in [answers(name, kind)[k] for k in chosen]:
        start = time.process_time()
        signal.alarm(20)
        try:
            result, said = outcome(exercise, made, function)
        except TimeoutError:
            result, said = "stopped", "it never ends"
        finally:
            signal.alarm(0)
        found.append((name, kind, what, result, said, time.process_time() - start))
    return found


def jobs(names, quick, size=10):
    for name, kind in itertools.product(names, KINDS):
        count = len(answers(name, kind))
        chosen = random.Random(0).sample(range(count), min(count, quick)) if quick else range(count)
        yield from ((name, kind, chosen[k:k + size]) for k in range(0, len(chosen), size))


def begin():
    signal.signal(signal.SIGALRM, mutants.stop)


def table(found):
    """A row for each exercise and kind, and the totals."""
    rows = Table("exercise", "answers", *OUTCOMES, "seconds of processor, the slowest")
    for name, kind in [*((name, kind) for name in EXERCISES for kind in KINDS), *(("all", kind) for kind in KINDS),
                       ("all", "all")]:
        here = [line for line in found if name in (line[0], "all") and kind in (line[1], "all")
                and line[3] != "right"]
        if not here:
            continue
        counts = Counter(line[3] for line in here)
        rows.add_row(f"{name}, {kind}s" if kind != "all" else "all", str(len(here)),
                     *(f"{counts[o]} ({counts[o] / len(here):.0%})" if counts[o] else "" for o in OUTCOMES),
                     f"{max(line[5] for line in here):.2f}", end_section=kind == KINDS[-1])
    return rows


def main():
    parser = argparse.ArgumentParser(description="What do the checks say to answers that are known to be wrong?")
    parser.add_argument("exercises", nargs="*", help="only these")
    parser.add_argument("--quick", nargs="?", type=int, const=QUICK, metavar="N",
                        help=f"at most N answers of each kind for each exercise; {QUICK} unless given")
    parser.add_argument("--show", choices=OUTCOMES, action="append", default=["false"], help="what was said to these")
    options = parser.parse_args()
    todo = list(jobs(options.exercises or list(EXERCISES), options.quick))
    found = []
    with multiprocessing.Pool(2, begin) as pool, tqdm(total=sum(len(job[2]) for job in todo), unit="answer") as bar:
        for lines in pool.imap_unordered(work, todo):
            found += lines
            bar.update(len(lines))
    Console(width=140).print(table(found))
    for name, kind, what, result, said, _ in sorted(found):
        if result in options.show:
            print(f"{result}: {name}, {kind} {what}\n    {said}")
    return any(line[3] == "false" and line[1] == "single" for line in found)


if __name__ == "__main__":
    sys.exit(main())
