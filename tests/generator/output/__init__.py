"""Tests of what renders, validates and writes."""
