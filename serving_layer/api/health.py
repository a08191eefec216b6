"""``GET /healthz`` and ``GET /metrics``: open without the token, for they hold no one's energy."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter, Request, Response
from prometheus_client import CONTENT_TYPE_LATEST
from pydantic import BaseModel, Field

from serving_layer.api.answers import as_json
from serving_layer.health import Watch
from serving_layer.metrics import Metrics

router = APIRouter(tags=["health"])


class Dependency(BaseModel):
    """The state of a dependency in the last seconds."""

    name: str
    state: str = Field(description="up or down")
    age_s: float | None = Field(description="Seconds since it was last seen up; null: not since this API started.")
    detail: str


class Health(BaseModel):
    """`ok`, or `broken` with the names of what does not work."""

    status: str
    broken: list[str]
    dependencies: list[Dependency]


@router.get("/healthz", response_model=Health, responses={503: {"model": Health}})
async def healthz(request: Request) -> Response:
    """Each dependency and its age; 503 while any of them does not work."""
    content = health(request.app.state.watch)
    answer = as_json(content)
    answer.status_code = 503 if content["broken"] else 200
    return answer


def health(watch: Watch) -> dict[str, Any]:
    """The body of ``/healthz``."""
    findings = watch.findings()
    broken = [finding.name for finding in findings if finding.state != "up"]
    return {
        "status": "broken" if broken else "ok",
        "broken": broken,
        "dependencies": [
            {"name": each.name, "state": each.state, "age_s": each.age_s, "detail": each.detail} for each in findings
        ],
    }


@router.get("/metrics", response_class=Response, responses={200: {"content": {"text/plain": {}}}})
async def metrics(request: Request) -> Response:
    """Prometheus metrics."""
    counted: Metrics = request.app.state.metrics
    return Response(counted.exposition(request.app.state.watch.findings()), media_type=CONTENT_TYPE_LATEST)
