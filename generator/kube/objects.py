"""Read fields of plain Kubernetes objects without trusting their shape.

In: dicts as YAML or the API server gave them, where any level may be missing, null or of another type (`env:` and
`annotations:` are null in rendered charts). Out: values of the wanted type, empty when absent. No I/O, no judgement.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final, NamedTuple

from llmd_routes.names import APP_MANAGED_BY
from llmd_routes.values import scalar

LAST_PORT: Final = 65535
_MOST_DIGITS: Final = 18
_MOST_IN_NAME: Final = 253
_LABEL: Final = "[a-z0-9](?:[-a-z0-9]*[a-z0-9])?"
_MOST_IN_LABEL: Final = 63
_DNS_LABEL: Final = re.compile(_LABEL)
_DNS_NAME: Final = re.compile(rf"{_LABEL}(?:\.{_LABEL})*")
Object = Mapping[str, Any]


def dig(obj: Any, *path: str) -> Any:
    """Return the value at `path`, or None if a step is missing or not a mapping."""
    for key in path:
        if not isinstance(obj, Mapping):
            return None
        obj = obj.get(key)
    return obj


def mapping(obj: Any, *path: str) -> dict[str, Any]:
    """Return the mapping at `path`, or an empty one."""
    found = dig(obj, *path)
    return dict(found) if isinstance(found, Mapping) else {}


def items(obj: Any, *path: str) -> list[dict[str, Any]]:
    """Return the mappings in the list at `path`; nulls and scalars among them are dropped."""
    found = dig(obj, *path)
    return [dict(item) for item in found if isinstance(item, Mapping)] if isinstance(found, list) else []


def text(obj: Any, *path: str) -> str | None:
    """Return the scalar at `path` in Kubernetes' spelling, or None if it is missing or not a scalar."""
    return scalar(dig(obj, *path))


def texts(obj: Any, *path: str) -> list[str]:
    """Return the scalars in the list at `path` as text, in order; nulls are dropped."""
    found = dig(obj, *path)
    return [word for word in map(scalar, found) if word is not None] if isinstance(found, list) else []


def labels(obj: Any, *path: str) -> dict[str, str]:
    """Return the string map at `path` (labels, annotations, selectors); null values are dropped."""
    return {key: value for key, raw in mapping(obj, *path).items() if (value := scalar(raw)) is not None}


def integer(value: Any) -> int | None:
    """Return an integer given as a number or as digits, else None; `sys.maxsize` if it exceeds 64 bits."""
    if isinstance(value, bool):
        return None
    if isinstance(value, int):
        return value
    digits = value.strip() if isinstance(value, str) and value.isascii() else ""
    if not digits.isdigit():
        return None
    return int(digits) if len(digits) <= _MOST_DIGITS else sys.maxsize


def port_number(value: Any) -> int | None:
    """Return the number of a port given as a number or as digits; None if it is not a valid port."""
    number = integer(value)
    return number if number is not None and 0 < number <= LAST_PORT else None


@dataclass(frozen=True, slots=True, order=True)
class Ref:
    """Names one object: sorts by namespace (none first), kind, name."""

    namespace: str
    kind: str
    name: str

    def __str__(self) -> str:
        """Return `Kind namespace/name`, as error messages name objects."""
        return f"{self.kind} {self.namespace}/{self.name}" if self.namespace else f"{self.kind} {self.name}"


class ServicePort(NamedTuple):
    """A port of a Service; sorts by namespace, name, port."""

    namespace: str
    name: str
    port: int


def group_of(obj: Object) -> str:
    """Return the API group of an object; the core group is the empty string."""
    api_version = text(obj, "apiVersion") or ""
    return api_version.rpartition("/")[0]


def kind_of(obj: Object) -> str:
    """Return the kind of an object."""
    return text(obj, "kind") or ""


def name_of(obj: Object) -> str:
    """Return `metadata.name`, or `metadata.generateName` without a name."""
    return text(obj, "metadata", "name") or text(obj, "metadata", "generateName") or ""


def group_of_reference(reference: Object, usual: str) -> str:
    """Return the API group of a reference: `usual` if the field is missing, "" for the core group."""
    group = reference.get("group")
    return group if isinstance(group, str) else usual


def is_dns_name(name: str) -> bool:
    """Return whether a name is valid for most objects: a DNS subdomain of RFC 1123, at most 253 characters."""
    return len(name) <= _MOST_IN_NAME and _DNS_NAME.fullmatch(name) is not None


def is_dns_label(name: str) -> bool:
    """Return whether a name is valid for namespaces and Services: a DNS label of RFC 1123, at most 63 characters."""
    return len(name) <= _MOST_IN_LABEL and _DNS_LABEL.fullmatch(name) is not None


def namespace_of(obj: Object) -> str | None:
    """Return `metadata.namespace`, or None if the object has none."""
    return text(obj, "metadata", "namespace") or None


def controller_of(obj: Object) -> dict[str, Any] | None:
    """Return the owner reference that controls an object, or None."""
    owners = items(obj, "metadata", "ownerReferences")
    return next((owner for owner in owners if owner.get("controller") is True), None)


def of_kind(objects: Iterator[Object] | list[Object], kind: str, *groups: str) -> list[Object]:
    """Return the objects of one kind in any of the API groups, in input order."""
    return [obj for obj in objects if kind_of(obj) == kind and group_of(obj) in groups]


def managed_by(obj: Object) -> str | None:
    """Return the owner of an object: its controller's kind, else its managed-by label, else None."""
    owner = controller_of(obj)
    return (text(owner, "kind") if owner else None) or text(obj, "metadata", "labels", APP_MANAGED_BY)
