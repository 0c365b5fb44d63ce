"""The tests: of the command line, the documents and the wheel."""
