"""Every parser of the ingest layer fed with damaged input, guided by coverage (atheris): errors that no one catches.

Two minutes a parser, or ``FUZZ_SECONDS``; names of parsers as arguments choose some. A parser may answer with its
records or with its own refusal; anything else ends its process, and is counted and shown.
"""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
import sys
import tempfile
import zlib
from collections.abc import Callable
from contextlib import suppress
from datetime import datetime, timezone
from pathlib import Path
from typing import Any, cast
from urllib.parse import parse_qsl

import yaml
from rich.console import Console
from rich.table import Table

from conf.place import CONF_DIR

SECONDS = int(os.environ.get("FUZZ_SECONDS", "120"))
DATA = CONF_DIR.parent / "tests" / "data"
NOW = datetime(2026, 11, 25, tzinfo=timezone.utc)
AEMET = ("horaria_15030.json", "diaria_15030.json", "observacion.json", "climatologia.json", "inventario.json")
Target = Callable[[bytes], object]


def targets() -> dict[str, tuple[Target, list[bytes]]]:
    """What is fed, by name, and what it begins with."""
    from ingest.catalogue import ecohub
    from ingest.catalogue.entries import CatalogueError
    from ingest.devices import fronius, huawei
    from ingest.devices.device import DeviceError
    from ingest.devices.registry import CONNECTION
    from ingest.files.mapping import FORMS, FileMapping
    from ingest.files.replay import keyed
    from ingest.push import emoncms_forms
    from ingest.push.http import messages_of
    from ingest.push.payload import NoValue, content_of, number_at, time_at
    from ingest.push.tokens import Site
    from ingest.sources import esios, omie
    from ingest.sources.aemet import client, forms, stations
    from ingest.sources.datadis.contract import contracts
    from ingest.sources.datadis.forms import curve
    from ingest.sources.datadis.maxima import maxima
    from ingest.sources.datadis.monthly import Asked
    from ingest.sources.datadis.reactive import reactive
    from ingest.sources.source import Unreadable

    def silent(_: str) -> None:
        pass

    def of_json(parse: Callable[[Any], object]) -> Target:
        return lambda raw: parse(json.loads(raw.decode("iso-8859-15")))

    def of_text(parse: Callable[..., object]) -> Target:
        return lambda raw: parse(raw.decode("latin-1"), NOW, silent)

    def words(raw: bytes) -> list[int]:
        return [int.from_bytes(raw[at : at + 2], "big") for at in range(0, len(raw) - 1, 2)]

    def answer(raw: bytes) -> object:
        import requests

        response = requests.Response()
        response.status_code, response._content = 200, raw[1:]
        response.headers["Content-Type"] = ("text/plain", "text/plain;charset=utf-8", "x;charset=")[raw[0] % 3]
        body = client._decode(response)
        return client._state(response, body)

    def read(*names: str) -> list[bytes]:
        return [(DATA / name).read_bytes() for name in names]

    def imported(raw: bytes) -> object:
        from ingest.files.table import read_table
        from ingest.files.understood import understand

        file = Path(tempfile.gettempdir()) / f"solera-fuzz-{os.getpid()}"
        file.write_bytes(raw)
        return understand(read_table(file, cnmc), cnmc)

    def published(raw: bytes) -> object:
        with suppress(NoValue):
            content = content_of(raw)
            return number_at(content, "a.b.1"), time_at(content, "ts")
        return None

    def stated(body: Any) -> object:
        body = body if isinstance(body, dict) else {}
        with suppress(DeviceError):
            data = fronius.data_of(body, "fuzz")
            return fronius.inverter(data), fronius.meter(data, "export"), fronius.battery(data, 1)
        return fronius.timestamp(body)

    def converted(raw: bytes) -> object:
        file = Path(tempfile.gettempdir()) / f"solera-fuzz-{os.getpid()}"
        file.write_bytes(raw)
        with suppress(CatalogueError):
            return ecohub.convert(file, "a", {})
        return None

    def of_datadis(body: Any) -> object:
        rows, left = body if isinstance(body, list) else [body], Unreadable("fuzz", silent)
        month = Asked(NOW.date(), 4.6, "Europe/Madrid")
        return (
            curve(rows, 60, "Europe/Madrid", left),
            contracts(rows),
            maxima(rows, month, left),
            reactive(rows, month, left),
        )

    site = Site("", frozenset({"a"}))
    form = yaml.safe_load((FORMS / "cnmc.yaml").read_text(encoding="utf-8"))
    cnmc = FileMapping.model_validate(form | {"installation_id": "a"})
    aemet, price_days = read(*(f"aemet/{name}" for name in AEMET)), read("esios/PVPC_20260329.json")
    marginal = read("omie/marginalpdbc_20240331.1")
    connection = b'{"protocol":"registers-tcp","host":"h","registers":{"ac_power_w":{"address":1,"type":"int16"}}}'
    return {
        "omie-marginal": (of_text(omie.parse_marginal), marginal),
        "omie-report": (of_text(omie.parse_report), [b"OMIE;x;01/10/2025\n\nPrecio marginal (EUR/MWh);1,5;2;\n"]),
        "esios-indicator": (of_json(lambda body: esios.parse_indicator(body, NOW, silent)),
                            [read("esios/indicator_1739_20260329.json")[0][:1500] + b"}]}}"]),
        "esios-pvpc": (of_json(lambda body: esios.parse_pvpc_file(body, NOW, silent)), price_days),
        "esios-apidatos": (of_json(lambda body: esios.parse_apidatos(body, NOW, silent)),
                           read("esios/apidatos_20251026.json")),
        "aemet-hourly": (of_json(lambda body: forms.hourly_forecast(body, "15030", silent)), aemet[:1]),
        "aemet-daily": (of_json(lambda body: forms.daily_forecast(body, "15030", silent)), aemet[1:2]),
        "aemet-observed": (of_json(lambda body: stations.observations(body, NOW, silent)), aemet[2:3]),
        "aemet-days": (of_json(lambda body: stations.daily_values(body, {"1387": 43.3}, NOW, silent)), aemet[3:4]),
        "aemet-stations": (of_json(lambda body: stations.stations(body, silent)), aemet[4:]),
        "aemet-answer": (answer, [b"\x00" + one for one in aemet[2:]]),
        "sunspec-device": (lambda raw: asyncio.run(_measure(words(raw))), _images()),
        "huawei-registers": (lambda raw: huawei.decode("inverter", 32064, words(raw)), [bytes(88)]),
        "fronius-answer": (of_json(stated), [
            b'{"Head":{"Status":{"Code":0},"Timestamp":"2026-07-01T14:01:41+02:00"},"Body":{"Data":{"PAC":{"Value":1}}}}']),
        "ecohub-config": (converted, [
            b"[a]\nurl=h\nport=502\nunit=1\n[b]\nserver=a\nstart=40091\nregisters=2\ntipe=32bit_float\n"]),
        "connection": (lambda raw: CONNECTION.validate_json(raw), [connection]),
        "push-readings": (lambda raw: messages_of(raw, site),
                          [b'[{"installation_id":"a","device_id":"m","device_kind":"meter","time":"2026-01-05T10:00:00Z"}]']),
        "emoncms-post": (lambda raw: emoncms_forms.posted(dict(parse_qsl(raw.decode("latin-1"))), "", NOW),
                         [b"json={power1:1,power2:2}&time=1&node=a", b'fulljson={"a":1,"time":"2026-01-05"}']),
        "emoncms-bulk": (lambda raw: emoncms_forms.bulk({"cb": "1", "sentat": "5"}, raw, NOW),
                         [zlib.compress(b'[[0,"a",{"b":1}],[4,19,1412]]')]),
        "import": (imported, [b"CUPS;Fecha;Hora;Consumo_kWh;Metodo_obtencion\nES1;25/10/2026;1;0,141;R\n"]),
        "mqtt-payload": (published, [b'{"a":{"b":[1,"2.5"]},"ts":1767603600.5}', b"1,2,3", b"-42.1"]),
        "datadis": (of_json(of_datadis), [
            b'[{"date":"2026/10/25","time":"03:00","consumptionKWh":0.141,"obtainMethod":"Real"}]',
            b'[{"date":"2026/11/12","time":"21:15","maxPower":3.516,"period":"PUNTA"}]',
            b'[{"energy":[{"date":"2026/11","energy_p1":-3,"energy_p6":"1,5"}]}]',
            b'[{"accessFare":"2.0TD","contractedPowerkW":[3.45],"startDate":"2023/01/01","partitionCoefficient":"0,25"}]']),
        "replay-line": (lambda raw: keyed("readings", raw), [b'{"installation_id":"a"}']),
    }  # fmt: skip


