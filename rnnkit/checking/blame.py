"""Which function is to blame, where several play together: the forward pass or the way back, the step or the loop."""

from rnnkit.calls import Call
from rnnkit.exercises import EXERCISES, find


def second_chance(exercise, ask, first, attempt, check, seed):
    """The verdict on a backward pass that is not wholly right behind the student's own forward pass.

    It is tried again behind the reference's. first: the verdict so far. attempt(ask): the verdict on what another way
    of asking brings, with the mistakes named or not. check(exercise): the verdict on another exercise's function.
    """
    forward = check(_forward(exercise))
    strict = forward.right and not _keeps_nothing(exercise, ask, seed)
    second = attempt(lambda calls, case, wanted: ask(calls[-1:], exercise.with_cache(case), wanted), named=not strict)
    if not forward.written:
        if not second.written:
            return second
        why = f"You have no {forward.name} here, so this was judged on what rnnkit's own keeps in its cache."
    elif forward.right:
        if second.share <= first.share or (strict and not second.passed):
            return first
        why = (f"Your {forward.name} is right, but its cache does not hold what your {exercise.name} expects there, "
               f"so this was judged on the cache of rnnkit's own. With yours: {first.trouble}")
    else:
        if second.share <= first.share and not (_one_known_mistake(exercise, second) and not first.mistakes):
            if first.written:
                first.say("hint", f"Your {forward.name} does not pass its own check. Start there: {forward.trouble}")
            return first
        why = (f"Your {forward.name} does not pass its own check, so this was judged on the cache of rnnkit's own. "
               f"What is wrong there: {forward.trouble}")
    second.say("remark", why)
    return second


def _forward(exercise):
    """The exercise whose cache this one goes back over; its step's, where the lesson gives the sequence pass away."""
    name = Call.parse(exercise.after[-1]).name
    return find(name) if name in EXERCISES else _forward(find(exercise.one_step))


def _one_known_mistake(exercise, verdict):
    """Whether it is named by one of the exercise's own; two at once may be a cache in an order of its own."""
    return len(verdict.mistakes) == 1 and verdict.mistakes[0] in {mistake.id for mistake in exercise.misconceptions}


def _keeps_nothing(exercise, ask, seed):
    """Whether the student's forward pass returns no cache at all, but None."""
    return bool(ask(exercise.after, exercise.case(seed), ()).odd)


def look_at_the_step(verdict, exercise, step):
    """Say whether the step is right by itself, and so whether the mistake is in what is built on it.

    A step that is right but at the border is to blame only for what goes wrong at the border.
    """
    loops = any("T" in axes.split() for axes in exercise.outputs.values())
    where = "the loop around it" if loops else "what becomes of its results"
    if step.passed:
        verdict.say("hint", f"Your {step.name} passes its own check, so look at {where}.")
    elif step.written and step.right and not verdict.right:
        verdict.say("hint", f"Your {step.name} is right on the usual inputs, so look at {where}.")
    elif step.written:
        verdict.say("hint", f"Your {step.name} does not pass its own check. Start there: {step.trouble}")
