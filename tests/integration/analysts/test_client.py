"""The client in Python asks the real API: the same answers as DataFrames, by the clock of the installation."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta, timezone
from pathlib import Path

import pandas as pd
import pytest
import requests

from conf import Settings
from serving_layer.access import grants
from solera.client import Client
from solera.connection import Connection, NoToken, NotReached, Refused
from solera.frames import BadMoment
from solera.sql import ask
from stack.services import environment
from tests.support import serving_rows as rows
from tests.support.analysts.world import MADRID, Clock, expected_kwh, is_summed, temperature_c
from tests.support.peers.modbus_device import free_port

HOME, SCALE = rows.HOMES[1], 1 + 1 / 3


@pytest.fixture
def client(served: Settings, monkeypatch: pytest.MonkeyPatch) -> Client:
    for name, value in environment(served).items():
        monkeypatch.setenv(name, value)
    return Client()


@pytest.fixture
def today(clock: Clock) -> pd.Timestamp:
    midnight: pd.Timestamp = pd.Timestamp(clock.local_midnight).tz_convert("Europe/Madrid")
    return midnight


def test_energy_is_given_by_the_clock_of_the_installation(client: Client, clock: Clock, today: pd.Timestamp) -> None:
    yesterday = today - pd.DateOffset(days=1)
    found = client.energy(HOME, ["generation", "import"], yesterday.date(), today.date(), "day")
    assert list(found["quantity"]) == ["generation", "import"]
    assert list(found["start"]) == [yesterday, yesterday]
    assert str(found["start"].dt.tz) == "Europe/Madrid"
    assert set(found["view"]) == {"batch" if today <= pd.Timestamp(clock.cut) else "speed"}
    for quantity, kwh in zip(found["quantity"], found["energy_wh"] / 1000, strict=True):
        assert kwh == pytest.approx(expected_kwh(clock, quantity, yesterday, today, [SCALE]), abs=2e-3)


def test_a_time_without_offset_is_the_clocks_and_one_with_offset_its_own(client: Client, today: pd.Timestamp) -> None:
    noon = (today - pd.DateOffset(days=1)).replace(hour=12)
    naive = client.energy(HOME, "generation", f"{noon:%Y-%m-%dT%H:%M}", today)
    aware = client.energy(HOME, "generation", noon.tz_convert("UTC").isoformat(), today)
    assert naive.equals(aware)
    assert naive["start"].iloc[0] == noon
    assert len(naive) == 12


def test_years_are_asked_for_in_parts_that_no_bound_refuses(client: Client, today: pd.Timestamp) -> None:
    day = client.energy(rows.HOMES, "export", today - pd.DateOffset(days=1), today, "15m")
    years = client.energy(rows.HOMES, "export", "2021-06-15", today, "15m")
    assert len(day) == 3 * 96
    assert years[years["start"] >= today - pd.DateOffset(days=1)].reset_index(drop=True).equals(day)
    months = client.energy(HOME, "export", "2021-06-15", today, "month")
    assert months["start"].is_unique
    assert months["energy_wh"].sum() == pytest.approx(years.groupby("installation_id")["energy_wh"].sum()[HOME])


def test_every_page_of_a_list_is_read(served: Settings, client: Client) -> None:
    token = (served.home / "token").read_text().strip()
    connection = Connection(f"http://{served.api.host}:{served.api.port}", token)
    paged = [row["installation_id"] for row in connection.pages("installations", "installations", {"limit": 1})]
    assert paged == sorted([*rows.HOMES, rows.COMMUNITY]) == list(client.installations()["installation_id"])


def test_a_forecast_comes_with_its_record(client: Client, clock: Clock) -> None:
    found = client.forecast(HOME, "generation")
    assert len(found) == 48
    assert (found["issued_at"] == pd.Timestamp(clock.cut)).all()
    assert (found["p10_wh"] <= found["p90_wh"]).all()
    older = client.forecast(HOME, "generation", clock.cut)
    assert older["issued_at"].iloc[0] == pd.Timestamp(clock.cut) - pd.Timedelta(days=1)
    skill = client.skill(HOME).set_index("quantity")
    assert (skill.loc["generation", "mae_wh"], skill.loc["generation", "mae_yesterday_wh"]) == (120.5, 180.25)
    errors = client.errors(rows.COMMUNITY)
    assert list(errors["slice"]) == ["09", "10"]
    assert list(client.errors(rows.COMMUNITY, "month")["bias_wh"]) == [-5.0]


def test_a_bill_is_its_lines_and_their_sum(client: Client, clock: Clock) -> None:
    found = client.bill(HOME, f"{clock.month:%Y-%m}")
    assert found["kind"].iloc[-1] == "total"
    assert is_summed(found)
    assert not found.attrs["complete"], "two days of a month are there"
    assert found.attrs["so_far_eur"] == found[found["kind"] == "total"]["eur"].iloc[0]


def test_a_communitys_month_is_that_of_its_members(client: Client, clock: Clock) -> None:
    found = client.settlement(rows.COMMUNITY, f"{clock.month:%Y-%m}").set_index("installation_id")
    assert list(found["saving_eur"]) == [12.5, 25.0, 37.5]
    assert list(found["month"].unique()) == [pd.Timestamp(clock.month)]
    own = client.settlement(HOME)
    assert list(own["total_eur"]) == [40.0]


def test_prices_are_given_by_the_clock_of_madrid(client: Client, clock: Clock) -> None:
    hour = clock.now.replace(minute=0, second=0, microsecond=0)
    found = client.prices("pvpc", hour - timedelta(hours=3), hour)
    assert list(found["start"]) == [pd.Timestamp(hour - timedelta(hours=n)) for n in (3, 2, 1)]
    assert list(found["price_eur_mwh"]) == [100.0 + (hour - timedelta(hours=n)).hour for n in (3, 2, 1)]
    assert str(found["start"].dt.tz) == "Europe/Madrid"
    ahead = client.prices_ahead("pvpc")
    assert list(ahead["kind"].unique()) == ["known", "forecast"]


def test_quality_of_the_data(client: Client, clock: Clock) -> None:
    gaps = client.gaps(rows.HOMES[0], clock.cut - timedelta(days=1), clock.cut)
    assert list(zip(gaps["state"], gaps["cause"], gaps["periods"], strict=True)) == [("estimated", "gap", 72)]
    assert gaps["until"].iloc[0] == pd.Timestamp(clock.cut)
    assert sorted(client.quarantine()["reason"]) == ["not JSON: EOF", "not JSON: not UTF-8"]
    ledger = client.ledger()
    assert (ledger["received"] == ledger[["accepted", "duplicate", "quarantined"]].sum(axis=1)).all()
    alarms = client.alarms()
    assert list(alarms["cleared_at"].isna()) == [True, False]
    assert client.runs()["run_id"].iloc[0] == rows.UNPUBLISHED
    assert len(client.state(rows.COMMUNITY)) == 2 * len(rows.HOMES)


def test_what_there_is_none_of_is_an_empty_table_with_its_columns(client: Client) -> None:
    found = client.energy(HOME, "charge", "2026-01-01", "2026-01-02")
    assert found.empty
    assert {"start", "energy_wh", "view"} <= set(found.columns)
    assert str(found["start"].dt.tz) == "Europe/Madrid"


def test_sql_gives_a_table_with_instants_in_utc(client: Client, clock: Clock) -> None:
    found = ask(
        "SELECT time, temperature_c FROM weather WHERE day = %(day)s ORDER BY time",
        {"day": f"{clock.midnight - timedelta(days=1):%Y-%m-%d}"},
    )
    assert len(found) == 24
    assert str(found["time"].dt.tz) == "UTC"
    assert list(found["temperature_c"]) == [temperature_c(hour) for hour in found["time"]]


def test_whoever_asks_too_often_waits_as_long_as_is_said(served: Settings, client: Client) -> None:
    file = grants.access_file(served)
    token = grants.add(file, grants.person("eager", "service", [HOME], [], False))
    url = f"http://{served.api.host}:{served.api.port}"
    connection = Connection(url, token)
    bearer = {"Authorization": f"Bearer {token}"}
    while requests.get(f"{url}/v1/installations", headers=bearer, timeout=30).status_code != 429:
        pass
    assert len(connection.get("installations", {})["installations"]) == 1


@pytest.mark.parametrize(
    ("asks", "kind", "said"),
    [
        (lambda c: c.state("fontana-99"), Refused, "There is no installation 'fontana-99'"),
        (lambda c: c.energy(HOME, "solar", "2026-11-01", "2026-11-02"), Refused, "quantity"),
        (lambda c: c.energy(HOME, "import", "24/11/26x", "2026-11-25"), BadMoment, "is no time"),
        (lambda c: c.energy(HOME, "import", "2026-10-25T02:30", "2026-10-26"), BadMoment, "write its offset"),
        (lambda c: c.energy(HOME, "import", "2026-03-29T02:30", "2026-03-30"), BadMoment, "write its offset"),
        (lambda c: c.bill(HOME, "2026-13"), Refused, "is no day"),
        (lambda c: Client(tz="Europe/Madird").prices("pvpc", "2026-11-01", "2026-11-02"), BadMoment, "is not known"),
        (lambda c: Client(token="wrong").ledger(), Refused, "token"),  # noqa: S106
        (lambda c: Client(f"http://127.0.0.1:{free_port()}").ledger(), NotReached, "Nothing answers at"),
    ],
)
def test_what_cannot_be_answered_says_why(
    client: Client, asks: Callable[[Client], object], kind: type[Exception], said: str
) -> None:
    with pytest.raises(kind, match=said):
        asks(client)


def test_without_a_token_nothing_is_asked(client: Client, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SOLERA_HOME", str(tmp_path))
    with pytest.raises(NoToken, match="SOLERA_API__TOKEN"):
        Client()


def test_another_zone_may_be_chosen(served: Settings, client: Client) -> None:
    found = Client(tz="UTC").energy(HOME, "import", "2026-01-01", datetime.now(timezone.utc), "day")
    assert str(found["start"].dt.tz) == "UTC"
    assert (found["start"] == found["start"].dt.normalize()).all()
    assert MADRID.key == client.zone(HOME)
