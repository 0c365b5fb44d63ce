"""Tests of the package `llmd_routes`, one file a module."""
