"""Settings whose HDFS is a folder, and a night."""

from __future__ import annotations

from datetime import datetime, timezone
from pathlib import Path

import pytest

from batch_layer.runs import Run
from conf import Settings, load_settings


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    plain = load_settings(home=tmp_path / "home")
    return plain.model_copy(update={"hdfs": plain.hdfs.model_copy(update={"uri": f"file://{tmp_path}/hdfs"})})


@pytest.fixture
def night() -> Run:
    instant = datetime(2026, 3, 10, 0, 5, tzinfo=timezone.utc)
    return Run("20260310T000500Z", instant, instant.replace(minute=0))
