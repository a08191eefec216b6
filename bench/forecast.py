"""Forecasts 24 hours ahead on public histories, beside the naive forecast, a LightGBM script and statsforecast's MSTL.

solera bench forecast            # every case; SOLERA_SHARED_DATA names the folder of the histories
python -m bench.forecast solar   # one
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
import venv
from pathlib import Path

import numpy as np
import pandas as pd
from rich.console import Console
from rich.table import Table

from bench.forecasts.data import Case, buildings, chosen, homes, late_solar, pvpc, solar, spot
from conf import load_settings

PEER = ("lightgbm==4.7.0", "statsforecast==2.1.1", "pyarrow==18.1.0", "pandas==2.2.3", "numpy==1.26.4", "scikit-learn")
BENCH = Path(__file__).parent / "forecasts"
LEVELS = [round(level / 100, 2) for level in range(1, 100)]


def cases(shared: Path, out: Path) -> dict[str, Case]:
    """The cases there are data for; making one writes its files."""
    found = {"homes": homes(load_settings().cache, out)}
    if shared.is_dir():
        found |= {
            "solar": solar(shared, out),
            "solar_late": late_solar(shared, out),
            "buildings": buildings(shared, out),
            "spot": spot(shared, out, weather=False),
            "spot_weather": spot(shared, out, weather=True),
            "pvpc": pvpc(shared, out),
        }
    return found


def peer_python(cache: Path) -> Path:
    """A Python that has the peer; the product does not."""
    home = cache / "peers"
    python, installed = home / "bin" / "python", home / "installed"
    if not installed.exists() or installed.read_text() != " ".join(PEER):
        venv.create(home, with_pip=True)
        subprocess.run([python, "-m", "pip", "install", "-q", *PEER], check=True)
        installed.write_text(" ".join(PEER))
    return python


def scores(case: Case, out: Path) -> dict[str, float]:
    """Errors of a written forecast and of the naive one (same hour yesterday); the series `total` apart."""
    kinds = {"series_id": str}
    outcomes = case.folder / "outcomes.csv"
    path = outcomes if outcomes.exists() else case.folder / "history.csv"
    history = pd.read_csv(path, dtype=kinds, parse_dates=["start"]).drop_duplicates(["series_id", "start"])
    rows = pd.read_csv(out, dtype=kinds, parse_dates=["time"])
    known = history.rename(columns={"start": "time"})
    before = known.assign(time=known["time"] + pd.Timedelta("24h")).rename(columns={"value": "naive"})
    rows = (
        rows.merge(known, on=["series_id", "time"])
        .merge(before, on=["series_id", "time"])
        .dropna(subset=["value", "naive"])
    )
    total = rows[rows["series_id"] == "total"]
    rows = rows[rows["series_id"] != "total"]
    value, naive, median = (rows[name].to_numpy() for name in ("value", "naive", "q0.5"))
    found = {"mae": np.abs(value - median).mean(), "naive_mae": np.abs(value - naive).mean()}
    if case.kind != "price":
        logs = np.log1p(value)
        found["rmsle"] = np.sqrt(((logs - np.log1p(median)) ** 2).mean())
        found["naive_rmsle"] = np.sqrt(((logs - np.log1p(naive)) ** 2).mean())
    if len(total):
        found["total"] = (total["value"] - total["q0.5"]).abs().mean()
        found["naive_total"] = (total["value"] - total["naive"]).abs().mean()
        parts = rows.groupby("time")["q0.5"].sum().reindex(total["time"]).to_numpy()
        found["parts"] = (total["value"] - parts).abs().mean()
    if "q0.99" in rows:
        error = value[:, None] - rows[[f"q{level:g}" for level in LEVELS]].to_numpy()
        found["pinball"] = np.maximum(np.array(LEVELS) * error, (np.array(LEVELS) - 1) * error).mean()
    return found


def figures(name: str, ours: dict[str, float], *peers: dict[str, float]) -> list[tuple[str | float, ...]]:
    """Rows of the table: what, naive, LightGBM, MSTL, Solera, bar, aim; what a peer was not asked is NaN."""
    nothing = float("nan")

    def all_of(key: str, naive: str = "") -> list[float]:
        every = [*peers, {}, ours] if len(peers) == 1 else [*peers, ours]
        return [each.get(key, nothing) / (each.get(naive, nothing) if naive else 1.0) for each in every]

    if name == "solar":
        return [
            ("solar, MAE, share of nominal", ours["naive_mae"], *all_of("mae"), 0.036, 0.0325),
            ("solar, mean pinball over 99 quantiles", nothing, *all_of("pinball"), 0.0130, 0.0116),
        ]
    if name == "solar_late":
        return [
            ("solar, 30 days late, MAE, share of nominal", ours["naive_mae"], *all_of("mae"), nothing, nothing),
            ("solar, 30 days late, mean pinball", nothing, *all_of("pinball"), 0.0130, nothing),
        ]
    if name == "homes":
        return [
            ("load of 17 homes, MAE against naive", 1.0, *all_of("mae", "naive_mae"), 0.85, 0.80),
            ("their total, MAE against naive", 1.0, *all_of("total", "naive_total"), 0.80, 0.70),
            ("their total as the sum of their forecasts", 1.0, *all_of("parts", "naive_total"), nothing, nothing),
        ]
    if name == "buildings":
        return [("25 buildings, RMSLE against naive", 1.0, *all_of("rmsle", "naive_rmsle"), 0.70, 0.62)]
    bars = {"spot": (3.6, 3.2), "spot_weather": (3.45, 3.2), "pvpc": (4.2, 3.8)}[name]
    what = {"spot": "spot price, lags only", "spot_weather": "spot price, observed weather", "pvpc": "PVPC, lags only"}
    return [(f"{what[name]}, MAE EUR/MWh", ours["naive_mae"], *all_of("mae"), *bars)]


def main(wanted: list[str]) -> None:
    """Run the cases and print the table."""
    console = Console(highlight=False)
    shared = Path(os.environ.get("SOLERA_SHARED_DATA", "../shared/data"))
    if not shared.is_dir():
        console.print(f"{shared} is not there (SOLERA_SHARED_DATA names it): only the 17 homes are forecast.")
    python = peer_python(load_settings().cache)
    table = Table("figure", title="Forecasts issued at 00:00 UTC for the day")
    for column in ("naive", "LightGBM", "MSTL", "Solera", "bar", "aim", "seconds"):
        table.add_column(column, justify="right")
    with tempfile.TemporaryDirectory(prefix="solera-forecast-") as folder:
        for name, case in chosen(cases(shared, Path(folder)), wanted).items():
            console.print(f"{case.name}, {case.first} to {case.last}")
            ours, peers, began = case.folder / "solera.csv", case.folder / "peer.csv", time.monotonic()
            levels = LEVELS if case.kind == "solar" else [0.1, 0.5, 0.9]
            quantiles = ["--quantiles", ",".join(f"{level:g}" for level in levels)]
            command = [sys.executable, "-m", "stack.cli", "backtest", *case.arguments, "--out", str(ours), *quantiles]
            subprocess.run(command, check=True)
            took = time.monotonic() - began
            weather = ["weather"] if case.weather else []
            peer = [python, BENCH / "lightgbm_peer.py", case.kind, case.folder, case.first, case.last, peers, *weather]
            subprocess.run([str(part) for part in peer], check=True)
            found = [scores(case, ours), scores(case, peers)]
            # A year of days, each fitted anew, would take an hour; MSTL knows no history that ends early.
            if case.kind != "price" and name != "solar_late":
                plain = [
                    python,
                    BENCH / "statsforecast_peer.py",
                    case.kind,
                    case.folder,
                    case.first,
                    case.last,
                    peers,
                ]
                subprocess.run([str(part) for part in plain], check=True)
                found.append(scores(case, peers))
            for what, *values in figures(name, *found):
                cells = ["" if np.isnan(value) else f"{value:.4f}" for value in map(float, values)]
                table.add_row(str(what), *cells, f"{took:.0f}")
    console.print(table)


if __name__ == "__main__":
    main(sys.argv[1:])
