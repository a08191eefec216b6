"""The speed layer on real servers: nothing lost, nothing doubled, whatever is sent and whatever dies."""

from __future__ import annotations

import json
import random
import secrets
import time
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import pytest

from conf import Settings
from energy.balance import installation_energy
from energy.community import community_energy
from energy.energy_row import EnergyRow
from energy.limits import Limits
from energy.topics import TOPICS, Rejected
from speed_layer.readings_query.ledger import Ledger
from speed_layer.readings_query.summary import Summary
from speed_layer.readings_query.validate import Message, validate
from store.catalogue import Catalogue
from store.quarantine import PAYLOAD_BYTES
from tests.support.hostile_messages import corpus
from tests.support.speed_world import Job, Views, quarantine_topic, send, topic_ends, until

DAY = datetime.now(timezone.utc).replace(hour=0, minute=0, second=0, microsecond=0) - timedelta(days=2)
RUN = secrets.token_hex(3)
"""Tells this run's installations from those of an earlier one on a stack that is kept."""
TABLES = ("inverter_state", "reading_by_day", "energy_speed")


@pytest.fixture(scope="module")
def stack(own_stack: Settings) -> Settings:
    return own_stack


def readings(installation: str, count: int, start: datetime = DAY, seconds: int = 60) -> list[dict[str, Any]]:
    """``count`` instants of an inverter and a meter, in order."""
    made = []
    for n in range(count):
        common = {"installation_id": installation, "time": start + timedelta(seconds=n * seconds)}
        made.append(
            {**common, "device_id": f"{installation}-inverter", "device_kind": "inverter", "ac_power_w": 600.0 + n}
            | {"energy_total_wh": 1000.0 + 10 * n}
        )
        made.append(
            {**common, "device_id": f"{installation}-meter", "device_kind": "meter"}
            | {"import_total_wh": 500.0 + 3 * n, "export_total_wh": 200.0 + 7 * n}
        )
    return made


def wire(made: list[dict[str, Any]]) -> list[tuple[str | None, bytes]]:
    return [(m["installation_id"], json.dumps({**m, "time": m["time"].isoformat()}).encode()) for m in made]


def expected(made: list[dict[str, Any]]) -> dict[tuple[str, datetime], EnergyRow]:
    """What the functions of ``energy`` make of the sorted, deduplicated readings."""
    now = datetime.now(timezone.utc)
    parsed = [TOPICS["readings"].parse(value, now) for _, value in wire(made)]
    rows = installation_energy(parsed, DAY - timedelta(days=2), DAY + timedelta(days=4), Limits(10.0))
    return {(row.quantity, row.start): row for row in rows}


def gained(before: dict[str, int], after: dict[str, int]) -> dict[str, int]:
    return {name: after[name] - before[name] for name in before}


def send_and_follow(stack: Settings, job: Job, messages: list[tuple[str | None, bytes]]) -> None:
    send(stack, messages)
    job.follow(topic_ends(stack))


def hostile() -> list[tuple[bytes, str]]:
    """Messages nobody should send, each with a part of the reason it is refused for."""
    good: dict[str, Any] = {
        "installation_id": f"hostile-{RUN}",
        "device_id": f"hostile-{RUN}-inverter",
        "device_kind": "inverter",
    }
    good |= {"time": DAY.isoformat(), "ac_power_w": 1.0}

    def but(**changes: Any) -> bytes:
        return json.dumps({**good, **changes}).encode()

    return [
        (b"no json", "not JSON"),
        (b"", "not JSON"),
        (b"\xff\xfe\x00", "not JSON"),
        (b'{"installation_id": "hos', "not JSON"),
        (b"[" * 50_000, "not JSON"),
        (b"[]", "message"),
        (json.dumps({k: v for k, v in good.items() if k != "device_id"}).encode(), "device_id: Field required"),
        (but(ac_power_w="much"), "ac_power_w"),
        (but(ac_power_w=float("nan")), "ac_power_w"),
        (but(energy_total_wh=1e308), "without energy_total_wh"),
        (but(time="1970-01-01T00:00:00Z"), "before the year 2000"),
        (but(time="2100-01-01T00:00:00Z"), "future"),
        (but(time="2026-06-01T12:00:00"), "time"),
        (but(installation_id="nobody"), "unknown installation nobody"),
        (but(device_id=f"hostile-{RUN}-other"), f"is registered to neighbour-{RUN}"),
        (but(source="x" * 2_000_000), "too large"),
        (but(device_id="\u0000" * 3 + "ü" * 300), "device_id"),
    ]


