"""From a lesson's source to its two editions."""
