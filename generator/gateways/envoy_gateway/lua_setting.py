"""Whether Envoy Gateway runs Lua: a setting of its installation, off by default since v1.9. Pure, no I/O.

Source: https://gateway.envoyproxy.io/docs/api/extension_types/#extensionapisettings
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Final

from llmd_routes.kube.index import Objects
from llmd_routes.kube.objects import kind_of, mapping, name_of, text
from llmd_routes.model.inventory import Policy
from llmd_routes.model.plan import Attachment
from llmd_routes.notices import Notice
from llmd_routes.text.yaml_values import load

# The ConfigMap and its key, as the chart of Envoy Gateway installs it.
_NAME: Final = "envoy-gateway-config"
_KEY: Final = "envoy-gateway.yaml"
_KIND: Final = "ConfigMap"
_FIX: Final = (
    "set config.envoyGateway.extensionApis.enableLua: true in the values of the chart gateway-helm, or pass"
    " --body-to-header ext-proc with --image IMAGE"
)


def read_settings(objects: Objects) -> Iterator[Policy]:
    """Yield the configuration of Envoy Gateway, if it is in the input."""
    for obj in objects.of(_KIND, ""):
        config = load(text(obj, "data", _KEY) or "") if name_of(obj) == _NAME else None
        if isinstance(config, dict) and kind_of(config) == "EnvoyGateway":
            yield Policy(objects.ref(obj), (), None, mapping(config, "extensionApis"))


def lua_problems(attachment: Attachment, policies: Iterable[Policy]) -> Iterator[str | Notice]:
    """Yield an error if Lua is known to be off, and a notice if that is unknown: all requests would get 500."""
    settings = [policy for policy in policies if policy.ref.kind == _KIND]
    if any(policy.spec.get("disableLua") is True or policy.spec.get("enableLua") is False for policy in settings):
        yield f"{settings[0].ref}: disables Lua, which reads request bodies; {_FIX}"
    elif not any(policy.spec.get("enableLua") is True for policy in settings):
        fact = "its installation runs no Lua by default since v1.9, and then answers 500 to all requests of the routes"
        yield Notice("gateway-setting", str(attachment.ref), fact, _FIX)
