"""The length of a question: told from the plan, before anything is read."""

from __future__ import annotations

import re

from pyspark.sql import DataFrame

LARGE = re.compile(r"\bfiles\.|\benergy_speed\b|\breading_by_day\b|\bRange \(")
"""Words of an optimized plan that reads what may be much."""
FEW = re.compile(r"\binstallation_id#\d+(, \))? (= (?!\w+#|concat\()|IN )")
"""The same of one that names few installations: of more than ten it would say INSET, and a join names a column."""


def is_long(frame: DataFrame) -> bool:
    """Whether the answer rests on energy or readings of more than ten installations, or on numbers without end."""
    plan = str(frame._jdf.queryExecution().optimizedPlan().toString())
    return bool(LARGE.search(plan)) and not FEW.search(plan)
