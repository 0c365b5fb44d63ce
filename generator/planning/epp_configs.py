"""Configurations of deployed endpoint pickers: for pods that do all work, and for prefill beside decode. Pure, no I/O.

Sources: the default configuration of gateway-api-inference-extension, and `deploy/config/pd-epp-config.yaml` of
https://github.com/llm-d/llm-d-router at v0.9.0, whose picker has the plugins for roles.
"""

from __future__ import annotations

import json
from typing import Final

from llmd_routes.pods.engines import USUAL, named

IMAGE: Final = "registry.k8s.io/gateway-api-inference-extension/epp:v1.5.0"
ROLES_IMAGE: Final = "ghcr.io/llm-d/llm-d-router-endpoint-picker:v0.9.0"
# Prompts with at least this many uncached tokens are prefilled on another pod.
_UNCACHED: Final = 16

_METRICS: Final = """\
  - type: metrics-data-source
    parameters:
      scheme: http
      path: {path}
  - type: core-metrics-extractor
    parameters:
      defaultEngine: {engine}
"""
_DEFAULT: Final = f"""\
apiVersion: inference.networking.x-k8s.io/v1alpha1
kind: EndpointPickerConfig
plugins:
  - type: queue-scorer
  - type: kv-cache-utilization-scorer
  - type: prefix-cache-scorer
{_METRICS}schedulingProfiles:
  - name: default
    plugins:
      - pluginRef: queue-scorer
        weight: 2
      - pluginRef: kv-cache-utilization-scorer
        weight: 2
      - pluginRef: prefix-cache-scorer
        weight: 3
"""
_PROFILE: Final = """\
  - name: {role}
    plugins:
      - pluginRef: {role}-filter
      - pluginRef: prefix-cache-scorer
        weight: 2
      - pluginRef: queue-scorer
        weight: 1
      - pluginRef: max-score-picker
"""
_ROLES: Final = f"""\
apiVersion: llm-d.ai/v1alpha1
kind: EndpointPickerConfig
plugins:
  - type: approx-prefix-cache-producer
  - type: prefix-cache-scorer
  - type: queue-scorer
  - type: prefill-filter
  - type: decode-filter
  - type: max-score-picker
{_METRICS}{{decider}}
  - type: disagg-profile-handler
    parameters:
      deciders:
        prefill: pd-decider
schedulingProfiles:
"""
_BY_PREFIX: Final = f"""\
  - type: prefix-based-pd-decider
    name: pd-decider
    parameters:
      nonCachedTokens: {_UNCACHED}"""
_ALWAYS: Final = """\
  - type: always-disagg-pd-decider
    name: pd-decider"""


def default_config(engine: str | None) -> str:
    """Return the EndpointPickerConfig for pods that prefill and decode, with the metrics of an engine."""
    row = named(engine) or USUAL
    return _DEFAULT.format(engine=json.dumps(row.metrics), path=row.metrics_path)


def roles_config(engine: str | None) -> str:
    """Return the EndpointPickerConfig for pods that prefill beside pods that decode, with the metrics of an engine.

    A pod of an engine with an option for its role cannot prefill and decode, so every prompt is prefilled elsewhere.
    """
    row = named(engine) or USUAL
    decider = _ALWAYS if row.role_option else _BY_PREFIX
    plugins = _ROLES.format(engine=json.dumps(row.metrics), path=row.metrics_path, decider=decider)
    return plugins + "".join(_PROFILE.format(role=role) for role in ("prefill", "decode"))
