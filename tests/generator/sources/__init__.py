"""Tests of the sources of ModelServices."""
