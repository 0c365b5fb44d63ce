"""From objects to an Inventory: what is served, and what stands in front of it. No decision about routes."""
