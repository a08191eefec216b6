"""A folder with what devices say, ready for `solera replay`, and apart from it what is true."""

from __future__ import annotations

import gzip
import json
from collections.abc import Iterator, Sequence
from datetime import date, datetime, time, timedelta, timezone
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from conf.refusal import Refusal
from energy.calendar import MADRID, zone
from ingest.catalogue.entries import CatalogueError, InstallationEntry, parse_catalogue
from ingest.simulator.truth.devices import readings
from ingest.simulator.truth.faults.fault import Injected
from ingest.simulator.truth.faults.inject import KINDS, inject
from ingest.simulator.truth.faults.panels import ail
from ingest.simulator.truth.flows import Flows, flows, minutes, quarters
from ingest.simulator.truth.market import Market
from ingest.simulator.truth.sites.described import Site
from ingest.simulator.truth.sites.sun import clouds_of, sun
from ingest.simulator.truth.true_time import is_ahead

READINGS, TRUTH, FAULTS, WORLD = "readings.jsonl.gz", "truth.parquet", "faults.json", "world.json"
CLOUDS, PRICES = "clouds.parquet", "prices.parquet"
QUARTER = timedelta(minutes=15)


class NoWorld(Refusal):
    """A folder is none that `solera simulate` has written."""


class BadStep(Refusal):
    """The time between two readings is none that a device keeps."""


def seconds(text: str) -> int:
    """The seconds of ``15`` (minutes) or ``10s``. Raises :class:`BadStep`."""
    number = text.removesuffix("s")
    if number.isascii() and number.isdigit():
        of = int(number) * (1 if text.endswith("s") else 60)
        if 1 <= of <= 3600 and (of % 60 == 0 or 60 % of == 0):
            return of
    raise BadStep(
        f"{text!r} is no step: write minutes, 1 to 60, or seconds of which a minute has a whole number, as 10s"
    )


class Asked(NamedTuple):
    """The request of a world: whole UTC days from ``first`` on, a reading every so many seconds, by which seed."""

    first: date
    days: int
    every_s: int
    seed: int

    @property
    def start(self) -> datetime:
        """The first instant (UTC)."""
        return datetime.combine(self.first, time(), timezone.utc)

    @property
    def end(self) -> datetime:
        """The last instant (UTC)."""
        return self.start + timedelta(days=self.days)


def write_world(sites: Sequence[Site], asked: Asked, folder: Path) -> int:
    """Write readings, truth, clouds, prices, faults, and what was asked of ``sites``; how many readings there are.

    Raises :class:`CatalogueError`.
    """
    own = [site for site in sites if site.entry.kind != "community"]
    if not own:
        raise CatalogueError("the file holds no home, farm or park to simulate")
    folder.mkdir(parents=True, exist_ok=True)
    truth: list[dict[str, Any]] = []
    clouds: list[dict[str, Any]] = []
    injected: list[Injected] = []
    index, count = minutes(asked.start, asked.days), 0
    with gzip.open(folder / READINGS, "wt", encoding="utf-8") as file:
        for site in own:
            flowed = _flows(site, asked, index, injected)
            truth += _truth(flowed)
            clouds += _clouds(flowed)
            for reading in _received(flowed, asked, injected):
                file.write(json.dumps(reading, separators=(",", ":")) + "\n")
                count += 1
    pq.write_table(pa.Table.from_pylist(truth), folder / TRUTH)
    pq.write_table(pa.Table.from_pylist(clouds), folder / CLOUDS)
    pq.write_table(pa.Table.from_pylist(list(_prices(asked))), folder / PRICES)
    said = [each._asdict() for each in injected]
    (folder / FAULTS).write_text(json.dumps(said, indent=1), encoding="utf-8")
    of = {**asked._asdict(), "first": asked.first.isoformat()}
    installations = [site.entry.model_dump(mode="json", exclude_unset=True, by_alias=True) for site in own]
    (folder / WORLD).write_text(json.dumps({**of, "installations": installations}, indent=1), encoding="utf-8")
    return count


def read_world(folder: Path) -> tuple[Asked, list[InstallationEntry]]:
    """The request of the world and its installations. Raises :class:`NoWorld`."""
    try:
        of = json.loads((folder / WORLD).read_text(encoding="utf-8"))
    except FileNotFoundError as error:
        raise NoWorld(f"{error.filename} is missing: write {folder} with `solera simulate`") from None
    entries = parse_catalogue(of.pop("installations"))
    return Asked(**{**of, "first": date.fromisoformat(of["first"])}), entries


def received(folder: Path) -> Iterator[dict[str, Any]]:
    """The readings, those of a device in the order in which they are received, their times as text.

    Raises :class:`NoWorld`.
    """
    try:
        with gzip.open(folder / READINGS, "rt", encoding="utf-8") as file:
            for line in file:
                yield json.loads(line)
    except FileNotFoundError as error:
        raise NoWorld(f"{error.filename} is missing: write {folder} with `solera simulate`") from None


def _name(site: Site, asked: Asked) -> str:
    return f"{asked.seed} {site.entry.installation_id}"


def _flows(site: Site, asked: Asked, index: pd.DatetimeIndex, injected: list[Injected]) -> Flows:
    name = _name(site, asked)
    chance = np.random.default_rng(list(name.encode()))
    under = sun(site, index, chance, asked.seed)
    inverter = f"{site.entry.installation_id}-inverter"
    generation, found = ail(under.generation, asked.start, inverter, site.strings, f"{name} panels")
    injected += found
    return flows(site, index, under._replace(generation=generation), chance)


def _truth(own: Flows) -> Iterator[dict[str, Any]]:
    for quantity, number, energy_wh in quarters(own):
        yield {"installation_id": own.site.entry.installation_id, "quantity": quantity,
               "start": own.start + number * QUARTER, "energy_wh": energy_wh}  # fmt: skip


def _clouds(own: Flows) -> Iterator[dict[str, Any]]:
    """The share of each hour's light that clouds took."""
    for number, taken in enumerate(clouds_of(own.sun.sky)):
        yield {"installation_id": own.site.entry.installation_id, "start": own.start + 4 * number * QUARTER,
               "cloud_fraction": taken}  # fmt: skip


def _prices(asked: Asked) -> Iterator[dict[str, Any]]:
    """Prices of the local days of Madrid that the world lies in, and of the following one."""
    market = Market(asked.seed)
    for day in (asked.first + timedelta(days=n) for n in range(asked.days + 2)):
        of = {"spot": market.spot(day), "pvpc": market.pvpc(day), "surplus": market.surplus(day)}
        for name, prices in of.items():
            for start, price in zip(market.starts(day, hourly=name != "spot"), prices, strict=True):
                yield {"market": name, "start": start, "price_eur_mwh": price}


def _received(own: Flows, asked: Asked, injected: list[Injected]) -> Iterator[dict[str, Any]]:
    place = zone(own.site.entry.time_zone or MADRID.key)
    said, found = inject(readings(own, asked.every_s), list(KINDS), _name(own.site, asked), place)
    injected += found
    for each in said.values():
        # Later nobody can tell: what is refused as it arrives is not received.
        yield from (reading for reading in each if not is_ahead(reading))
