"""docs/queries.md names every view of SQL, and none that is not there."""

from __future__ import annotations

import re
from pathlib import Path

from serving_layer.sql import apply
from serving_layer.sql.published import merged, state

QUERIES = Path(__file__).parents[2] / "docs" / "queries.md"


def test_the_document_names_every_view() -> None:
    made = {
        name
        for file in (apply.VIEWS, state.VIEWS, merged.VIEW)
        for name in re.findall(r"^CREATE OR REPLACE VIEW solera\.(\w+)", file.read_text(encoding="utf-8"), re.M)
    }
    rows = re.findall(r"^\| (`\w+`(?:, `\w+`)*) \| `", QUERIES.read_text(encoding="utf-8"), re.M)
    told = [view for views in rows for view in re.findall(r"`(\w+)`", views)]
    assert sorted(told) == sorted(made)
