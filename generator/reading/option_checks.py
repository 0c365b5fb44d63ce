"""Check options that need no parsing: yields a line for each value that the API server would reject. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from typing import Final

from llmd_routes.kube.objects import is_dns_label, is_dns_name
from llmd_routes.model.naming import LONGEST_NAME

# GEP-2257, https://gateway-api.sigs.k8s.io/geps/gep-2257/
_DURATION: Final = re.compile(r"([0-9]{1,5}(h|m|s|ms)){1,4}")
# The pattern of a prefix in Gateway API's CRD (HTTPPathMatch).
_PATH: Final = re.compile(r"/([-A-Za-z0-9/._~!$&'()*+,;=:@]|%[0-9A-Fa-f]{2})*")
_PATH_NEVER: Final = ("//", "/./", "/../", "%2f", "%2F")
_LABEL: Final = r"[a-z0-9]([-a-z0-9]*[a-z0-9])?"
_HOST: Final = re.compile(rf"(\*\.)?{_LABEL}(\.{_LABEL})*")
_MOST_PREFIXES: Final = 8
_MOST_HOSTS: Final = 16


def repeated(option: str, values: Iterable[str]) -> Iterator[str]:
    """Yield an error for each duplicate value of an option."""
    seen: set[str] = set()
    for value in values:
        if value in seen:
            yield f"{option} {value}: given twice; remove one of them"
        seen.add(value)


def check_paths(prefixes: tuple[str, ...]) -> Iterator[str]:
    """Yield an error for each prefix that is invalid in an HTTPRoute, and for too many."""
    yield from repeated("--path-prefix", [path.rstrip("/") or "/" for path in prefixes])
    if len(prefixes) > _MOST_PREFIXES:
        yield f"--path-prefix: {len(prefixes)} values, and a rule of an HTTPRoute supports {_MOST_PREFIXES}; use fewer"
    for path in prefixes:
        if not _PATH.fullmatch(path) or any(part in path for part in _PATH_NEVER) or path.endswith(("/.", "/..")):
            yield f"--path-prefix {path}: invalid path; use a path such as /v1"


def check_hosts(hostnames: tuple[str, ...]) -> Iterator[str]:
    """Yield an error for each host name that is invalid in an HTTPRoute, and for too many."""
    yield from repeated("--hostname", hostnames)
    if len(hostnames) > _MOST_HOSTS:
        yield f"--hostname: {len(hostnames)} values, and an HTTPRoute supports {_MOST_HOSTS}; use fewer"
    for host in hostnames:
        if not _HOST.fullmatch(host) or len(host) > 253 or re.fullmatch(r"[0-9.]+", host):
            yield (
                f"--hostname {host}: invalid host name; use a name such as llm.example.com or *.example.com,"
                f" without a port"
            )


def check_instance(instance: str | None) -> Iterator[str]:
    """Yield an error for an invalid instance name."""
    if instance is not None and (not is_dns_name(instance) or len(instance) > LONGEST_NAME):
        yield (
            f"--instance {instance}: invalid instance name; use at most {LONGEST_NAME} lower-case"
            " letters, digits, - and ., with a letter or digit at both ends"
        )


def check_timeout(timeout: str | None) -> Iterator[str]:
    """Yield an error for a duration that Gateway API does not accept."""
    if timeout is not None and not _DURATION.fullmatch(timeout):
        yield f"--route-timeout {timeout}: invalid Gateway API duration; use a duration such as 30s, 1h30m or 0s"


def check_image(option: str, image: str | None) -> Iterator[str]:
    """Yield an error for an image that is empty or contains white space."""
    if image is not None and not re.fullmatch(r"[^\s]+", image):
        yield f"{option} {image!r}: invalid image; use a name such as registry.example.com/name:v1"


def check_origins(origins: Sequence[str]) -> Iterator[str]:
    """Yield an error for each value that a browser does not send as an origin."""
    for origin in origins:
        if origin != "*" and not re.fullmatch(r"https?://[^/\s]+", origin):
            yield f"--cors-origin {origin}: invalid origin; use an origin such as https://chat.example.com, or *"


def check_namespaces(option: str, namespaces: Sequence[str]) -> Iterator[str]:
    """Yield an error for each invalid namespace name, and for each duplicate."""
    yield from repeated(option, namespaces)
    for name in namespaces:
        if not is_dns_label(name):
            yield f"{option} {name}: invalid namespace name; use a name such as monitoring"
