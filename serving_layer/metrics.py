"""What Prometheus is told: requests, dependencies, and the age of what is published."""

from __future__ import annotations

from collections.abc import Iterable

from prometheus_client import CollectorRegistry, Gauge, Histogram, generate_latest

from serving_layer.health import Finding

BUCKETS = (0.005, 0.01, 0.02, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0)


class Metrics:
    """The metrics of one process."""

    def __init__(self) -> None:
        self._registry = CollectorRegistry()
        self._requests = Histogram(
            "solera_request_seconds",
            "Time to answer, by path and status.",
            ["path", "status"],
            registry=self._registry,
            buckets=BUCKETS,
        )
        self._up = Gauge("solera_dependency_up", "1 while it works.", ["name"], registry=self._registry)
        self._age = Gauge(
            "solera_dependency_age_seconds", "Since it was last seen up.", ["name"], registry=self._registry
        )

    def answered(self, path: str, status: int, seconds: float) -> None:
        """Count one request; ``path`` is the route's template."""
        self._requests.labels(path, str(status)).observe(seconds)

    def exposition(self, findings: Iterable[Finding]) -> bytes:
        """The text Prometheus scrapes."""
        for finding in findings:
            self._up.labels(finding.name).set(finding.state == "up")
            if finding.age_s is not None:
                self._age.labels(finding.name).set(finding.age_s)
        return generate_latest(self._registry)
