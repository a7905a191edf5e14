"""From a submission to a judgement: on this side of the grading boundary, where no student's code runs."""