def test_hostile_messages_end_in_quarantine_and_the_job_lives_on(stack: Settings, job: Job, views: Views) -> None:
    views.register(f"hostile-{RUN}", [f"hostile-{RUN}-inverter", f"hostile-{RUN}-meter"])
    views.register(f"neighbour-{RUN}", [f"hostile-{RUN}-other"])
    corpus = hostile()
    send_and_follow(stack, job, [])
    before = views.ledger()
    send_and_follow(
        stack, job, [(f"hostile-{RUN}", payload) for payload, _ in corpus] + wire(readings(f"hostile-{RUN}", 1))
    )
    assert gained(before, views.ledger()) == {
        "received": len(corpus) + 2,
        "accepted": 2 + 1,  # one without its register
        "duplicate": 0,
        "quarantined": len(corpus) - 1,
        "late": 0,
    }
    rows = list(views.session.execute("SELECT * FROM quarantine"))
    on_topic = {(each["partition"], each["offset"]): each for each in quarantine_topic(stack)}
    for payload, reason in corpus:
        found = [row for row in rows if row.payload == payload[:PAYLOAD_BYTES] and reason in row.reason]
        assert found, reason
        assert found[0].payload_bytes == len(payload)
        message = on_topic[found[0].kafka_partition, found[0].kafka_offset]
        assert message["topic"] == "readings"
        assert message["reason"] == found[0].reason
    assert len(views.table("inverter_state", f"hostile-{RUN}")) == 2


def test_of_500_hostile_messages_each_is_taken_or_refused_with_its_reason(
    stack: Settings, job: Job, views: Views
) -> None:
    home = f"corpus-{RUN}"
    views.register(home)
    catalogue = Catalogue(frozenset({home}))
    reasons = {}
    messages = corpus("readings", home, DAY)
    for payload in messages:
        try:
            validate(Message(0, 0, round(time.time() * 1e6), payload, len(payload), is_replayed=True), catalogue)
        except Rejected as rejected:
            reasons[payload] = str(rejected)
    send_and_follow(stack, job, [])
    before = views.ledger()
    send_and_follow(stack, job, [(home, payload) for payload in messages])
    counts = gained(before, views.ledger())
    assert counts["received"] == len(messages) >= 500
    assert counts["quarantined"] == len(reasons)
    assert counts["accepted"] + counts["duplicate"] == len(messages) - len(reasons) > 0
    kept = {(row.payload, row.payload_bytes): row.reason for row in views.session.execute("SELECT * FROM quarantine")}
    for payload, reason in reasons.items():
        assert kept[payload[:PAYLOAD_BYTES], len(payload)] == reason
    assert job.alive


def test_an_installation_registered_a_moment_ago_is_known(stack: Settings, job: Job, views: Views) -> None:
    views.register(f"newcomer-{RUN}")
    send_and_follow(stack, job, wire(readings(f"newcomer-{RUN}", 1)))
    assert len(views.table("inverter_state", f"newcomer-{RUN}")) == 2


def test_repeats_are_counted_and_dropped(stack: Settings, job: Job, views: Views) -> None:
    views.register(f"repeats-{RUN}")
    made = wire(readings(f"repeats-{RUN}", 20))
    before = views.ledger()
    send_and_follow(stack, job, made + made[:10])
    send_and_follow(stack, job, made[5:25])
    counts = gained(before, views.ledger())
    assert (counts["received"], counts["accepted"], counts["duplicate"]) == (70, 40, 30)
    assert len(views.table("reading_by_day", f"repeats-{RUN}")) == 40


def test_any_order_ends_in_the_energy_of_the_sorted_readings(stack: Settings, job: Job, views: Views) -> None:
    shuffler = random.Random(7)
    installations = [f"order-{each}-{RUN}" for each in "abc"]
    made = {name: readings(name, 120, seconds=97 + 60 * n) for n, name in enumerate(installations)}
    for name in installations:
        views.register(name, community=f"order-all-{RUN}")
    messages = [message for name in installations for message in wire(made[name])]
    messages += shuffler.sample(messages, 100)
    shuffler.shuffle(messages)
    for first in range(0, len(messages), 150):
        send_and_follow(stack, job, messages[first : first + 150])
    rows = {name: views.energy(name, DAY) for name in installations}
    for name in installations:
        assert rows[name] == expected(made[name])
    of_day = [
        community_energy({name: [r for r in of.values() if r.start.date() == day] for name, of in rows.items()})
        for day in sorted({start.date() for of in rows.values() for _, start in of})
    ]
    community = {(row.quantity, row.start): row for part in of_day for row in part}
    found = views.energy(f"order-all-{RUN}", DAY)
    assert {key: row.energy_wh for key, row in found.items()} == {k: row.energy_wh for k, row in community.items()}