def _images() -> list[bytes]:
    from tests.support.peers.modbus_peer import INVERTER, block, memory, meter

    images = (memory(INVERTER, block(122, 44, {})), memory(meter(5)), memory(INVERTER, block(160, 48, {8: [2]})))
    return [b"".join(word.to_bytes(2, "big") for word in image.values()) for image in images]


async def _measure(words: list[int]) -> None:
    """Measure a SunSpec device that holds ``words`` from register 40000 on, twice, without a socket."""
    from ingest.devices.device import DeviceError, RefusedError
    from ingest.devices.modbus import Link
    from ingest.devices.sunspec import SunSpecConnection

    class Words:
        async def read(self, _unit: int, address: int, count: int, _timeout: float | None) -> list[int]:
            if not 0 < count <= 125 or not 0 <= address <= 0x10000 - count:
                raise AssertionError(f"asked for {count} registers at {address}")
            if not 0 <= address - 40000 <= len(words) - count:
                raise RefusedError("no such register", 2)
            return words[address - 40000 : address - 40000 + count]

    for kind in ("inverter", "meter"):
        connection = SunSpecConnection(protocol="sunspec-tcp", host="h")
        device = connection.open(cast(Link, Words()), kind)
        for _ in range(2):
            try:
                await device.measure()
            except DeviceError:
                continue


