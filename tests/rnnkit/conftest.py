"""Hypothesis without a stopwatch: two cores are shared, and a slow example is not a wrong one."""

from hypothesis import settings

settings.register_profile("rnnkit", deadline=None, database=None, max_examples=50)
settings.load_profile("rnnkit")
