"""What SQL keeps of a state on the disk names no installation that was forgotten."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import cast

from pyspark.sql import SparkSession

from conf import Settings, load_settings
from serving_layer.sql.published.known import Known
from serving_layer.sql.published.speed_keys import of_state, remove_installation
from store.runs import Published

NO_SPARK = cast("SparkSession", None)
"""Where no run is published none is asked."""


def settings(home: Path) -> Settings:
    return load_settings().model_copy(update={"home": home})


def make(home: Path, *ids: str) -> None:
    of_state(NO_SPARK, settings(home), Known(Published((), None), frozenset(ids), date(2026, 3, 31)), "none")


def files(home: Path) -> set[Path]:
    return set((home / "spark" / "keys").rglob("*.parquet"))


def test_states_that_name_it_go_and_the_others_stay(tmp_path: Path) -> None:
    make(tmp_path, "casa-1", "casa-2")
    make(tmp_path, "casa-1")
    naming = files(tmp_path)
    make(tmp_path, "casa-2", "casa-10")
    kept = files(tmp_path) - naming
    assert kept
    assert remove_installation(settings(tmp_path), "casa-1") == 2
    assert files(tmp_path) == kept
    assert remove_installation(settings(tmp_path), "casa-1") == 0


def test_one_that_is_registered_anew_has_keys_again(tmp_path: Path) -> None:
    make(tmp_path, "casa-1")
    before = files(tmp_path)
    assert remove_installation(settings(tmp_path), "casa-1") == 1
    make(tmp_path, "casa-1")
    assert files(tmp_path) == before


def test_a_state_that_a_killed_server_left_half_written_goes(tmp_path: Path) -> None:
    make(tmp_path, "casa-2")
    state = next((tmp_path / "spark" / "keys").glob("*/*"))
    half = state.with_name(".1-half") / "live" / "keys.parquet"
    half.parent.mkdir(parents=True)
    half.write_bytes(b"PAR1casa-1")
    assert remove_installation(settings(tmp_path), "casa-1") == 1
    assert files(tmp_path)
    assert not half.exists()


def test_where_sql_never_ran_there_is_nothing(tmp_path: Path) -> None:
    assert remove_installation(settings(tmp_path), "casa-1") == 0
