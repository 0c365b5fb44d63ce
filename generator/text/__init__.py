"""Parsers of text: YAML, JSON, shell commands, Go templates. They know nothing of Kubernetes."""
