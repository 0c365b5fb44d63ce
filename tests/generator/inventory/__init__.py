"""Tests of the making of the inventory."""
