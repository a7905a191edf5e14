"""Lesson 00: one warm-up, to see how a check talks."""

from rnnkit.exercises.exercise import BATCH_OF_ONE, Exercise, Misconception, normal


def affine(x, W, b):
    """a = x W + b for a batch of row vectors: x (N, D), W (D, H), b (H,) -> a (N, H)."""
    a = x @ W + b
    return a


AFFINE = Exercise(
    name="affine",
    built="You have built a layer, all but its squashing.",
    signature="affine(x, W, b) -> a",
    inputs=normal(x="N D", W="D H", b="H"),
    outputs={"a": "N H"},
    sizes={"N": 3, "D": 4, "H": 6},
    reference=affine,
    edges=(BATCH_OF_ONE,),
    misconceptions=(
        Misconception("bias-left-out", "x @ W + b", "x @ W",
                      "The bias was left out: nothing is added to x W."),
        Misconception("bias-subtracted", "x @ W + b", "x @ W - b",
                      "The bias is subtracted. It should be added."),
        Misconception("first-row-only", "x @ W + b", "x[0] @ W + b",
                      "Only the first row of the batch was used. x @ W does all N rows at once."),
        Misconception("batch-summed", "x @ W + b", "(x @ W).sum(axis=0) + b",
                      "The rows of the batch were added up. Each row is a sequence of its own and keeps its own "
                      "result."),
        Misconception("bias-inside", "x @ W + b", "x @ (W + b)",
                      "The bias was added to W before the product, so each row gets b times the sum of its inputs."),
        Misconception("squashed-too-early", "x @ W + b", "__import__('numpy').tanh(x @ W + b)",
                      "This is tanh of the right answer. The squashing comes later; here only the sum is asked for."),
        Misconception("biases-summed", "x @ W + b", "x @ W + b.sum()",
                      "One number, the sum of b, was added to every column. Each column has a bias of its own."),
        Misconception("first-bias-for-all", "x @ W + b", "x @ W + b[0]",
                      "Every column got the first bias. Each has its own."),
    ),
)

EXERCISES = (AFFINE,)
