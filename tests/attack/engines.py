"""The model that an engine runs, as engines in Python read a request: by starlette, json.loads and python-multipart."""

from __future__ import annotations

import asyncio
import json
from typing import Any

from starlette.datastructures import UploadFile
from starlette.exceptions import HTTPException
from starlette.requests import Request

REFUSED = "refused by the engine"


def model_of_json(body: bytes) -> Any:
    """Return the value of `model` whatever the content type says, REFUSED if the engine answers 400.

    vLLM, SGLang and TensorRT-LLM read so: `json.loads` detects UTF-16 and UTF-32, accepts a byte order mark and NaN.
    """
    try:
        found = json.loads(body)
    except (ValueError, RecursionError):
        return REFUSED
    return found.get("model") if isinstance(found, dict) else REFUSED


def model_of_form(content_type: str, body: bytes) -> Any:
    """Return the field `model` of a form, REFUSED if the engine answers 400."""
    return asyncio.run(_model_of_form(content_type, body))


async def _model_of_form(content_type: str, body: bytes) -> Any:
    async def receive() -> dict[str, Any]:
        return {"type": "http.request", "body": body, "more_body": False}

    scope = {"type": "http", "method": "POST", "headers": [(b"content-type", content_type.encode("latin-1"))], "app": 1}
    try:
        form = await Request(scope, receive).form()
    except (HTTPException, UnicodeError):
        return REFUSED
    model = form.get("model")
    await form.close()
    return REFUSED if isinstance(model, UploadFile) else model
