"""The broker away for ten minutes: the gateway keeps all on its disk, and sends it in order when the broker is back."""

from __future__ import annotations

import json
import os
import signal
import sqlite3
import time

from tests.support.faults.audit import audit_devices, device_energy
from tests.support.faults.away import BAR_S, HOMES, broken, catch_up, first_of_each, in_order, report, topic, without
from tests.support.faults.devices import FIRST_WH
from tests.support.faults.kills import BACK_WITHIN, served_wh
from tests.support.faults.load import until
from tests.support.faults.plan import Plan
from tests.support.faults.world import World, pole


def test_the_gateway_keeps_all_and_sends_it_in_order(whole: World, plan: Plan) -> None:
    until("the devices are polled", lambda: served_wh(whole, pole(1)) > FIRST_WH, BACK_WITHIN)
    with without(whole, "kafka"):
        until("/healthz names the broker", lambda: "kafka" in broken(whole), 10)
        end = time.monotonic() + plan.away_s
        while (left := end - time.monotonic()) > 0:
            time.sleep(min(left, 60))
            kept = report(whole)
            print(f"{left:4.0f} s to go: {kept['kept']:,} readings kept, {kept['kept_bytes'] / 1e6:.1f} MB")
        assert "Kafka" in report(whole)["kafka_error"]
        assert kept["kept"] > 0.8 * plan.away_s * len(whole.units)
        assert kept["kept_bytes"] <= whole.settings.gateway.outbox_megabytes * 1e6
        base = sqlite3.connect(whole.settings.home / "gateway" / "outbox.sqlite")
        waiting = [json.loads(row[0]) for row in base.execute("SELECT value FROM message ORDER BY id")]
        base.close()
    assert in_order(waiting)
    until("the outbox is empty", lambda: report(whole)["kept"] < 2 * len(whole.units), BACK_WITHIN)
    found = audit_devices(whole)
    assert found.is_whole, found
    assert in_order(first_of_each(topic(whole)))
    gateway = whole.pid("gateway")
    os.kill(gateway, signal.SIGSTOP)
    try:
        assert device_energy(whole) == 0.0
    finally:
        os.kill(gateway, signal.SIGCONT)


def test_ten_minutes_of_a_thousand_readings_a_second_are_caught_up(whole: World, plan: Plan) -> None:
    start, took = catch_up(whole, plan.away_s, plan.away_s)
    print(
        f"{plan.away_s * HOMES:,.0f} readings caught up in {took:.0f} s (bar {BAR_S:.0f} s), "
        f"after the broker's start of {start:.0f} s; load {os.getloadavg()[0]:.1f}"
    )
