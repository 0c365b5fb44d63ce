"""Tests with a real Envoy Gateway."""
