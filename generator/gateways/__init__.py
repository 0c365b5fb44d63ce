"""What implementations of the Gateway API do differently: one file or folder each."""
