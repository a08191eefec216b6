"""Both clocks of a reading: what is kept of the one that does not date it."""

from __future__ import annotations

import asyncio
import json
from datetime import datetime, timedelta, timezone
from typing import Any

import pytest

from energy.topics import TOPICS
from ingest.devices.device import Measurement
from ingest.gateway.polling.poller import Poller
from tests.unit.ingest.gateway.polling.test_poller import NOW, Scripted, device, polled

AN_HOUR = timedelta(hours=1)


@pytest.mark.parametrize(
    ("off", "connection", "field"),
    [
        pytest.param(AN_HOUR, {}, "device_ahead_s", id="the gateway dates, and the device is an hour ahead"),
        pytest.param(-AN_HOUR, {}, "device_ahead_s", id="the gateway dates, and the device is an hour behind"),
        pytest.param(NOW.replace(year=2000) - NOW, {}, "device_ahead_s", id="a clock that was never set"),
        pytest.param(AN_HOUR, {"clock": "device"}, "device_ahead_s", id="too far ahead to date a reading"),
        pytest.param(-AN_HOUR, {"clock": "device"}, "gateway_ahead_s", id="the device dates, an hour behind"),
    ],
)
def test_device_time_gateway_time_and_their_difference_are_kept(
    off: timedelta, connection: dict[str, Any], field: str
) -> None:
    shown: list[datetime] = []

    class Ticking:
        async def measure(self) -> Measurement:
            shown.append(datetime.now(timezone.utc) + off)
            return Measurement({"import_power_w": 1.0}, shown[-1])

    async def scenario() -> dict[str, Any]:
        stated: asyncio.Queue[dict[str, Any]] = asyncio.Queue()

        async def keep(record: dict[str, Any]) -> None:
            # The first reading of a clock that is behind may be an entry of a log.
            if record.keys() & {"device_ahead_s", "gateway_ahead_s"}:
                await stated.put(record)

        task = asyncio.create_task(Poller(device(**connection), Ticking(), 60.0, keep).run())
        record = await asyncio.wait_for(stated.get(), 30)
        task.cancel()
        return record

    before = datetime.now(timezone.utc)
    record = asyncio.run(scenario())
    after = datetime.now(timezone.utc)
    assert record.keys() & {"device_ahead_s", "gateway_ahead_s"} == {field}
    parsed = TOPICS["readings"].parse(json.dumps(record).encode(), after)
    other = parsed["time"] + timedelta(seconds=parsed[field])
    of_device, of_gateway = (other, parsed["time"]) if field == "device_ahead_s" else (parsed["time"], other)
    assert any(abs(of_device - each) < timedelta(milliseconds=3) for each in shown)
    assert before - timedelta(milliseconds=3) <= of_gateway <= after


def test_neither_a_log_nor_a_device_without_a_clock_states_a_difference() -> None:
    begun = datetime.now(timezone.utc) - AN_HOUR
    log = [Measurement({"import_power_w": 1.0}, begun + n * timedelta(minutes=5)) for n in range(5)]
    for source, connection in ((Scripted(*log), {"clock": "device"}), (Scripted(Measurement({"soc_pct": 5.0})), {})):
        _, kept = asyncio.run(polled(source, 0.3, **connection))
        assert kept
        assert not any({"device_ahead_s", "gateway_ahead_s"} & record.keys() for record in kept)
