"""Compare the engines of a model: replies in, summaries and differences out."""
