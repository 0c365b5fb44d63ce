"""Stands in for the package `sgl_kernel`, of which PyPI has no build for CPUs; it is copied into SGLang's environment.

Every name can be imported from it and from its submodules, and raises NotImplementedError when it is called.
"""

from __future__ import annotations

import importlib.abc
import importlib.machinery
import sys
import types
from collections.abc import Sequence
from typing import Any

__version__ = "0.4.10"


class _Missing:
    """A kernel, or a part of one, that does not exist."""

    def __init__(self, name: str) -> None:
        self.__name__ = name

    def __getattr__(self, name: str) -> _Missing:
        return _missing(f"{self.__name__}.{name}", name)

    def __call__(self, *_: Any, **__: Any) -> Any:
        raise NotImplementedError(f"sgl_kernel.{self.__name__}")


def _missing(path: str, name: str) -> _Missing:
    if name.startswith("__"):
        raise AttributeError(name)
    return _Missing(path)


def __getattr__(name: str) -> _Missing:
    return _missing(name, name)


class _Submodules(importlib.abc.MetaPathFinder, importlib.abc.Loader):
    """Finds any submodule."""

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: types.ModuleType | None = None
    ) -> importlib.machinery.ModuleSpec | None:
        is_ours = fullname.startswith("sgl_kernel.")
        return importlib.machinery.ModuleSpec(fullname, self, is_package=True) if is_ours else None

    def create_module(self, spec: importlib.machinery.ModuleSpec) -> types.ModuleType:
        module = types.ModuleType(spec.name)
        module.__getattr__ = __getattr__  # type: ignore[method-assign]
        module.__path__ = []
        return module

    def exec_module(self, module: types.ModuleType) -> None:
        """Do nothing."""


sys.meta_path.insert(0, _Submodules())
