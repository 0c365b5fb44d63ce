"""The values of options that offer a choice. Types only, so that `--help` needs no further imports."""

from __future__ import annotations

from typing import Literal

PoolApi = Literal["auto", "v1", "v1alpha2"]
EppMode = Literal["reuse", "deploy"]
EppPreset = Literal["default", "pd"]
BackendKind = Literal["auto", "pool", "service"]
Layout = Literal["packed", "per-service"]
BodyToHeader = Literal["auto", "in-gateway", "external", "ext-authz", "ext-proc", "payload-processor", "none"]
StripEngineFields = Literal["auto", "always", "never"]
ModelsEndpoint = Literal["auto", "server", "static", "none"]
