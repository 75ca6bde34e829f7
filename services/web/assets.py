"""Stylesheet, scripts and pictures, under addresses that change with their content, so that browsers keep them."""

from __future__ import annotations

import hashlib
from functools import cache
from pathlib import Path
from typing import Annotated

from fastapi import APIRouter
from fastapi import Path as InPath
from fastapi.responses import Response

from services.api.authorization import GuardedRoute
from services.core.errors import NotFoundError

STATIC = Path(__file__).parent / "static"
TYPES = {".css": "text/css; charset=utf-8", ".js": "text/javascript; charset=utf-8", ".svg": "image/svg+xml"}
FOR_EVER = "public, max-age=31536000, immutable"

router = APIRouter(route_class=GuardedRoute, include_in_schema=False)


@cache
def files() -> dict[str, tuple[bytes, str]]:
    """Name -> content and type of all there is to serve; nothing else can be asked for."""
    found = sorted(path for path in STATIC.iterdir() if path.suffix in TYPES)
    return {path.name: (path.read_bytes(), TYPES[path.suffix]) for path in found}


@cache
def version() -> str:
    """Of all files together: scripts import each other by relative address."""
    digest = hashlib.sha256()
    for name, (content, _) in files().items():
        digest.update(name.encode() + b"\0" + content)
    return digest.hexdigest()[:12]


def address(name: str) -> str:
    if name not in files():
        raise KeyError(name)
    return f"/static/{version()}/{name}"


@router.get("/static/{version}/{name}")
def get_file(
    version: Annotated[str, InPath(pattern=r"^[0-9a-f]{12}$")], name: Annotated[str, InPath(max_length=60)]
) -> Response:
    """One of our files. An address of an older version gets today's file and no promise to keep it."""
    if name not in files():
        raise NotFoundError("no such file")
    content, kind = files()[name]
    kept = FOR_EVER if version == globals()["version"]() else "no-cache"
    return Response(content, media_type=kind, headers={"Cache-Control": kept})


@router.get("/favicon.ico")
def favicon() -> Response:
    """Browsers ask for it by themselves."""
    content, kind = files()["icon.svg"]
    return Response(content, media_type=kind, headers={"Cache-Control": "public, max-age=86400"})
