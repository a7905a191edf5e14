"""An invented class, and all the steps of an instructor with it."""
