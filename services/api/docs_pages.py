"""Pages about the HTTP API: every operation, with a form to try it, and every kind of problem.

Nothing is loaded from elsewhere. The key that is typed to try an operation stays in the page and is never stored.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from html import escape
from pathlib import Path
from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse, Response

from services.api.authorization import GuardedRoute
from services.api.openapi import ABOUT, describe
from services.api.problem_types import PROBLEM_TYPES, ProblemType
from services.core.errors import NotFoundError
from services.messaging.publisher import EVENT
from services.security.roles import ROUTES

STYLE, SCRIPT = Path(__file__).with_name("docs.css"), Path(__file__).with_name("docs.js")
_KEY = (
    "<p class=key><label>API key, to try operations below <input id=key type=password autocomplete=off "
    "spellcheck=false></label> It stays in this page: nothing stores it, and closing the page forgets it.</p>"
)

router = APIRouter(route_class=GuardedRoute, tags=["documents"], include_in_schema=False)


@router.get("/docs/style.css")
def style() -> Response:
    return Response(STYLE.read_bytes(), media_type="text/css")


@router.get("/docs/try.js")
def script() -> Response:
    return Response(SCRIPT.read_bytes(), media_type="text/javascript")


@router.get("/docs")
def docs(request: Request) -> HTMLResponse:
    """All operations on one plain page."""
    made = describe(request.app)
    title = f"{made['info']['title']} API {made['info']['version']}"
    operations = (
        _operation(method, path, operation)
        for path, methods in made["paths"].items()
        for method, operation in methods.items()
    )
    return _page(
        title,
        f"<p>{_prose(ABOUT)}</p>"
        f'<p>The whole document: <a href="/openapi.json">OpenAPI</a>. The stream, whose entries carry a CloudEvent in '
        f'the field <code>{EVENT}</code>: <a href="/asyncapi">AsyncAPI</a>. '
        f'<a href="/problems">Kinds of problems</a>.</p>{_KEY}{"".join(operations)}'
        '<script src="/docs/try.js" defer></script>',
    )


@router.get("/problems")
def problems() -> HTMLResponse:
    """Every kind of problem answer."""
    rows = "".join(
        f'<tr><td><a href="{each.address}"><code>{each.name}</code></a><td>{_prose(each.title)}'
        for each in sorted(PROBLEM_TYPES.values(), key=lambda each: each.name)
    )
    return _page("Problems", f"<p>What <code>type</code> of a problem answer can be.</p><table>{rows}</table>")


@router.get("/problems/{name}")
def problem_page(name: str) -> HTMLResponse:
    """What one kind of problem means, and what to do. Raises NotFoundError."""
    found = PROBLEM_TYPES.get(name)
    if found is None:
        raise NotFoundError("no such kind of problem; GET /problems lists them")
    return _page(found.title, _problem(found))


def _problem(found: ProblemType) -> str:
    return (
        f"<p>Type <code>{found.address}</code></p><h2>What was wrong</h2><p>{_prose(found.meaning)}</p>"
        f"<h2>What to do</h2><p>{_prose(found.remedy)}</p>"
        '<p><a href="/problems">All kinds of problems</a> · <a href="/docs">The API</a></p>'
    )


def _page(title: str, body: str) -> HTMLResponse:
    return HTMLResponse(
        f'<!doctype html><html lang="en"><head><meta charset="utf-8"><title>{_plain(title)}</title>'
        '<meta name="viewport" content="width=device-width"><link rel="stylesheet" href="/docs/style.css"></head><body>'
        f"<main><h1>{_prose(title)}</h1>{body}</main></body></html>"
    )


def _prose(text: str) -> str:
    """Text with `code` between backquotes, as HTML."""
    return re.sub(r"`([^`]+)`", r"<code>\1</code>", escape(text))


def _plain(text: str) -> str:
    return escape(text.replace("`", ""))


def _operation(method: str, path: str, operation: dict[str, Any]) -> str:
    needs = ROUTES[f"{method.upper()} {path}"].needs
    parts = [f"<h2><code>{method.upper()} {escape(path)}</code></h2>"]
    parts += [f"<p>{_prose(text)}</p>" for text in operation.get("description", "").split("\n\n")]
    parts.append(f"<p class=needs>Needs: {escape(str(needs))}</p>")
    if parameters := operation.get("parameters"):
        rows = "".join(
            f"<tr><td><code>{escape(each['name'])}</code><td>{each['in']}<td>{_prose(each.get('description', ''))}"
            for each in parameters
        )
        parts.append(f"<table><tr><th>parameter<th>in<th>meaning{rows}</table>")
    if not _is_endless(operation):
        parts += ["<details><summary>Try it</summary>", *_form(method, path, operation), "</details>"]
    return f"<section>{''.join(parts)}</section>"


def _is_endless(operation: dict[str, Any]) -> bool:
    return "text/event-stream" in operation["responses"].get("200", {}).get("content", {})


def _form(method: str, path: str, operation: dict[str, Any]) -> Iterator[str]:
    """Fields for parameters and body; `docs.js` sends them."""
    yield f'<form data-method="{method.upper()}" data-path="{escape(path)}">'
    for each in operation.get("parameters", ()):
        required = " required" if each.get("required") else ""
        yield (
            f'<label>{escape(each["name"])} <input name="{escape(each["name"])}" data-in="{each["in"]}"'
            f' autocomplete="off"{required}></label>'
        )
    if content := operation.get("requestBody", {}).get("content", {}):
        yield from _body_fields(content)
    yield '<button>Send</button><p role="status"></p><pre hidden tabindex="0"></pre></form>'


def _body_fields(content: dict[str, Any]) -> Iterator[str]:
    options = "".join(
        f'<option data-example="{escape(_example(each))}">{escape(kind)}' for kind, each in content.items()
    )
    yield f'<label>Content-Type <select name="kind">{options}</select></label>'
    first = escape(_example(next(iter(content.values()))))
    yield f'<label>Body <textarea name="body" rows="8">{first}</textarea></label>'
    if any("json" not in kind for kind in content):
        yield '<label>or a file <input name="file" type="file"></label>'


def _example(content: dict[str, Any]) -> str:
    """What a body may look like; empty where the document has no example."""
    examples = content.get("schema", {}).get("examples") or [None]
    named = [each.get("value") for each in content.get("examples", {}).values()] or [None]
    found = content.get("example", examples[0] if examples[0] is not None else named[0])
    if found is None:
        return ""
    if isinstance(found, dict) and set(found) == {"file"}:  # of a form: what its one file holds
        found = found["file"]
    return found if isinstance(found, str) else json.dumps(found, indent=2)
