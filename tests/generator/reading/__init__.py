"""Tests of the ports that read."""
