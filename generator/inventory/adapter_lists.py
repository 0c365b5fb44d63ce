"""Read the ConfigMaps of llm-d's body-based router, which list the adapters of a base model. Pure, no I/O.

Source: `pkg/bbr` of https://github.com/kubernetes-sigs/gateway-api-inference-extension; the newer label is that of
llm-d's inference payload processor.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final

from llmd_routes.kube.namespaces import NamespaceOf
from llmd_routes.kube.objects import Object, Ref, labels, name_of, of_kind, text
from llmd_routes.model.inventory import ModelService
from llmd_routes.names import SETTINGS_FILE
from llmd_routes.notices import Notice
from llmd_routes.text.yaml_values import load

_LABELS: Final = ("inference.networking.k8s.io/bbr-managed", "inference.llm-d.ai/ipp-managed")


@dataclass(frozen=True, slots=True)
class AdapterList:
    """A ConfigMap with the adapters of a base model, in order; `adapters` is None if they are unreadable."""

    ref: Ref
    base: str
    adapters: tuple[str, ...] | None


def read_adapter_lists(objects: Sequence[Object], namespace: NamespaceOf) -> list[AdapterList]:
    """Return the ConfigMaps that contain a base model and its adapters, sorted."""
    maps = [obj for obj in of_kind(list(objects), "ConfigMap", "") if _is_managed(obj)]
    lists = [
        AdapterList(Ref(namespace(obj), "ConfigMap", name_of(obj)), base, _names(text(obj, "data", "adapters") or ""))
        for obj in maps
        if (base := text(obj, "data", "baseModel"))
    ]
    return sorted(lists, key=lambda each: each.ref)


def _is_managed(obj: Object) -> bool:
    own = labels(obj, "metadata", "labels")
    return any(own.get(label) == "true" for label in _LABELS)


def _names(content: str) -> tuple[str, ...] | None:
    if not content.strip():
        return ()
    listed = load(content)
    is_list = isinstance(listed, list) and all(isinstance(name, str) and name for name in listed)
    return tuple(dict.fromkeys(listed)) if is_list else None


def add_adapters(
    services: Sequence[ModelService], lists: Sequence[AdapterList]
) -> tuple[list[ModelService], list[Notice]]:
    """Return the services with the adapters of their models, in order, and a notice for each list.

    A ConfigMap does not name a service: if several services serve its base model, none of them gets the adapters.
    """
    named = list(services)
    notices: list[Notice] = []
    for each in lists:
        serving = [
            number
            for number, service in enumerate(named)
            if service.namespace == each.ref.namespace and each.base in service.models
        ]
        if each.adapters is None:
            fact = "the key adapters is not a YAML list of names, so the adapters are not routed"
            notices.append(Notice("dynamic-lora", str(each.ref), fact, "correct the list"))
            continue
        number = serving[0] if len(serving) == 1 else None
        fresh = [name for name in each.adapters if not any(name in _names_of(named[n]) for n in serving)]
        if number is not None and fresh:
            named[number] = replace(named[number], dynamic_models=(*named[number].dynamic_models, *fresh))
            fact = f"serves the adapters {', '.join(fresh)}, which {each.ref} names"
            fix = "run generate again when the ConfigMap changes"
            notices.append(Notice("dynamic-lora", named[number].title, fact, fix))
        elif fresh:
            titles = ", ".join(named[n].title for n in serving)
            why = f"{titles} all serve {each.base}" if serving else f"no ModelService serves {each.base}"
            fact = f"{why}, so the adapters {', '.join(fresh)} are not routed"
            fix = f"list them for one ModelService in {SETTINGS_FILE} (models)"
            notices.append(Notice("dynamic-lora", str(each.ref), fact, fix))
    return named, notices


def _names_of(service: ModelService) -> set[str]:
    return {*service.models, *service.dynamic_models}
