"""Tests of the decisions about routes."""
