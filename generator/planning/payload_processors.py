"""Plan body-based routing by payload processors that exist already. Pure, no I/O.

They set the headers that clients would send otherwise, so the routes are those for headers from clients.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from llmd_routes.errors import Problems
from llmd_routes.gateways import by_name
from llmd_routes.gateways.implementation import Draft
from llmd_routes.kube.objects import Ref
from llmd_routes.model.bodies import Carrier
from llmd_routes.model.plan import Attachment
from llmd_routes.model.processors import PayloadProcessor, Reader
from llmd_routes.notices import Notice
from llmd_routes_sidecar.owners import MODEL_HEADER, OWNER_HEADER

OPTION: Final = "--body-to-header payload-processor"
_OWNER: Final = "owned_by"


def plan_readers(draft: Draft, problems: Problems) -> Carrier:
    """Return how existing processors read bodies; adds a problem for each Gateway that calls none of them."""
    readers = problems.sift(_reader(one, draft) for one in draft.route_set.attachments)
    return Carrier(reason=f"with {OPTION}", readers=tuple(dict.fromkeys(readers)))


def _reader(attachment: Attachment, draft: Draft) -> Reader | str:
    """Return the processor that a Gateway calls, or an error."""
    if not draft.processors:
        fix = "add its Deployment, Service and ConfigMap to the input, or remove the option"
        return f"{OPTION}: no payload processor in the input; {fix}"
    if not by_name(attachment.implementation).calls_processors:
        fact = f"{attachment.implementation} calls no payload processor"
        return f"{OPTION}: {attachment.ref}: {fact}; remove the option"
    called = next(_called(attachment, draft), None)
    if called is not None:
        return _checked(*called)
    names = ", ".join(str(processor.workload) for processor in draft.processors)
    fact = f"no policy in the input calls {names} for this Gateway"
    fix = f"set provider.name and inferenceGateway.name={attachment.ref.name} in the values of its chart"
    return f"{OPTION}: {attachment.ref}: {fact}; {fix}"


def existing_readers(draft: Draft) -> tuple[Reader, ...]:
    """Return what sets the model header on the Gateways already; none if it is missing on one of them."""
    readers: list[Reader] = []
    for one in draft.route_set.attachments:
        called = (_checked(*each) for each in _called(one, draft))
        on_gateway = [reader for reader in called if isinstance(reader, Reader)]
        for reader in by_name(one.implementation).body_readers(one, draft.policies):
            if MODEL_HEADER in reader.headers:
                on_gateway.append(Reader(reader.policy, None, OWNER_HEADER in reader.headers))
        if not on_gateway:
            return ()
        readers += on_gateway
    return tuple(dict.fromkeys(readers))


def _called(attachment: Attachment, draft: Draft) -> Iterator[tuple[PayloadProcessor, Ref]]:
    """Yield the known processors that a Gateway calls, each with the policy."""
    by_service = {service: processor for processor in draft.processors for service in processor.services}
    for reader in by_name(attachment.implementation).body_readers(attachment, draft.policies):
        if reader.service in by_service:
            yield by_service[reader.service], reader.policy


def _checked(processor: PayloadProcessor, policy: Ref) -> Reader | str:
    headers = processor.headers
    if headers is not None and headers.get("model") != MODEL_HEADER:
        fact = f"does not copy the field model to {MODEL_HEADER}"
        return f"{processor.workload}: {fact}; {_plugin('model', MODEL_HEADER, processor)}"
    return Reader(policy, processor.workload, None if headers is None else headers.get(_OWNER) == OWNER_HEADER)


def notices_of_readers(draft: Draft) -> Iterator[Notice]:
    """Yield what existing processors do not do: read the engine if they are not configured to, and other limits."""
    processors = {processor.workload: processor for processor in draft.processors}
    for reader in draft.carrier.readers:
        if reader.workload is None:
            continue
        name = str(reader.workload)
        if not reader.reads_engine:
            fact = f"does not copy the field {_OWNER} to {OWNER_HEADER}, so clients must send the header"
            fix = _plugin(_OWNER, OWNER_HEADER, processors[reader.workload])
            if reader.reads_engine is None:
                fact = f"its configuration is not in the input, so it may not copy {_OWNER} to {OWNER_HEADER}"
                fix = f"add its ConfigMap to the input; {fix}"
            yield Notice("engine-unread", name, fact, fix)
        fact = (
            "answers 400 to every body on the Gateway that is not a JSON object, reads no forms and no query, and keeps"
            " the headers of clients if a body lacks the field"
        )
        fix = "if requests need more, disable it in the values of its chart, and pass another --body-to-header"
        yield Notice("payload-processor", name, fact, fix)


def _plugin(field: str, header: str, processor: PayloadProcessor) -> str:
    """Return the fix that makes a processor copy a field."""
    return f"add a plugin body-field-to-header with fieldName: {field} and headerName: {header} in {processor.setting}"
