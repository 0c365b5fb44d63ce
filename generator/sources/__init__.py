"""Where ModelServices come from: one module per source. They know pods, and nothing of gateways or routes."""
