"""Plan a pool with an endpoint picker (EPP) of its own for a ModelService that has none. Pure, no I/O.

The EPP is that of gateway-api-inference-extension, or llm-d's where it must tell roles apart. It has one replica, as
their charts recommend (prefix-cache state is held in memory).
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final

from llmd_routes.kube.objects import Ref
from llmd_routes.model.choices import EppPreset
from llmd_routes.model.inventory import Epp, ModelService
from llmd_routes.model.naming import shortened
from llmd_routes.model.options import Options
from llmd_routes.model.plan import Backend, Keyed, PlannedEpp, PlannedPool
from llmd_routes.names import EPP_PORT, POOL_V1ALPHA2, ROLE
from llmd_routes.notices import LABEL
from llmd_routes.problems import Problem

from .epp_configs import IMAGE, ROLES_IMAGE, default_config, roles_config

_LONGEST: Final = 63
_SUFFIX: Final = "-epp"
# Roles that have a built-in configuration.
_PAIR: Final = {"decode", "prefill"}


def obstacles(one: Keyed, group: str, options: Options) -> list[str | Problem]:
    """Return why no EPP can be deployed for a service."""
    service = one.service
    problems: list[str | Problem] = []
    if len(service.roles) > 1 and options.epp_config is None:
        problems += _obstacles_of_roles(service, options.epp_preset)
    if group == POOL_V1ALPHA2 and options.epp_image is None:
        problems.append(
            f"{service.title}: requires a v1alpha2 InferencePool, which {_image(service, options)} does not support;"
            " pass --epp-image with an image that does"
        )
    return problems


def _obstacles_of_roles(service: ModelService, preset: EppPreset | None) -> Sequence[str | Problem]:
    """Return why a built-in configuration does not support the roles of a service."""
    shown = f"{service.title}: its pods {' and '.join(service.roles)}"
    if set(service.roles) != _PAIR:
        return [f"{shown}, and no built-in configuration supports these roles; pass --epp-config FILE"]
    if preset != "pd":
        return [
            f"{shown}, and the default configuration does not support roles; pass --epp-config pd or --epp-config FILE"
        ]
    if service.unlabelled:
        named = ", ".join(f"{ref.kind}/{ref.name}" for ref in service.unlabelled)
        fact = f"--epp-config pd selects pods by the label {ROLE}, which pods of {named} lack"
        return [Problem(service.title, fact, LABEL)]
    return []


def _joins_roles(service: ModelService, options: Options) -> bool:
    return options.epp_config is None and options.epp_preset == "pd" and len(service.roles) > 1


def _image(service: ModelService, options: Options) -> str:
    return options.epp_image or (ROLES_IMAGE if _joins_roles(service, options) else IMAGE)


def _config(service: ModelService, options: Options) -> str:
    built_in = roles_config if _joins_roles(service, options) else default_config
    return options.epp_config or built_in(service.engine)


def deployed(one: Keyed, group: str, options: Options) -> Backend:
    """Return the pool `<service>-<owner>` of a service with its EPP `<service>-<owner>-epp`."""
    service = one.service
    name = pool_name(one)
    pool = Ref(service.namespace, "InferencePool", name)
    workload = Ref(service.namespace, "Deployment", f"{name}{_SUFFIX}")
    epp = Epp(workload, workload.name, EPP_PORT, name, service.namespace, group, tls=True, release=None)
    planned_epp = PlannedEpp(workload, pool, group, _image(service, options), _config(service, options))
    planned = PlannedPool(pool, group, dict(service.selector or {}), service.ports, workload.name, EPP_PORT)
    return Backend(one, pool, group, epp, planned, planned_epp)


def pool_name(one: Keyed) -> str:
    """Return a name that is also valid for a Service: lower case, without dots, starting with a letter."""
    base = one.service.name or "-".join(ref.name for ref in one.service.workloads)
    name = re.sub(r"[^a-z0-9-]+", "-", f"{base}-{one.owner}".lower()).strip("-")
    return shortened(name if name[0].isalpha() else f"m-{name}", _LONGEST - len(_SUFFIX))
