"""Runs the extractor under LuaJIT or Lua 5.1, in what stands for Envoy's side of a Lua filter."""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module
from typing import Any

from llmd_routes.gateways.lua import METADATA
from llmd_routes.output.lua_program import extractor
from llmd_routes_sidecar.answers import Answer, refusal
from llmd_routes_sidecar.catalog import Catalog
from llmd_routes_sidecar.extraction import Decision, Refusal, Settings
from llmd_routes_sidecar.owners import MODEL_HEADER, OWNER_HEADER
from llmd_routes_sidecar.request_head import Request, is_upgrade

# Envoy's objects: values of one header are joined, headers are dead once the body was asked for, a request without a
# body has none, and an answer ends the script.
_ENVOY = b"""
return function(pairs_, body, upgraded)
  local values, order, seen, generation = {}, {}, {reads = 0}, 0
  for i = 1, #pairs_, 2 do
    local name = string.lower(pairs_[i])
    values[name] = values[name] and values[name] .. "," .. pairs_[i + 1] or pairs_[i + 1]
  end
  local function headers()
    local mine = generation
    local function alive() if mine ~= generation then error("dead") end end
    return {
      get = function(_, name) alive() return values[name] end,
      replace = function(_, name, value) alive() values[name] = value end,
      remove = function(_, name) alive() values[name] = nil end,
    }
  end
  local handle = {
    headers = headers,
    body = function()
      seen.reads = seen.reads + 1
      generation = generation + 1
      if upgraded then error("hangs") end
      return body and {
        length = function() return #body end,
        getBytes = function(_, from, length) return string.sub(body, from + 1, from + length) end,
        setBytes = function(_, bytes) seen.body = bytes end,
      }
    end,
    respond = function(_, head, text) seen.status, seen.text = head[":status"], text error(seen) end,
    streamInfo = function()
      return {dynamicMetadata = function()
        return {set = function(_, namespace, key, value) seen[namespace .. ":" .. key] = value end}
      end}
    end,
  }
  local fine, problem = pcall(envoy_on_request, handle)
  if not fine and problem ~= seen then error(problem) end
  return values, seen
end
"""


class Filter:
    """The extractor of an installation, loaded as one worker of Envoy does."""

    def __init__(
        self,
        settings: Settings,
        program: str = "luajit21",
        catalog: Catalog | None = None,
    ) -> None:
        """Load it; `program` is a module of lupa."""
        runtime: Any = import_module(f"lupa.{program}").LuaRuntime
        self.settings = settings
        self.lua = runtime(encoding=None, register_eval=False, unpack_returned_tuples=True)
        self._run: Callable[..., Any] = self.lua.execute(_ENVOY)
        self.lua.execute(extractor(settings, catalog).encode())

    def decide(self, request: Request, body: bytes | None = None) -> tuple[Decision, bool]:
        """Return what becomes of a request, and whether its body was read.

        As in a gateway, the client's own model header was removed before.
        """
        values, seen = self._ran(request, body)
        text = seen[b"text"] and seen[b"text"].decode()
        refused = next(each for each in (*Refusal, None) if each is None or refusal(each, self.settings).body == text)
        model, owner = values[MODEL_HEADER.encode()], values[OWNER_HEADER.encode()]
        path = values[b":path"].decode()
        found = Decision(model and model.decode(), owner and owner.decode(), path, refused)
        return found, bool(seen[b"reads"])

    def changed(self, request: Request, body: bytes) -> bytes:
        """Return the body with which a request goes on."""
        _, seen = self._ran(request, body)
        return body if seen[b"body"] is None else bytes(seen[b"body"])

    def answer(self, request: Request, body: bytes | None = None) -> Answer | None:
        """Return what a request is to be answered when no route takes it, None when nothing is said of that."""
        _, seen = self._ran(request, body)
        status, text = seen[f"{METADATA}:status".encode()], seen[f"{METADATA}:body".encode()]
        return Answer(int(status), text.decode()) if status else None

    def _ran(self, request: Request, body: bytes | None) -> tuple[Any, Any]:
        head = [(":method", request.method), (":authority", request.host), (":path", request.path)]
        head += [(name, value) for name, value in request.headers if name.lower() != MODEL_HEADER]
        flat = [text.encode("latin-1") for pair in head for text in pair]
        if body is not None and not request.values("content-length"):
            flat += [b"content-length", b"%d" % len(body)]
        upgraded = request.method == "CONNECT" or is_upgrade(request)
        values, seen = self._run(self.lua.table(*flat), body, upgraded)
        return values, seen
