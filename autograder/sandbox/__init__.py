"""What runs on the other side of the grading boundary.

These modules are copied into a folder of their own, beside an `rnnkit` without the answers, and run there in processes
that hold nothing but NumPy. They import neither the rest of `autograder` nor an `Exercise`.
"""
