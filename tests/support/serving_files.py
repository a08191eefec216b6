"""The batch values of ``serving_rows`` in HDFS, where the nights leave them, too."""

from __future__ import annotations

import getpass
import io
from collections import defaultdict
from datetime import date, datetime
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from conf import Settings
from energy.energy_arrow import ENERGY_COLUMNS
from store.hadoop import namenode
from store.history import energy_files
from tests.support import serving_rows

FIELDS = pa.schema([("installation_id", pa.string()), *ENERGY_COLUMNS])


def keep(settings: Settings, cut: datetime, days: int) -> None:
    """Write the values that ``serving_rows.fill`` writes into Cassandra."""
    folders: dict[tuple[date, str], list[dict[str, Any]]] = defaultdict(list)
    for row in serving_rows.batch_rows(cut, days):
        folders[row["start"].date(), row["run_id"]].append(row)
    for (day, run_id), rows in folders.items():
        content = io.BytesIO()
        pq.write_table(pa.Table.from_pylist(rows, FIELDS), content)
        put(settings, f"{energy_files.changes_place(settings, day, run_id)}/part.parquet", content.getvalue())


def put(settings: Settings, uri: str, content: bytes) -> None:
    """Write the file at ``uri``, over what is there."""
    path = uri.removeprefix(settings.hdfs_uri)
    asked = {"op": "CREATE", "overwrite": "true", "user.name": getpass.getuser()}
    header = {"X-XSRF-HEADER": "test"}
    with namenode.asker(settings) as session:
        where = f"{namenode.pages(settings)}/webhdfs/v1{path}"
        redirect = session.put(where, params=asked, headers=header, allow_redirects=False, timeout=30)
        redirect.raise_for_status()
        session.put(redirect.headers["Location"], data=content, headers=header, timeout=30).raise_for_status()
