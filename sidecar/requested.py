"""What operators request from the models server, in the ConfigMap of a controller: its keys. Values only.

Both sides share it: the models server writes it, the controller reads it.
"""

from __future__ import annotations

from typing import Final

# The key with the settings of the user, and the key with those that operators requested, which take precedence.
SETTINGS_KEY: Final = "llmd-routes.yaml"
OPERATORS_KEY: Final = "admin.yaml"
# The annotation that changes with each request to examine the cluster again.
REQUESTED: Final = "llmd-routes/requested"
