"""Keep the routes of a cluster current: watch, run the stages of `generate`, apply differences, remove with proof.

It never overwrites an object or a field that another tool manages.
"""
