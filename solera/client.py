"""What an analyst asks, each a DataFrame: ``Client().energy("fontana-01", "generation", "2026-11-01", "2026-12-01")``.

Energy is in Wh, power in W, prices in EUR/MWh, money in EUR. Times are aware and stand by the clock of the zone that
the client was given, else of the installation; times that are asked for without an offset are of that clock, too. Every
call raises :class:`~solera.connection.Refused`, :class:`~solera.connection.NotReached` and
:class:`~solera.frames.BadMoment`, which are refusals: a sentence that says what to do.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from typing import Any, Literal

import pandas as pd

from conf import load_settings
from solera.connection import Connection
from solera.connection import token as token_of
from solera.frames import Moment, frame, instant, years

Resolution = Literal["15m", "hour", "day", "month"]
MARKET_ZONE = "Europe/Madrid"
"""Prices of Spain are given by this clock where the client has no zone of its own; those of the Canaries, too."""
ENERGY = (
    "installation_id", "quantity", "start", "energy_wh", "view", "run_id", "completeness", "method", "lower_wh",
    "upper_wh", "cause",
)  # fmt: skip
HOURS = ("installation_id", "quantity", "issued_at", "time", "p10_wh", "p50_wh", "p90_wh", "step", "model")
BILL = ("kind", "period", "quantity", "unit", "price", "price_unit", "eur", "estimated_kwh", "condition")
PRICE = ("start", "end", "price_eur_mwh", "kind", "known_at", "provider", "p10", "p90", "model", "step")
OTHERWISE = "otherwise"
GAP = ("installation_id", "device_id", "quantity", "start", "until", "state", "cause", "periods", "completeness")
ALARM = ("installation_id", "device_id", "kind", "text", "raised_at", "cleared_at")


class Client:
    """The answers of one Solera to whoever has the token.

    Without arguments it asks where the settings say, as the command line does: ``SOLERA_API__HOST`` and ``…__PORT``,
    with ``SOLERA_API__TOKEN`` or the token in ``<SOLERA_HOME>/token``.
    """

    def __init__(self, url: str | None = None, token: str | None = None, tz: str | None = None) -> None:
        """``url`` as ``http://127.0.0.1:8000``; ``tz`` an IANA name. Raises :class:`~solera.connection.NoToken`."""
        settings = load_settings()
        here = f"http://{settings.api.host}:{settings.api.port}"
        self._tz = tz
        self._api = Connection(url or here, token or token_of(settings))

    @cached_property
    def _catalogue(self) -> dict[str, dict[str, Any]]:
        return {row["installation_id"]: row for row in self._api.pages("installations", "installations", {})}

    def zone(self, installation: str) -> str:
        """The zone by whose clock times of ``installation`` stand."""
        return self._tz or self._catalogue.get(installation, {}).get("time_zone") or "UTC"

    def installations(self) -> pd.DataFrame:
        """The catalogue, a row an installation, by id; ``capacity_kw`` in kW."""
        return frame(self._catalogue.values(), ("installation_id", "name", "kind", "community_id"), "UTC")

    def state(self, installation: str) -> pd.DataFrame:
        """The latest reading of every device, W, V, °C; of a community those of its members. ``age_s`` in s."""
        found = self._api.get(f"installations/{installation}/state", {})
        return frame(found["devices"], ("installation_id", "device_id", "time", "age_s"), self.zone(installation))

    def energy(
        self,
        installations: str | Sequence[str],
        quantities: str | Sequence[str],
        first: Moment,
        last: Moment,
        resolution: Resolution = "hour",
    ) -> pd.DataFrame:
        """Merged energy of the periods that begin from ``first`` to before ``last``, a row a period that has any.

        Each value says by ``view`` whether it is the batch's or the speed layer's. Of several installations the times
        stand by the clock of the first. Years are asked for one by one.
        """
        homes, names = _listed(installations), _listed(quantities)
        rows = [row for home in homes for name in names for row in self._energy(home, name, (first, last), resolution)]
        return frame(rows, ENERGY, self.zone(homes[0]))

    def _energy(self, home: str, quantity: str, span: tuple[Moment, Moment], resolution: str) -> list[dict[str, Any]]:
        tz = self.zone(home)
        rows = []
        for start, end in years(*(instant(each, tz) for each in span)):
            asked = {"quantity": quantity, "resolution": resolution, "tz": tz} | _range(start, end)
            found = self._api.get(f"installations/{home}/energy", asked)
            named = {"installation_id": home, "quantity": quantity}
            rows += [{name: value.get(name) for name in ENERGY} | named for value in found["values"]]
        return rows

    def forecast(self, installation: str, quantity: str, issued_before: Moment | None = None) -> pd.DataFrame:
        """The newest forecast, a row an hour; with ``issued_before`` the newest that was made before that time."""
        tz = self.zone(installation)
        before = None if issued_before is None else _text(instant(issued_before, tz))
        found = self._api.get(f"installations/{installation}/forecast", {"quantity": quantity, "issued_before": before})
        named = {"installation_id": installation, "quantity": quantity, "issued_at": found["issued_at"]}
        return frame((named | value for value in found["values"]), HOURS, tz)

    def skill(self, installation: str) -> pd.DataFrame:
        """The record of the day-ahead forecasts beside the naive ones', Wh, a row a quantity."""
        found = self._api.get(f"installations/{installation}/skill", {})
        return frame(found["skill"], ("quantity", "mae_wh", "mae_yesterday_wh", "mae_last_week_wh"), "UTC")

    def errors(self, installation: str, by: Literal["horizon", "month"] = "horizon") -> pd.DataFrame:
        """The forecasts' errors in Wh by hours ahead (of UTC days), or by UTC month."""
        found = self._api.get(f"installations/{installation}/errors", {"by": by})
        return frame(found["errors"], ("quantity", "slice", "hours", "mae_wh", "bias_wh"), "UTC")

    def bill(self, installation: str, month: str, shared: bool = False) -> pd.DataFrame:
        """The lines of a local month's bill (``2026-10``), EUR, taxes among them; the last row is the total.

        Where taxes depend on what is not known, they and the total stand once for each ``condition``. With ``shared``
        its share of the community is taken in. Where ``attrs["complete"]`` is False, hours without a value are in no
        line.
        """
        found = self._api.get(f"installations/{installation}/bills", {"month": month, "shared": str(shared).lower()})
        rows, depends = list(found["lines"]), len(found["cases"]) > 1
        for case in found["cases"]:
            named = {"condition": (case["condition"] or OTHERWISE) if depends else None}
            rows += [line | named for line in case["taxes"]]
            rows.append({"kind": "total", "eur": case["total_eur"]} | named)
        plain = [{name: row.get(name) for name in BILL} for row in rows]
        made = frame(plain, BILL, "UTC")
        made.attrs.update({name: found[name] for name in ("complete", "total_eur", "so_far_eur", "saving_eur")})
        return made

    def settlement(self, of: str, month: str | None = None) -> pd.DataFrame:
        """Settled months, Wh and EUR: of a member all or one, of a community one, a row a member."""
        if self._catalogue.get(of, {}).get("kind") == "community":
            found = self._api.get(f"communities/{of}/settlement", {"month": month})["members"]
        else:
            found = self._api.get(f"installations/{of}/settlement", {"month": month})["months"]
        return frame(found, ("installation_id", "month", "assigned_wh", "total_eur", "saving_eur"), "UTC")

    def prices(self, market: str, first: Moment, last: Moment, zone: str | None = None) -> pd.DataFrame:
        """Known prices of ``market`` (spot, pvpc, surplus), EUR/MWh, by start."""
        tz = self._tz or MARKET_ZONE
        asked = {"market": market, "zone": zone}
        spans = years(instant(first, tz), instant(last, tz))
        rows = (row for span in spans for row in self._api.get("prices", asked | _range(*span))["values"])
        return frame(rows, PRICE, tz)

    def prices_ahead(self, market: str, zone: str | None = None) -> pd.DataFrame:
        """Prices from this hour on, EUR/MWh: those known, then those forecast, with their band."""
        found = self._api.get("prices/forecast", {"market": market, "zone": zone})
        return frame(found["values"], PRICE, self._tz or MARKET_ZONE)

    def gaps(self, installation: str, first: Moment, last: Moment) -> pd.DataFrame:
        """The quarter-hours of a device that are late, estimated, missing or lost, a row a stretch of them."""
        tz = self.zone(installation)
        span = _range(instant(first, tz), instant(last, tz))
        return frame(self._api.get(f"installations/{installation}/gaps", span)["gaps"], GAP, tz)

    def quarantine(self, days: int = 7, limit: int = 1000) -> pd.DataFrame:
        """Messages of the last UTC days that were not taken, with the reason, newest first."""
        found = self._api.get("quarantine", {"days": days, "limit": limit})["quarantine"]
        return frame(found, ("topic", "received_at", "reason", "payload"), self._tz or "UTC")

    def ledger(self) -> pd.DataFrame:
        """Messages of each topic and layer: received = accepted + duplicate + quarantined."""
        return frame(self._api.get("ledger", {})["ledger"], ("topic", "layer", "received"), self._tz or "UTC")

    def alarms(self, days: int = 7) -> pd.DataFrame:
        """The alarms that stand, of any age, then those of the last days that are cleared; each newest first."""
        return frame(self._api.pages("alarms", "alarms", {"days": days}), ALARM, self._tz or "UTC")

    def runs(self, limit: int = 100) -> pd.DataFrame:
        """The nights, newest first."""
        return frame(self._api.get("runs", {"limit": limit})["runs"], ("run_id", "published"), self._tz or "UTC")


def _listed(names: str | Sequence[str]) -> list[str]:
    return [names] if isinstance(names, str) else list(names)


def _text(moment: pd.Timestamp) -> str:
    return f"{moment.tz_convert('UTC'):%Y-%m-%dT%H:%M:%SZ}"


def _range(first: pd.Timestamp, last: pd.Timestamp) -> dict[str, str]:
    return {"from": _text(first), "to": _text(last)}
