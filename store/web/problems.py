"""Errors as RFC 9457 problem details, every one of them."""

from __future__ import annotations

from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from pydantic import BaseModel, Field
from starlette.exceptions import HTTPException
from starlette.routing import Match

from conf.refusal import Refusal

MEDIA_TYPE = "application/problem+json"
NOT_ALLOWED = HTTPStatus.METHOD_NOT_ALLOWED
METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE")


class ProblemDetails(BaseModel):
    """RFC 9457."""

    type: str = Field(description="A URN that names the kind of problem.", examples=["urn:solera:unknown-installation"])
    title: str
    status: int
    detail: str = Field(description="What is wrong with this request and what to do.")
    instance: str = Field(description="The path that was asked.")


class BadParameter(Refusal):
    """A parameter of a request that can't be taken; the text begins with its name."""

    kind = "bad-parameter"
    status = HTTPStatus.UNPROCESSABLE_ENTITY


def bad_parameter(name: str, detail: str) -> BadParameter:
    """422 that names the parameter."""
    return BadParameter(f"{name}: {detail}")


def responses(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """OpenAPI's description of what a path may answer with beside its JSON: CSV, nothing new, and problems."""
    csv: dict[int | str, dict[str, Any]] = {200: {"content": {"text/csv": {"schema": {"type": "string"}}}}}
    return csv | {304: {"description": "As the header If-None-Match says"}} | problems(*statuses)


def problems(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """OpenAPI's description of these problems of a path.

    401, 429 and 503 are always among these; any other is that of a request which HTTP or its size forbids.
    """
    return described({status: HTTPStatus(status).phrase for status in (401, *statuses, 429, 503)})


def described(problems: Mapping[int, str]) -> dict[int | str, dict[str, Any]]:
    """OpenAPI's description of ``problems``, and of any other."""
    content = {MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/ProblemDetails"}}}
    every: list[tuple[int | str, str]] = [*problems.items(), ("default", "Any other problem")]
    return {
        status: {"description": description, "content": content, "model": ProblemDetails}
        for status, description in every
    }


def said(error: RequestValidationError) -> str:
    """The faults of the parameters, in words."""
    return "; ".join(f"{each['loc'][-1]}: {each['msg']}" for each in error.errors())


def install(app: FastAPI) -> None:
    """Answer every error of ``app`` as a problem."""

    @app.exception_handler(Refusal)
    def refused(request: Request, error: Refusal) -> JSONResponse:
        return _problem(request, error.status, error.kind, str(error), error.headers)

    @app.exception_handler(RequestValidationError)
    def invalid(request: Request, error: RequestValidationError) -> JSONResponse:
        return _problem(request, 422, "bad-parameter", said(error))

    @app.exception_handler(HTTPException)
    def http(request: Request, error: HTTPException) -> JSONResponse:
        kind = HTTPStatus(error.status_code).phrase.lower().replace(" ", "-")
        headers = {"allow": ", ".join(_methods(request))} if error.status_code == NOT_ALLOWED else error.headers
        return _problem(request, error.status_code, kind, str(error.detail), headers)

    @app.exception_handler(Exception)
    def unexpected(request: Request, error: Exception) -> JSONResponse:
        return _problem(request, 500, "internal-error", f"{type(error).__name__}; the log has the details.")


def _methods(request: Request) -> list[str]:
    """The methods of the path that was asked, each of which may have a route of its own."""
    routes = request.app.routes
    asked = {method: {**request.scope, "method": method} for method in METHODS}
    return [each for each, scope in asked.items() if any(of.matches(scope)[0] == Match.FULL for of in routes)]


def _problem(request: Request, status: int, kind: str, detail: str, headers: Any = None) -> JSONResponse:
    content = {
        "type": f"urn:solera:{kind}",
        "title": HTTPStatus(status).phrase,
        "status": status,
        "detail": detail,
        "instance": request.url.path,
    }
    return JSONResponse(content, status, dict(headers or {}), MEDIA_TYPE)
