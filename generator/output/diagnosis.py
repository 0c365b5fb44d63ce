"""Print a diagnosis: lines for people, JSON or YAML for programs. Pure: text out, no I/O."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict
from typing import Any

from llmd_routes.diagnosing.probes import subject_of
from llmd_routes.model.explanation import Pods
from llmd_routes.model.findings import Diagnosis, Finding, ServingPath
from llmd_routes.model.probes import Probe
from llmd_routes.terminal import json_text, one_line

from .tables import as_yaml


def as_text(diagnosis: Diagnosis, output: str) -> str:
    """Return a diagnosis as `text`, `json` or `yaml`; findings first, then the paths that serve."""
    if output == "json":
        return json_text(as_data(diagnosis), 2) + "\n"
    if output == "yaml":
        return as_yaml(as_data(diagnosis))
    lines = [line for finding in diagnosis.findings for line in finding_lines(finding)]
    lines += [f"ok: {_path_line(path)}" for path in diagnosis.paths]
    lines += [f"not read: {_path_line(path)}" for path in diagnosis.unread]
    lines += [f"probe: {_probe_line(probe)}" for probe in diagnosis.probes]
    return "".join(f"{one_line(line)}\n" for line in lines)


def as_data(diagnosis: Diagnosis) -> dict[str, Any]:
    """Return a diagnosis as plain data; fields are added compatibly."""
    return {
        "findings": [asdict(finding) for finding in diagnosis.findings],
        "paths": [_path_data(path) for path in diagnosis.paths],
        "unread": [_path_data(path) for path in diagnosis.unread],
        "probes": [_probe_data(probe) for probe in diagnosis.probes],
    }


def _path_data(path: ServingPath) -> dict[str, Any]:
    destination = path.destination
    return {
        "gateway": str(path.gateway),
        "route": str(path.route),
        "rule": path.rule,
        "backend": str(destination.backend),
        "picker": str(destination.picker) if destination.picker else None,
        "pods": len(destination.pods.names),
        "ready": destination.pods.ready,
    }


def _probe_data(probe: Probe) -> dict[str, Any]:
    return {
        "model": probe.model,
        "engine": probe.engine,
        "url": str(probe.entry),
        "status": probe.answer.status,
        "failure": probe.answer.failure,
        "predicted": probe.predicted,
    }


def _probe_line(probe: Probe) -> str:
    return f"{subject_of(probe)}: {probe.answer.status or 'no response'}"


def finding_lines(finding: Finding) -> Iterator[str]:
    """Yield the lines of a finding: the fact, then field, impact and fix."""
    yield f"{finding.severity}: {finding.object}: {finding.fact} [{finding.cause}]"
    if finding.field:
        yield f"  field: {finding.field}"
    yield f"  impact: {finding.impact}"
    yield f"  fix: {finding.fix}"


def _path_line(path: ServingPath) -> str:
    destination = path.destination
    parts = [str(path.gateway), f"{path.route} rule {path.rule}", str(destination.backend)]
    if destination.picker is not None:
        parts.append(f"{destination.picker}{_ready(destination.picker_pods)}")
    parts.append(_pods(destination.pods))
    return " -> ".join(filter(None, parts))


def _ready(pods: Pods) -> str:
    return f" ({pods.ready} of {len(pods.names)} ready)" if pods.names else ""


def _pods(pods: Pods) -> str:
    if pods.names:
        return f"{pods.ready} of {len(pods.names)} pods ready"
    return f"pods of {', '.join(map(str, sorted(pods.workloads)))}" if pods.workloads else ""
