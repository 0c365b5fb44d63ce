"""Predict what a gateway does with a request. Pure: a request and objects in, an `Explanation` out."""