def test_a_late_reading_changes_only_the_periods_between_its_neighbours(
    stack: Settings, job: Job, views: Views
) -> None:
    views.register(f"late-{RUN}")
    made = readings(f"late-{RUN}", 60, seconds=300)
    missing = made[40]
    send_and_follow(stack, job, wire([each for each in made if each is not missing]))
    written = "SELECT quantity, start, WRITETIME(energy_wh) FROM energy_speed WHERE installation_id = %s AND month = %s"
    month = DAY.date().replace(day=1)
    before = {row[:2]: row[2] for row in views.session.execute(written, (f"late-{RUN}", month))}
    send_and_follow(stack, job, wire([missing]))
    after = {row[:2]: row[2] for row in views.session.execute(written, (f"late-{RUN}", month))}
    touched = {start for (_, start), at in after.items() if at != before[_, start]}
    assert 1 <= len(touched) <= 24
    assert views.energy(f"late-{RUN}", DAY) == expected(made)


def test_readings_of_one_instant_merge_in_any_order(stack: Settings, job: Job, views: Views) -> None:
    views.register(f"conflict-{RUN}")
    one, other = {"ac_power_w": 100.0}, {"ac_power_w": 200.0, "voltage_v": 231.0, "device_ahead_s": 3600.5}
    ends = []
    for name, values in {"a": (one, other), "b": (other, one)}.items():
        head = {
            "installation_id": f"conflict-{RUN}",
            "device_id": f"conflict-{RUN}-{name}",
            "device_kind": "inverter",
            "time": DAY,
        }
        for each in values:
            send_and_follow(stack, job, wire([head | each]))
            time.sleep(1.1)  # Cassandra expires cells by the second; a later expiry must not win.
        key = "installation_id = %s AND device_id = %s AND day = %s"
        query = f"SELECT ac_power_w, voltage_v, device_ahead_s FROM reading_by_day WHERE {key}"  # noqa: S608
        ends.append(list(views.session.execute(query, (f"conflict-{RUN}", f"conflict-{RUN}-{name}", DAY.date()))))
        key = "installation_id = %s AND device_id = %s"
        state = f"SELECT ac_power_w, voltage_v, device_ahead_s FROM inverter_state WHERE {key}"  # noqa: S608
        ends.append(list(views.session.execute(state, (f"conflict-{RUN}", f"conflict-{RUN}-{name}"))))
    assert ends == [[(200.0, 231.0, 3600.5)]] * 4


def test_two_homes_whose_devices_bear_one_name_keep_their_own_energy(stack: Settings, job: Job, views: Views) -> None:
    homes = [f"same-{RUN}-{letter}" for letter in "ab"]
    for home in homes:
        views.register(home, ["meter-1", "inverter-1"])
    made = {home: readings(home, 40) for home in homes}
    for n, home in enumerate(homes):
        for each in made[home]:
            each["device_id"] = f"{each['device_kind']}-1"
            if "energy_total_wh" in each:
                each["energy_total_wh"] *= 1 + 4 * n
                each["ac_power_w"] *= 1 + 4 * n
    mixed = [each for pair in zip(*made.values(), strict=True) for each in pair]
    before = views.ledger()
    send_and_follow(stack, job, wire(mixed + mixed[:5]))

    assert gained(before, views.ledger()) == {
        "received": 165, "accepted": 160, "duplicate": 5, "quarantined": 0, "late": 0,
    }  # fmt: skip
    for home in homes:
        assert views.energy(home, DAY) == expected(made[home])
        assert len(views.table("reading_by_day", home)) == 80


def test_an_installation_with_registered_devices_takes_no_others(stack: Settings, job: Job, views: Views) -> None:
    home = f"closed-{RUN}"
    views.register(home, ["meter-1"])
    time.sleep(3)  # the catalogue is read anew every two seconds
    forged = [each | {"device_id": "fake"} for each in readings(home, 5)]
    before = views.ledger()
    send_and_follow(stack, job, wire(forged))
    assert gained(before, views.ledger())["quarantined"] == 10
    assert views.energy(home, DAY) == {}


