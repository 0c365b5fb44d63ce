"""From objects to an Inventory: what is served, and the Gateways and routes that exist. No decision about routes."""
