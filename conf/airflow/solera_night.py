"""Airflow's DAG of the night: sources are asked, each step is submitted to Spark, and the ledger is checked.

``PYTHONPATH`` names the checkout, ``SOLERA_BIN`` the folder of its virtual environment's programs, ``SOLERA_SUBMIT``
the ``$SUBMIT`` of docs/cluster.md, whose other variables the jobs read as they stand. Times are UTC.
"""

from __future__ import annotations

import os
from datetime import datetime, timedelta, timezone
from pathlib import Path

from airflow.providers.standard.operators.bash import BashOperator
from airflow.sdk import DAG, chain

from batch_layer.schedule import STEPS, WAITS

CHECKOUT = Path(__file__).parents[2]
SUBMIT = os.environ.get("SOLERA_SUBMIT", "spark-submit")
BIN = os.environ.get("SOLERA_BIN", f"{CHECKOUT}/.venv/bin")
TASKS = {
    "ask": f"{BIN}/python -m ingest.sources",
    **{step: f"{SUBMIT} batch_layer/{step}.py --date {{{{ ds }}}}" for step in STEPS},
    "ledger": f"{BIN}/solera ledger",
}

with DAG(
    "solera_night",
    description="Archive, totals, models, forecasts and their publication, as batch_layer/nightly.py runs them",
    schedule="10 0 * * *",
    start_date=datetime(2026, 1, 1, tzinfo=timezone.utc),
    catchup=False,
    max_active_runs=1,
    default_args={"retries": len(WAITS), "retry_delay": WAITS[0], "execution_timeout": timedelta(hours=6)},
):
    tasks = [BashOperator(task_id=name, bash_command=line, cwd=str(CHECKOUT)) for name, line in TASKS.items()]
    # As in batch_layer/nightly.py, the night does not wait for a source that gave no answer.
    tasks[0].retries, tasks[1].trigger_rule = 0, "all_done"
    chain(*tasks)
