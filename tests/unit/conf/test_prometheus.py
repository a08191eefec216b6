"""Prometheus' rules: each fires on what it is for and on nothing else, by Prometheus' own promtool."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

from serving_layer.health import Finding
from serving_layer.metrics import LABELLED, MEASURED, Metrics

FOLDER = Path(__file__).parents[3] / "conf" / "prometheus"
RULES: list[dict[str, Any]] = yaml.safe_load((FOLDER / "rules.yml").read_text())["groups"][0]["rules"]
Series = dict[str, str]
HOUR, DAY = 60, 24 * 60
CASES: list[tuple[str, int, Series, Series]] = [
    ("SoleraAway", 5, {'up{job="solera"}': "0x20"}, {'up{job="solera"}': "1x20"}),
    (
        "SoleraPartDown",
        5,
        {'solera_dependency_up{name="kafka"}': "0x20"},
        {'solera_dependency_up{name="hdfs"}': "0 1x20"},
    ),
    (
        "SoleraLiveStands",
        5,
        {"solera_kafka_lag_messages": "500x20", 'solera_speed_age_seconds{query="readings"}': "0+60x20"},
        {"solera_kafka_lag_messages": "0x20", 'solera_speed_age_seconds{query="readings"}': "0+60x20"},
    ),
    ("SoleraLiveBehind", 20, {"solera_kafka_lag_messages": "200000x30"}, {"solera_kafka_lag_messages": "90000x30"}),
    ("SoleraReadingsDropped", 2, {"solera_kafka_dropped_messages": "3x5"}, {"solera_kafka_dropped_messages": "0x5"}),
    (
        "SoleraReadingsRefused",
        HOUR,
        {"solera_quarantined_messages": "0+50x90"},
        {"solera_quarantined_messages": "9999x90"},
    ),
    ("SoleraNightOverdue", 10, {"solera_night_age_seconds": "110000x20"}, {"solera_night_age_seconds": "107000x20"}),
    (
        "SoleraNightFailed",
        10,
        {"solera_night_failed_seconds": "300x20", "solera_night_age_seconds": "94000x20"},
        {"solera_night_failed_seconds": "_x20", "solera_night_age_seconds": "94000x20"},
    ),
    (
        "SoleraNightSlow",
        2,
        {'solera_night_step_seconds{step="train"}': "9000x5", 'solera_night_step_seconds{step="totals"}': "9000x5"},
        {'solera_night_step_seconds{step="train"}': "9000x5"},
    ),
    (
        "SoleraForecastNoBetter",
        3 * DAY + 1,
        {
            f'solera_forecast_{name}_wh{{quantity="generation"}}': f"{wh}x5000"
            for name, wh in (("error", 9), ("naive_error", 8))
        },
        {
            f'solera_forecast_{name}_wh{{quantity="generation"}}': f"{wh}x5000"
            for name, wh in (("error", 7), ("naive_error", 8))
        },
    ),
    ("SoleraOutboxGrows", 30, {"solera_outbox_oldest_seconds": "0+60x60"}, {"solera_outbox_oldest_seconds": "600x60"}),
    ("SoleraDiskFills", HOUR, {"solera_disk_free_bytes": "9e9-9e6x90"}, {"solera_disk_free_bytes": "9e9x90"}),
    ("SoleraTariffsEnd", 2, {"solera_tariff_days": "20x5"}, {"solera_tariff_days": "21x5"}),
    (
        "SoleraSlow",
        30,
        {
            f'solera_request_seconds_bucket{{le="{le}"}}': n
            for le, n in (("1.0", "0x60"), ("2.5", "0+60x60"), ("+Inf", "0+60x60"))
        },
        {f'solera_request_seconds_bucket{{le="{le}"}}': "0+60x60" for le in ("1.0", "2.5", "+Inf")},
    ),
    (
        "SoleraErrors",
        30,
        {'solera_request_seconds_count{status="503"}': "0+6x60"},
        {
            'solera_request_seconds_count{status="404"}': "0+6x60",
            'solera_request_seconds_count{status="200"}': "0+600x60",
        },
    ),
]
"""Alert, minute at which it is asked, what makes it fire, and what is like it and must not."""


def test_every_alert_has_a_case_and_says_what_to_do() -> None:
    assert [rule["alert"] for rule in RULES] == [alert for alert, *_ in CASES]
    assert all(rule["annotations"].keys() == {"summary", "action"} for rule in RULES)
    assert all(rule["labels"]["severity"] in ("page", "ticket") for rule in RULES)


def test_every_rule_asks_for_what_metrics_says() -> None:
    of_checks = dict.fromkeys((*MEASURED, *(f"{name}:x" for name in LABELLED)), 1.0)
    metrics = Metrics()
    metrics.answered("/v1", 200, 0.1)
    said = metrics.exposition([Finding("night", "up", 1.0, "", of_checks)]).decode()
    known = set(re.findall(r"^(solera_\w+)", said, flags=re.M))
    asked = {name for rule in RULES for name in re.findall(r"solera_\w+", rule["expr"])}
    assert asked <= known


@pytest.mark.skipif(shutil.which("promtool") is None, reason="promtool is not installed (Debian: prometheus)")
def test_each_fires_on_what_it_is_for_and_on_nothing_else(tmp_path: Path) -> None:
    # What is waited for by days is looked at by the hour: each rule is counted anew at every look.
    tests: dict[str, list[dict[str, Any]]] = {"1m": [], "1h": []}
    for alert, minute, *both in CASES:
        for fires, series in zip((True, False), both, strict=True):
            tests["1h" if minute > DAY else "1m"].append(asked(alert, minute, series, fires))
    files = [tmp_path / f"{every}.test.yml" for every in tests]
    for file, (every, own) in zip(files, tests.items(), strict=True):
        about = {"rule_files": [str(FOLDER / "rules.yml")], "evaluation_interval": every, "tests": own}
        file.write_text(yaml.safe_dump(about))
    for config in ("prometheus.yml", "containers.yml"):
        checked = subprocess.run(["promtool", "check", "config", FOLDER / config], capture_output=True, check=False)
        assert checked.returncode == 0, checked.stderr
    tried = subprocess.run(["promtool", "test", "rules", *files], capture_output=True, text=True, check=False)
    assert tried.returncode == 0, tried.stdout + tried.stderr


def asked(alert: str, minute: int, series: Series, fires: bool) -> dict[str, Any]:
    """One test in promtool's form, a value a minute; the count of what fires is asked, not its words."""
    question = f'count(ALERTS{{alertname="{alert}", alertstate="firing"}}) or vector(0)'
    return {
        "interval": "1m",
        "name": f"{alert} {'fires' if fires else 'is quiet'}",
        "input_series": [{"series": name, "values": values} for name, values in series.items()],
        "promql_expr_test": [
            {"expr": question, "eval_time": f"{minute}m", "exp_samples": [{"labels": "{}", "value": int(fires)}]}
        ],
    }
