"""Ask engines for facts that no manifest contains, through the API server's proxy of pods. I/O at its end only.

In: an inventory, the objects that it was made from, and a connection. Out: what engines told, as overrides of unknown
facts, and notices about who did not answer. Engines are not trusted: names that no route can match are left out.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final

from llmd_routes.errors import ClusterError
from llmd_routes.inventory.overrides import Override
from llmd_routes.kube.objects import Object, items, kind_of, labels, name_of, namespace_of, text
from llmd_routes.model.inventory import ModelService
from llmd_routes.notices import Notice
from llmd_routes.pods.engines import by_name, known
from llmd_routes_sidecar.engine_models import AnswerError, models_of
from llmd_routes_sidecar.owners import normalise

from .connection import Connection
from .threads import run_all

_AT_ONCE: Final = 8
_REMEDY: Final = "check the pod, and grant get on pods/proxy (manifests/ask-engines.yaml)"


@dataclass(frozen=True, slots=True)
class Told:
    """The answers of engines, by `namespace/Kind/name` of a workload, and notices about engines that did not answer."""

    overrides: dict[str, Override]
    notices: tuple[Notice, ...]


def ask_engines(connection: Connection, services: Sequence[ModelService], objects: Sequence[Object]) -> Told:
    """Query a ready pod of each service whose engine or models are unknown; all other facts are unchanged."""
    unknown = [service for service in services if service.engine is None or not service.models]
    answers = run_all(lambda service: _asked(connection, service, objects), unknown, _AT_ONCE)
    overrides: dict[str, Override] = {}
    notices: list[Notice] = []
    for service, answer in zip(unknown, answers, strict=True):
        if isinstance(answer, Override):
            ref = service.workloads[0]
            overrides[f"{ref.namespace}/{ref.kind}/{ref.name}"] = answer
        else:
            notices.append(Notice("not-answered", service.title, answer, _REMEDY))
    return Told(overrides, tuple(notices))


def _asked(connection: Connection, service: ModelService, objects: Sequence[Object]) -> Override | str:
    """Return the response of a pod of a service, or why no pod responds."""
    if not service.ports:
        return "its port is unknown, so it was not asked"
    pod = next(_ready(service, objects), None)
    if pod is None:
        return "none of its pods is ready"
    scheme = "https:" if service.scheme == "https" else ""
    path = f"/api/v1/namespaces/{service.namespace}/pods/{scheme}{pod}:{service.ports[0]}/proxy/v1/models"
    try:
        status, raw = connection.fetch(path)
        if status != 200:
            return f"pod {pod} answers {status} to GET /v1/models"
        names, owner = list(models_of(raw)), _owner(raw)
    except (ClusterError, AnswerError) as error:
        return f"pod {pod} did not answer: {error}"
    engine = known(owner) if service.engine is None else None
    models = tuple(names) if names and not service.models else None
    if engine is None and models is None:
        return f"pod {pod} answered without new facts"
    return Override(
        engine=engine if engine is not None and by_name(engine).tells_owner else None,
        models=models,
        source=f"pod {pod} /v1/models",
    )


def _ready(service: ModelService, objects: Sequence[Object]) -> Iterator[str]:
    """Yield the ready pods of a service, by name."""
    for obj in objects:
        mine = labels(obj, "metadata", "labels").items()
        if kind_of(obj) != "Pod" or namespace_of(obj) != service.namespace:
            continue
        conditions = {text(one, "type"): text(one, "status") for one in items(obj, "status", "conditions")}
        ready = conditions.get("Ready") == "True"
        if ready and any(template.labels and template.labels.items() <= mine for template in service.templates):
            yield name_of(obj)


def _owner(raw: bytes) -> str | None:
    """Return the owner in the first entry of a models list."""
    data: Any = json.loads(raw).get("data")
    owner = data[0].get("owned_by") if data and isinstance(data[0], dict) else None
    return normalise(owner) if isinstance(owner, str) else None
