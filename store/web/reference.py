"""The reference of an API as one page of plain HTML, made of its OpenAPI document: nothing is loaded, nothing runs."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from html import escape
from typing import Any

from fastapi import FastAPI, Request
from fastapi.responses import HTMLResponse

STYLE = (
    "body{font:16px/1.5 system-ui,sans-serif;max-width:60rem;margin:2rem auto;padding:0 1rem;color:#222}"
    "h2{margin-top:3rem;border-top:1px solid #ccc;padding-top:1rem}code,pre{font:14px/1.4 ui-monospace,monospace}"
    "pre{background:#f4f4f0;padding:.6rem;overflow-x:auto}table{border-collapse:collapse;width:100%}"
    "td,th{text-align:left;vertical-align:top;padding:.25rem .6rem .25rem 0;border-bottom:1px solid #e5e5e0}"
    "@media(prefers-color-scheme:dark){body{color:#ddd;background:#181818}pre{background:#252525}a{color:#8bf}}"
)
HEADERS = {
    "content-security-policy": "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'; base-uri 'none'",
    "x-content-type-options": "nosniff",
    "referrer-policy": "no-referrer",
}
Document = Mapping[str, Any]


def install(app: FastAPI) -> None:
    """Answer ``/docs`` with the reference of ``app``."""

    @app.get("/docs", include_in_schema=False)
    def docs(request: Request) -> HTMLResponse:
        return HTMLResponse(page(app.openapi(), str(request.base_url).rstrip("/")), headers=HEADERS)


def page(document: Document, base: str) -> str:
    """The page of an OpenAPI document that is served at ``base``."""
    title = escape(document["info"]["title"])
    return "".join(
        (
            f'<!doctype html><html lang="en"><meta charset="utf-8"><title>{title}: REST</title>',
            f'<meta name="viewport" content="width=device-width, initial-scale=1"><style>{STYLE}</style>',
            f"<main><h1>{title}: REST</h1><p>For programs: <a href='/openapi.json'>openapi.json</a>.</p><nav><ul>",
            *(f'<li><a href="#{_anchor(path)}"><code>{escape(path)}</code></a></li>' for path in document["paths"]),
            "</ul></nav>",
            *_paths(document, base),
            "</main></html>",
        )
    )


def _paths(document: Document, base: str) -> Iterator[str]:
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            parameters = operation.get("parameters", [])
            yield f'<section id="{_anchor(path)}"><h2><code>{method.upper()} {escape(path)}</code></h2>'
            yield f"<p>{escape(operation.get('description', operation.get('summary', '')))}</p>"
            yield f"<pre>{escape(example(base, path, operation))}</pre>"
            if parameters:
                yield f"<table><tr><th>parameter<th>values<th>what{''.join(map(_parameter, parameters))}</table>"
            yield f"<table><tr><th>answer<th>what{''.join(_answers(document, operation))}</table></section>"


def _parameter(parameter: Document) -> str:
    schema = parameter["schema"]
    mark = " (required)" if parameter.get("required") else ""
    return f"<tr><td><code>{parameter['name']}</code>{mark}<td>{_values(schema)}<td>{escape(_said(parameter, schema))}"


def _said(parameter: Document, schema: Document) -> str:
    return str(parameter.get("description") or schema.get("description") or "")


def _values(schema: Document) -> str:
    """The kind of value, its words, its bounds and what it is where it is left out."""
    kinds = [each for each in schema.get("anyOf", [schema]) if each.get("type") != "null"]
    words = [word for kind in kinds for word in (kind.get("enum") or kind.get("items", {}).get("enum") or [])]
    bounds = [
        f"{text} {kind[name]:,}"
        for kind in kinds
        for name, text in (("minimum", "from"), ("maximum", "to"))
        if name in kind
    ]
    default = [f"without it {schema['default']}"] if schema.get("default") is not None else []
    said = [", ".join(words) or ", ".join(str(kind.get("type", "")) for kind in kinds), *bounds, *default]
    return escape("; ".join(said))


def _answers(document: Document, operation: Document) -> Iterator[str]:
    for status, answer in operation["responses"].items():
        forms = " or ".join(f"<code>{escape(form)}</code>" for form in answer.get("content", {}))
        schema = answer.get("content", {}).get("application/json", {}).get("schema", {})
        fields = "".join(_fields(document, schema, 0)) if status == "200" else ""
        yield f"<tr><td>{status}<td>{escape(answer['description'])} {forms}{fields}"


def _fields(document: Document, schema: Document, depth: int) -> Iterator[str]:
    """The fields of a JSON answer, and of what lies in them."""
    if "$ref" in schema:
        schema = document["components"]["schemas"][schema["$ref"].rpartition("/")[2]]
    yield "<ul>"
    for name, field in schema.get("properties", {}).items():
        yield f"<li><code>{escape(name)}</code> {escape(field.get('description', ''))}"
        inner = field.get("items", {}) if field.get("type") == "array" else field
        if "$ref" in inner and depth < 4:
            yield from _fields(document, inner, depth + 1)
    yield "</ul>"


def example(base: str, path: str, operation: Document) -> str:
    """A call by curl, with the examples of the parameters that it can't do without."""
    given = {
        each["name"]: str(next(iter(each["schema"].get("examples") or each["schema"].get("enum") or ["…"])))
        for each in operation.get("parameters", [])
        if each.get("required")
    }
    for name in [name for name in given if f"{{{name}}}" in path]:
        path = path.replace(f"{{{name}}}", given.pop(name))
    query = "&".join(f"{name}={value}" for name, value in given.items())
    bearer = ' -H "Authorization: Bearer $TOKEN"' if "security" in operation else ""
    return f"curl{bearer} '{base}{path}{'?' if query else ''}{query}'"


def _anchor(path: str) -> str:
    return "".join(letter if letter.isalnum() else "-" for letter in path).strip("-")
