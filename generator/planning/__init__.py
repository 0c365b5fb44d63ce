"""From an Inventory and options to a Plan: every decision about routes. No YAML, no I/O."""
