"""What every implementation must read back of its emitted policies, for the tests of each."""

from __future__ import annotations

from typing import Any

from llmd_routes_sidecar.extraction import Settings
from tests.generator.emitted import IMAGE, emitted, processor_of, readings
from tests.generator.objects import Obj

HOSTS = ("a.example", "*.b.example")


def made(implementation: str, kind: str, **options: Any) -> list[Obj]:
    """Return the objects of a Gateway that reads bodies in one way."""
    image = {} if kind == "in-gateway" else {"image": IMAGE}
    return emitted(implementation, body_to_header=kind, **image, **options)


def check_settings(implementation: str, kind: str, policy: str, hosts: tuple[str, ...] = HOSTS) -> None:
    """Assert that the settings are those of the options; `hosts` are those that a policy checks, of `HOSTS`."""
    for special in (False, True):
        options: dict[str, Any] = {"hostnames": HOSTS, "path_prefixes": ("/v1", "/a/v1")} if special else {}
        if kind != "ext-authz":
            options["keep_query"] = special
        (reading,) = readings(implementation, made(implementation, kind, **options))
        settings = reading.settings
        assert (reading.policy.kind, reading.kind) == (policy, kind)
        assert settings is not None
        prefixes = ("/v1", "/a/v1") if special else ("/v1",)
        keeps = bool(options.get("keep_query"))
        assert settings == Settings(hosts if special else (), prefixes, settings.body_limit, keeps)
        assert (reading.service is None) == (kind == "in-gateway")


def check_absent_service(implementation: str, kind: str, policy: str) -> None:
    """Assert that the settings are open if the service is not in the input."""
    objects = made(implementation, kind)
    left = [obj for obj in objects if obj is not processor_of(objects)]
    found = readings(implementation, left)
    assert found
    assert {(each.policy.kind, each.settings) for each in found} == {(policy, None)}


def check_edited(implementation: str) -> None:
    """Assert that the settings are open if the program or the expressions were edited."""
    found = readings(implementation, [_edited(obj) for obj in made(implementation, "in-gateway")])
    assert found
    assert {each.settings for each in found} == {None}


def check_other_gateway(implementation: str, kind: str) -> None:
    """Assert that policies of another Gateway are not read."""
    objects = made(implementation, kind)
    for obj in objects:
        for target in obj.get("spec", {}).get("targetRefs", ()):
            if target["kind"] == "Gateway":
                target["name"] = "other"
    assert readings(implementation, objects) == []


def _edited(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _edited(each) for name, each in value.items()}
    if isinstance(value, list):
        return [_edited(each) for each in value]
    if not isinstance(value, str):
        return value
    return value.replace("-- The data of this", "local x = f()\n--").replace("application/json", "text/json")
