"""llmd-routes: one endpoint for many inference engines on the native llm-d gateway."""

__version__ = "0.1.0"
