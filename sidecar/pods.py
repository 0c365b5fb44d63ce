"""The pods of a cluster, and which of them may be asked for their models. Pure, no I/O."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address, ip_network
from typing import Any, Final, Literal, NamedTuple

from .catalog import Access, Pods

_THIS_NETWORK: Final = ip_network("0.0.0.0/8")
_BROADCAST: Final = IPv4Address("255.255.255.255")
_ENDS_IN_IPV4: Final = tuple(map(IPv6Network, ("::/96", "::ffff:0:0/96", "64:ff9b::/96", "64:ff9b:1::/48")))


class WatchError(Exception):
    """No cluster to watch pods in; the text is one line."""


class Pod(NamedTuple):
    """A pod with an address that may be queried; `ready` is its kubelet's Ready condition."""

    namespace: str
    name: str
    address: str
    ready: bool
    labels: frozenset[tuple[str, str]]


class Target(NamedTuple):
    """The address of a models list."""

    scheme: Literal["http", "https"]
    address: str
    port: int
    access: Access | None = None

    @property
    def url(self) -> str:
        """Return the URL to request."""
        host = f"[{self.address}]" if ":" in self.address else self.address
        return f"{self.scheme}://{host}:{self.port}/v1/models"


def pod_of(raw: Mapping[str, Any]) -> Pod | None:
    """Return a pod of the API server; None if it is terminating, has ended, or has no address that may be queried."""
    metadata, status = raw.get("metadata") or {}, raw.get("status") or {}
    address = status.get("podIP") or ""
    if metadata.get("deletionTimestamp") or status.get("phase") in ("Succeeded", "Failed") or not _is_asked(address):
        return None
    ready = any(one.get("type") == "Ready" and one.get("status") == "True" for one in status.get("conditions") or ())
    labels = frozenset((metadata.get("labels") or {}).items())
    return Pod(metadata["namespace"], metadata["name"], address, ready, labels)


def _is_asked(address: str) -> bool:
    """Return whether an address may be queried.

    Whoever can write a pod's status must not be able to point us at loopback or link-local addresses, in any form.
    """
    try:
        parsed = ip_address(address)
    except ValueError:
        return False
    if isinstance(parsed, IPv6Address) and parsed.scope_id is not None:
        return False
    return not any(_is_special(form) for form in (parsed, *_embedded(parsed)))


def _is_special(address: IPv4Address | IPv6Address) -> bool:
    local = address in _THIS_NETWORK or address == _BROADCAST
    return local or address.is_loopback or address.is_link_local or address.is_multicast or address.is_unspecified


def _embedded(address: IPv4Address | IPv6Address) -> Iterator[IPv4Address]:
    """Yield the IPv4 addresses in an IPv6 address to which a network may translate it.

    Specs: RFC 4291 2.5.5 (mapped and compatible), RFC 6052 and RFC 8215 (NAT64), RFC 3056 (6to4), RFC 4380 (Teredo).
    """
    if isinstance(address, IPv4Address):
        return
    if any(address in network for network in _ENDS_IN_IPV4):
        yield IPv4Address(address.packed[-4:])
    if address.sixtofour is not None:
        yield address.sixtofour
    yield from address.teredo or ()


class PodIndex:
    """Finds pods by labels, efficiently for many pods and pools. `pods` are all pods of some namespaces."""

    def __init__(self, pods: Mapping[str, Iterable[Pod]]) -> None:
        self.namespaces = frozenset(pods)
        self._found: dict[tuple[str, str, str], set[Pod]] = defaultdict(set)
        for namespace, there in pods.items():
            for pod in there:
                for name, value in pod.labels:
                    self._found[(namespace, name, value)].add(pod)

    def knows(self, pods: Pods | None) -> bool:
        """Return whether the pods of a pool are known; a known pool may have none."""
        return pods is not None and pods.namespace in self.namespaces

    def of(self, pods: Pods) -> list[Pod]:
        """Return the pods that a pool selects, by name."""
        sets = [self._found.get((pods.namespace, *label), set()) for label in pods.selector.items()]
        sets.sort(key=len)
        return sorted(set.intersection(*sets))


def target_of(pod: Pod, pods: Pods) -> Target:
    """Return the target for a pod of a pool; all its ports serve the same models."""
    return Target(pods.scheme, pod.address, pods.ports[0], pods.access)