def test_killed_and_restarted_it_loses_and_doubles_nothing(stack: Settings, job: Job, views: Views) -> None:
    views.register(f"killed-{RUN}")
    send_and_follow(stack, job, [])
    before = views.ledger()
    made = readings(f"killed-{RUN}", 1_500, seconds=20)
    messages = wire(made)
    messages += messages[::10]
    for round_, first in enumerate(range(0, len(messages), len(messages) // 3 + 1)):
        send(stack, messages[first : first + len(messages) // 3 + 1])
        if round_ < 2:
            time.sleep(random.Random(round_).uniform(0.2, 1.5))
            job.kill()
            job.start()
    job.follow(topic_ends(stack))
    counts = gained(before, views.ledger())
    assert counts == {"received": 3_300, "accepted": 3_000, "duplicate": 300, "quarantined": 0, "late": 0}
    assert len(views.table("reading_by_day", f"killed-{RUN}")) == 3_000
    assert views.energy(f"killed-{RUN}", DAY) == expected(made)


def test_a_deleted_checkpoint_changes_no_value(stack: Settings, job: Job, views: Views) -> None:
    before = {table: views.table(table, "") for table in TABLES}
    job.stop()
    job.checkpoint.rename(job.home / "lost")
    (job.home / "run" / "speed.json").unlink()
    job.start()
    job.follow(topic_ends(stack))
    assert {table: views.table(table, "") for table in TABLES} == before
    assert views.ledger()["received"] == sum(end + 1 for end in topic_ends(stack).values())


def test_two_jobs_at_once_change_no_value(
    stack: Settings, job: Job, views: Views, tmp_path_factory: pytest.TempPathFactory
) -> None:
    views.register(f"twice-{RUN}")
    second = Job(stack, tmp_path_factory.mktemp("second"))
    second.start()
    made = readings(f"twice-{RUN}", 300)
    messages = wire(made)
    random.Random(3).shuffle(messages)
    for first in range(0, len(messages), 100):
        send(stack, messages[first : first + 100])
        time.sleep(0.3)
    for each in (job, second):
        each.follow(topic_ends(stack))
    assert second.stop() == 0
    assert len(views.table("reading_by_day", f"twice-{RUN}")) == 600
    assert views.energy(f"twice-{RUN}", DAY) == expected(made)


def test_old_rows_of_the_ledger_become_one_with_their_sums(stack: Settings, views: Views) -> None:
    ledger = Ledger(views.session, layer=f"fold-{RUN}")
    for batch in range(5):
        summary = Summary(received=3, accepted=2, duplicate=1, first={"0": 3 * batch}, last={"0": 3 * batch + 2})
        ledger.open(batch, summary)
        ledger.close(batch, summary)
    ledger.fold(3)
    ledger.fold(3)
    query = "SELECT * FROM ingest_ledger WHERE topic = 'readings' AND layer = %s"
    rows = list(views.session.execute(query, (f"fold-{RUN}",)))
    assert [(row.batch_id, row.received, row.accepted, row.duplicate) for row in rows] == [(4, 3, 2, 1), (3, 12, 8, 4)]
    assert rows[1].first_offsets == '{"0": 0}'
    assert rows[1].last_offsets == '{"0": 11}'
    assert rows[1].written_at is not None
    assert Ledger(views.session, layer=f"fold-{RUN}").last == {"0": 14}


def test_it_reports_its_offsets_and_stops_when_asked(stack: Settings, job: Job) -> None:
    until("the lag is on_topic", lambda: set(job.report().get("kafka_lag", {}).values()) == {0})
    report = job.report()
    assert {"batch_id", "rows", "rows_per_second", "at", "last_offsets"} <= report["readings"].keys()
    assert report["energy"]["state"]
    assert job.stop() == 0


def test_it_ends_with_one_line_when_it_cannot_go_on(
    stack: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SOLERA_CASSANDRA__PORT", "1")
    nowhere = Job(stack, tmp_path)
    nowhere.start()
    until("the job ends", lambda: not nowhere.alive)
    assert nowhere.exit_code == 1
    assert "speed layer: Cassandra does not answer" in nowhere.log.read_text().splitlines()[-1]
