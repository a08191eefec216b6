"""The metrics for Prometheus: requests, dependencies, and the measurements of their checks."""

from __future__ import annotations

import math
from collections.abc import Sequence

from prometheus_client import CollectorRegistry, Gauge, Histogram, generate_latest

from serving_layer.health import Finding

MEASURED = {
    "night_age_seconds": "Since the cut of the newest published night.",
    "night_failed_seconds": "Since a night of this home last failed.",
    "quarantined_messages": "Messages that the speed layer has refused since its start.",
    "kafka_lag_messages": "Readings in Kafka that the speed layer has not taken yet.",
    "kafka_dropped_messages": "Readings that Kafka dropped before the speed layer, since its start, had read them.",
    "outbox_readings": "Readings that the gateway keeps on disk because Kafka has not taken them yet.",
    "outbox_bytes": "What these take on disk.",
    "outbox_oldest_seconds": "Age of the reading among them that is kept longest.",
    "webhook_deliveries_waiting": "Alarms that a webhook's receiver has not taken yet.",
    "webhook_deliveries_given_up": "Alarms that a webhook's receiver has not taken in a day, or that were too many.",
    "disk_free_bytes": "Room on the disk of <home>.",
    "tariff_days": "Days until a rule of bills has no row, 0 on the first such day.",
}
"""Measurements of the checks, ``solera_<name>`` each."""
LABELLED = {
    "night_step_seconds": ("step", "Time that the newest published night took for the step."),
    "forecast_error_wh": ("quantity", "Mean absolute error of an hour forecast a day ahead, by the newest night."),
    "forecast_naive_error_wh": ("quantity", "The same error of the hour a day before, the forecast anybody can make."),
    "speed_age_seconds": ("query", "Since the last batch of the speed layer's query."),
}
"""Label and text of the measurements that have one; the checks name each ``<name>:<the label's value>``."""
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

        self._measured = {
            name: Gauge(f"solera_{name}", text, registry=self._registry) for name, text in MEASURED.items()
        }
        self._labelled = {
            name: Gauge(f"solera_{name}", text, [label], registry=self._registry)
            for name, (label, text) in LABELLED.items()
        }

    def answered(self, path: str, status: int, seconds: float) -> None:
        """Count one request; ``path`` is the route's template."""
        self._requests.labels(path, str(status)).observe(seconds)

    def exposition(self, findings: Sequence[Finding]) -> bytes:
        """The text Prometheus scrapes."""
        for finding in findings:
            self._up.labels(finding.name).set(finding.state == "up")
            if finding.age_s is not None:
                self._age.labels(finding.name).set(finding.age_s)
        measured = {name: value for finding in findings for name, value in finding.measured.items()}
        for name, gauge in self._measured.items():
            # Nothing measured is not nothing there.
            gauge.set(measured.get(name, math.nan))
        for name, gauge in self._labelled.items():
            gauge.clear()
            for of, value in measured.items():
                if of.startswith(f"{name}:"):
                    gauge.labels(of.removeprefix(f"{name}:")).set(value)
        return generate_latest(self._registry)
