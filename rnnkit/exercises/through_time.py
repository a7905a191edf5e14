"""What every sequence has in common: the mistakes in the loop of a backward pass, and a look at a cache.

The mistakes are edits of lines that `rnn_backward`, `lstm_backward` and `gru_backward` share.
"""

import numpy as np

from rnnkit.exercises.exercise import Look, Misconception

THROUGH_TIME = (
    Misconception("upstream-of-the-last-step-only", "dh_t = dh[t] + dh_next",
                  "dh_t = dh[t] if t == len(cache) - 1 else dh_next",
                  "Only the last step's upstream gradient is used. Every dh[t] enters, at its own step."),
    Misconception("upstream-of-ones", "dh_t = dh[t] + dh_next", "dh_t = 1 + dh_next",
                  "The upstream gradient was taken to be one everywhere. Use the dh that was passed in."),
    Misconception("input-weights-from-the-last-step", "dW_x += dW_x_t", "dW_x += dW_x_t * (t == len(cache) - 1)",
                  "dW_x counts the last step only. W_x is used at every step."),
    Misconception("added-to-itself", "dW_h += dW_h_t", "dW_h += dW_h",
                  "dW_h is still zero: it was added to itself. Add the gradient of the step."),
    Misconception("last-step-skipped", "reversed(range(len(cache)))", "reversed(range(len(cache) - 1))",
                  "The last step was skipped. The loop starts at t = T - 1."),
    Misconception("first-step-skipped", "reversed(range(len(cache)))", "reversed(range(1, len(cache)))",
                  "The first step was skipped. The loop ends with t = 0."),
    Misconception("body-outside-the-loop", "for t in reversed(range(len(cache))):", "for t in [0]:",
                  "Only t = 0, the last round of the loop, was taken back. Is the body indented under the for, or "
                  "does it stand after it?"),
    Misconception("forwards-in-time", "reversed(range(len(cache)))", "range(len(cache))",
                  "The loop runs forwards. What step t + 1 sends back has to be there before step t."),
    Misconception("h0-taken-as-zeros", "dW_h += dW_h_t", "dW_h += dW_h_t * (t > 0)",
                  "dW_h misses the first step, as if h0 were zero. W_h multiplied h0 there."),
    Misconception("clipped-on-the-way", "dh_t = dh[t] + dh_next", "dh_t = np.clip(dh[t] + dh_next, -1, 1)",
                  "The gradient was clipped inside the loop. Clipping is for the finished gradient, after this "
                  "function."),
    Misconception("loop-never-ran", "for t in reversed(range(len(cache))):", "for t in []:",
                  "Nothing was collected: the loop did not run once, or what comes from above, dh[t], never "
                  "entered it. A range that counts down needs a step of -1."),
    Misconception("return-in-the-loop", "for t in reversed(range(len(cache))):", "for t in [len(cache) - 1]:",
                  "Only the last step was taken back. Does the return stand inside the loop?"),
    Misconception("upstream-one-step-early", "dh_t = dh[t] + dh_next", "dh_t = dh[t - 1] + dh_next",
                  "Step t was given dh[t - 1], and at t = 0 the index -1 is the last step. Step t takes dh[t]."),
    Misconception("upstream-for-carry", "dh_t = dh[t] + dh_next",
                  "dh_t = dh[t] + (dh[t + 1] if t + 1 < len(cache) else 0)",
                  "dh[t + 1] was added, which comes from above. What belongs there is what step t + 1 sent back."),
    Misconception("carry-twice", "dh_t = dh[t] + dh_next", "dh_t = dh[t] + 2 * dh_next",
                  "The carry of dh was added twice."),
    Misconception("carry-seeded-with-ones", "np.zeros_like(h0)", "np.ones_like(h0)",
                  "The carry of dh begins with ones. After the last step there is nothing that could send "
                  "anything back: it begins with zeros."),
    Misconception("last-upstream-twice", "np.zeros_like(h0)", "dh[-1]",
                  "The last upstream gradient counts twice: the carry begins with it, and the loop adds it. "
                  "Before the loop nothing has been sent back yet."),
    Misconception("dh0-from-above", "return dx, dh_next,", "return dx, dh[0],",
                  "dh0 is dh[0], which came from above to the first new state. h0's gradient is what the first "
                  "step sends back."),
    Misconception("dh0-one-step-short", "return dx, dh_next,", "return dx, dh_t,",
                  "dh0 is what arrived at the first new state. It has not gone back through the first step yet."),
    Misconception("dh0-with-dh-added", "return dx, dh_next,", "return dx, dh[0] + dh_next,",
                  "dh[0] was added to dh0. It belongs to the state after the first step; nobody above reads h0."),
    Misconception("dx-in-reverse", "return dx, dh_next,", "return dx[::-1], dh_next,",
                  "The steps of dx lie in reverse order, as the loop made them. Write each to its own dx[t]."),
)


def last_step_alone(x, cache):
    """Whether a cache holds the input of the last step, and of no other: 1.0 or 0.0. Run where the cache is.

    x: (T, N, D). cache: whatever a student keeps, in lists, tuples, dictionaries and objects.
    """
    todo, seen, arrays = [cache], set(), []
    while todo:
        item = todo.pop()
        if id(item) in seen:
            continue
        seen.add(id(item))
        if isinstance(item, np.ndarray):
            arrays += list(item) if item.ndim == 3 else [item]
        elif isinstance(item, (dict, list, tuple)):
            todo += list(item.values()) if isinstance(item, dict) else list(item)
        elif hasattr(item, "__dict__"):
            todo.append(vars(item))
    found = [any(np.array_equal(array, x_t) for array in arrays) for x_t in x]
    return float(len(found) > 1 and found[-1] and not any(found[:-1]))


def look_at_the_cache(lesson):
    """For `Exercise.look`: a remark where a sequence's cache is its last step's."""
    return Look("last_step_alone(x, cache) -> found",
                f"The cache is the last step's alone. That costs nothing here, but the way back, in lesson {lesson}, "
                f"goes over every step: keep a list with the cache of each.")
