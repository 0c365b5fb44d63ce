"""Tests of the parsers of text."""
