"""Tests of what differs between implementations of the Gateway API."""