def fuzz(name: str, seconds: int, corpus: str) -> None:
    """Feed one parser until the time is over; never returns."""
    import atheris

    with atheris.instrument_imports(include=["ingest"]):
        target, _ = targets()[name]
    from pydantic import ValidationError

    from conf.refusal import Refusal

    def once(raw: bytes) -> None:
        # Whoever hands JSON to a parser has refused what is none.
        with suppress(Refusal, ValidationError, json.JSONDecodeError, RecursionError):
            target(raw or b"\0")

    atheris.Setup(
        [sys.argv[0], f"-max_total_time={seconds}", "-max_len=20000", f"-artifact_prefix={corpus}/", corpus], once
    )
    atheris.Fuzz()


def main() -> None:
    """Fuzz each parser in a process of its own and print what each met."""
    if sys.argv[1:2] == ["--target"]:
        fuzz(sys.argv[2], int(sys.argv[3]), sys.argv[4])
    table = Table("parser", "seconds", "uncaught errors", "bar")
    for name, (_, seeds) in targets().items():
        if sys.argv[1:] and name not in sys.argv[1:]:
            continue
        with tempfile.TemporaryDirectory() as folder:
            for number, seed in enumerate(seeds):
                (Path(folder) / str(number)).write_bytes(seed)
            command = [sys.executable, "-m", "bench.ingest.fuzz", "--target", name, str(SECONDS), folder]
            ended = subprocess.run(command, capture_output=True, text=True, check=False, cwd=CONF_DIR.parent)
        table.add_row(name, str(SECONDS), "0" if ended.returncode == 0 else "1", "0")
        if ended.returncode:
            print(name, ended.stdout[-1500:], ended.stderr[-3000:], sep="\n", file=sys.stderr)
    Console().print(table)


if __name__ == "__main__":
    main()
