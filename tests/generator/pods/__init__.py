"""Tests of what runs in a pod."""
