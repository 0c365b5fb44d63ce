"""The one error of the bench."""


class BenchError(Exception):
    """A part of the bench is missing or broken; the text says what, and how to cure it."""
