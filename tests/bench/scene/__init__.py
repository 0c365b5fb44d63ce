"""Scenes: clusters whose gateway answers, made of real control planes and stand-ins for what needs hardware."""
