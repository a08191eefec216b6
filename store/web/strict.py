"""Query parameters that a path does not have are refused: a misspelt one would change the answer without a word."""

from __future__ import annotations

from collections import Counter
from typing import Any

from fastapi import FastAPI, Request

from store.web.problems import bad_parameter


def known_parameters(request: Request) -> None:
    """Refuse parameters that the path's description does not name, and those given twice that are no list.

    Raises :class:`store.web.problems.BadParameter`.
    """
    described = _described(request.app, str(request.scope["route"].path), request.method.lower())
    given = Counter(name for name, _ in request.query_params.multi_items())
    for name, count in given.items():
        if name not in described:
            has = f"it has {', '.join(sorted(described))}" if described else "it has none"
            raise bad_parameter(name[:100], f"is no parameter of this path; {has}")
        if count > 1 and not described[name]:
            raise bad_parameter(name, "is given more than once")


def _described(app: FastAPI, path: str, method: str) -> dict[str, bool]:
    """The query parameters of a path, and whether each may be given several times."""
    parameters = app.openapi()["paths"][path][method].get("parameters", [])
    return {each["name"]: _is_list(each["schema"]) for each in parameters if each["in"] == "query"}


def _is_list(schema: dict[str, Any]) -> bool:
    return any(each.get("type") == "array" for each in [schema, *schema.get("anyOf", [])])
