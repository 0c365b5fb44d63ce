"""The pods of a cluster, and which of them are asked for what they serve. Pure, no I/O."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from ipaddress import ip_address
from typing import Any, Literal, NamedTuple

from .catalog import Access, Pods


class WatchError(Exception):
    """There is no cluster to watch pods in; the text is one line."""


class Pod(NamedTuple):
    """A pod that has an address and may be asked; `ready` is what its kubelet says."""

    namespace: str
    name: str
    address: str
    ready: bool
    labels: frozenset[tuple[str, str]]


class Target(NamedTuple):
    """Where a list of models is asked for."""

    scheme: Literal["http", "https"]
    address: str
    port: int
    access: Access | None = None

    @property
    def url(self) -> str:
        """Return what is asked."""
        host = f"[{self.address}]" if ":" in self.address else self.address
        return f"{self.scheme}://{host}:{self.port}/v1/models"


def pod_of(raw: Mapping[str, Any]) -> Pod | None:
    """Return a pod of the API server; None for one that ends, has ended, or has no address that may be asked."""
    metadata, status = raw.get("metadata") or {}, raw.get("status") or {}
    address = status.get("podIP") or ""
    if metadata.get("deletionTimestamp") or status.get("phase") in ("Succeeded", "Failed") or not _is_asked(address):
        return None
    ready = any(one.get("type") == "Ready" and one.get("status") == "True" for one in status.get("conditions") or ())
    labels = frozenset((metadata.get("labels") or {}).items())
    return Pod(metadata["namespace"], metadata["name"], address, ready, labels)


def _is_asked(address: str) -> bool:
    """Return whether an address can be that of a pod: who may write a status must not make us ask ourselves."""
    try:
        found = ip_address(address)
    except ValueError:
        return False
    mapped = getattr(found, "ipv4_mapped", None) or found
    return not (mapped.is_loopback or mapped.is_link_local or mapped.is_multicast or mapped.is_unspecified)


class PodIndex:
    """Finds pods by labels; there may be many, and so may the pools be. `pods` are all of some namespaces."""

    def __init__(self, pods: Mapping[str, Iterable[Pod]]) -> None:
        self.namespaces = frozenset(pods)
        self._found: dict[tuple[str, str, str], set[Pod]] = defaultdict(set)
        for namespace, there in pods.items():
            for pod in there:
                for name, value in pod.labels:
                    self._found[(namespace, name, value)].add(pod)

    def knows(self, pods: Pods | None) -> bool:
        """Return whether the pods of a pool are known, of which there may be none."""
        return pods is not None and pods.namespace in self.namespaces

    def of(self, pods: Pods) -> list[Pod]:
        """Return the pods that a pool selects, by name."""
        sets = [self._found.get((pods.namespace, *label), set()) for label in pods.selector.items()]
        sets.sort(key=len)
        return sorted(set.intersection(*sets))


def target_of(pod: Pod, pods: Pods) -> Target:
    """Return where a pod of a pool is asked: all its ports serve the same."""
    return Target(pods.scheme, pod.address, pods.ports[0], pods.access)
