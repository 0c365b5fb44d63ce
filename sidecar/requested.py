"""What operators request from the models server, in a ConfigMap beside that of a controller: names and keys.

Both sides share it: the models server writes it, the controller reads it. The settings of the user are in another
ConfigMap, which the models server only reads.
"""

from __future__ import annotations

from typing import Final

# The key with the settings of the user, and the key with those that operators requested, which take precedence.
SETTINGS_KEY: Final = "llmd-routes.yaml"
OPERATORS_KEY: Final = "admin.yaml"
# The annotation that changes with each request to examine the cluster again.
REQUESTED: Final = "llmd-routes/requested"


def operators_map(settings_map: str) -> str:
    """Return the name of the ConfigMap with what operators requested, by that of the settings."""
    return f"{settings_map}-operators"
