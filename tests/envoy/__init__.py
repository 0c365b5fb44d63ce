"""The emitted filter in a real Envoy on loopback, without any control plane."""
