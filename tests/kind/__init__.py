"""The guide's cluster on kind, for those who have Docker."""
