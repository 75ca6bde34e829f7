"""The routers of a package: each module that has a `router` is served; a new page or address needs no list."""

from __future__ import annotations

from importlib import import_module
from pkgutil import iter_modules

from fastapi import APIRouter


def routers_of(package: str) -> tuple[APIRouter, ...]:
    """In the order of the modules' names. A test refuses two routes of which the first takes the other's addresses."""
    names = sorted(module.name for module in iter_modules(import_module(package).__path__))
    modules = (import_module(f"{package}.{name}") for name in names)
    return tuple(module.router for module in modules if isinstance(getattr(module, "router", None), APIRouter))
