"""A bench of real parts: tests that talk to a real kube-apiserver with real CRDs."""
