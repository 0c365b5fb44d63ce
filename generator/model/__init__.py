"""The vocabulary of the pipeline: frozen values, names and limits. No decision is made here."""
