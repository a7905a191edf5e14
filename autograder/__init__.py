"""The instructor's side: build the lessons, collect, judge, record, report."""
