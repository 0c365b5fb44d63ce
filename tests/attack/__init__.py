"""Attacks, each with the limit that holds it."""
