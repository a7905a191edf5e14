"""The instructor's commands, by stage. Each imports what it needs when it is called: --help comes at once."""
