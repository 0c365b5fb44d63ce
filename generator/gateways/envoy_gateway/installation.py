"""The configuration of Envoy Gateway's installation: whether it runs Lua, and routes to InferencePools. Pure, no I/O.

Lua is off by default since v1.9. An extension such as Envoy AI Gateway must be configured for InferencePools.
Source: https://gateway.envoyproxy.io/docs/api/extension_types/ (EnvoyGatewaySpec)
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Final

from llmd_routes.kube.index import Objects
from llmd_routes.kube.objects import items, kind_of, mapping, name_of, text
from llmd_routes.model.gateways import Policy
from llmd_routes.model.plan import Attachment
from llmd_routes.notices import Notice
from llmd_routes.text.yaml_values import load

# The ConfigMap and its key, as the chart of Envoy Gateway installs it.
_NAME: Final = "envoy-gateway-config"
_KEY: Final = "envoy-gateway.yaml"
_KIND: Final = "ConfigMap"
_FIX: Final = (
    "set config.envoyGateway.extensionApis.enableLua: true in the values of the chart gateway-helm, or pass"
    " --body-to-header external with --image IMAGE"
)


def read_installation(objects: Objects) -> Iterator[Policy]:
    """Yield the configuration of Envoy Gateway, if it is in the input."""
    for obj in objects.of(_KIND, ""):
        config = load(text(obj, "data", _KEY) or "") if name_of(obj) == _NAME else None
        if isinstance(config, dict) and kind_of(config) == "EnvoyGateway":
            yield Policy(objects.ref(obj), (), None, config)


def lua_problems(attachment: Attachment, policies: Iterable[Policy]) -> Iterator[str | Notice]:
    """Yield an error if Lua is known to be off, and a notice if that is unknown: all requests would get 500."""
    configured = [(policy.ref, mapping(policy.spec, "extensionApis")) for policy in _configurations(policies)]
    off = [ref for ref, apis in configured if apis.get("disableLua") is True or apis.get("enableLua") is False]
    if off:
        yield f"{off[0]}: disables Lua, which reads request bodies; {_FIX}"
    elif not any(apis.get("enableLua") is True for _, apis in configured):
        fact = "its installation runs no Lua by default since v1.9, and then answers 500 to all requests of the routes"
        yield Notice("gateway-setting", str(attachment.ref), fact, _FIX)


def extension_problems(attachment: Attachment, policies: Iterable[Policy]) -> Iterator[str | Notice]:
    """Yield an error if its extension is known not to handle InferencePools, and a notice if that is unknown."""
    fact = "Envoy Gateway routes to InferencePools only with the Envoy AI Gateway extension"
    fix = "install the extension, with InferencePool in its backendResources; or pass --backend service"
    configurations = list(_configurations(policies))
    kinds = [
        text(resource, "kind")
        for policy in configurations
        for resource in items(mapping(policy.spec, "extensionManager"), "backendResources")
    ]
    if not configurations:
        yield Notice("implementation", str(attachment.ref), fact, fix)
    elif "InferencePool" not in kinds:
        yield f"{configurations[0].ref}: has no InferencePool in extensionManager.backendResources, and {fact}; {fix}"


def _configurations(policies: Iterable[Policy]) -> Iterator[Policy]:
    return (policy for policy in policies if policy.ref.kind == _KIND)
