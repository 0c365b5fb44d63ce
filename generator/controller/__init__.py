"""Keep the routes of a cluster current: watch, run the stages of `generate`, apply what differs, remove with proof.

It never overwrites an object or a field of others.
"""
