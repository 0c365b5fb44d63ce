"""The choices that a user has, by option. Types only, so that the command line can name them at little cost."""

from __future__ import annotations

from typing import Literal

PoolApi = Literal["auto", "v1", "v1alpha2"]
EppMode = Literal["reuse", "deploy"]
Layout = Literal["packed", "per-service"]
BodyToHeader = Literal["auto", "in-gateway", "sidecar", "none"]
StripEngineFields = Literal["auto", "always", "never"]
ModelsEndpoint = Literal["auto", "aggregator", "static", "none"]
