"""What a class understood, on one page."""
