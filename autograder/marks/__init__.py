"""From a judgement to nbgrader's gradebook, Formgrader and feedback."""
