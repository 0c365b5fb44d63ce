"""Reading plain Kubernetes objects, whatever serves in them. No I/O, no judgement."""
