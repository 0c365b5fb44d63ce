"""The response to requests that no route matches, where llmd-routes decides it."""

from __future__ import annotations

from typing import Final

from llmd_routes_sidecar.answers import error

# Its status is 404.
NOT_FOUND: Final = error(404, "No route matches the path and the headers of the request.", None, "route_not_found").body
