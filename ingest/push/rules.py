"""Rules by which an input of a site is a field of a device: a YAML file, a list of devices.

An input is named ``node/name`` as emoncms names it, or by its MQTT topic, and ``path`` in a payload that holds more.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Annotated, Any, NamedTuple

import yaml
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, TypeAdapter, ValidationError

from conf import Settings
from conf.place import ROOT
from conf.refusal import Refusal
from conf.watched_file import WatchedFile
from energy.records import DeviceKind
from ingest.catalogue.entries import Id
from ingest.devices.directed import MeasuredField, directed
from store.instants import rfc3339

MOST_PARTS = 12
MOST_UNMATCHED = 100
"""Inputs without a rule that are remembered by name."""


class RulesError(Refusal):
    """No rules, or a file that can't be read; the text says which, and what to do."""

    kind = "no-rules"
    status = 503


class InputRule(BaseModel):
    """The input that a field comes from, where in its payload, and the factor that makes the field's unit of it."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    input: Annotated[str, Field(max_length=200, pattern=r"^[^+#]+$")]
    path: Annotated[str, Field(min_length=1)] | None = None
    factor: float = 1.0


def _listed(rules: Any) -> Any:
    return rules if isinstance(rules, list | tuple) else [rules]


Parts = Annotated[tuple[InputRule, ...], BeforeValidator(_listed), Field(min_length=1, max_length=MOST_PARTS)]
"""The inputs that a field is the sum of: one as a rule, the phases of a meter, or the difference of two (factor −1)."""


class DeviceRules(BaseModel):
    """A device whose fields are pushed; a signed power stands under the field of its positive direction."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    installation_id: Id
    device_id: Id
    device_kind: DeviceKind
    time: Annotated[str, Field(min_length=1)] | None = None
    """The path of a payload's time; the time of arrival where none is given."""
    inputs: Annotated[dict[MeasuredField, Parts], Field(min_length=1)]

    @property
    def topics(self) -> set[str]:
        """The inputs that its fields come from."""
        return {rule.input for parts in self.inputs.values() for rule in parts}


class Sample(NamedTuple):
    """The inputs of one node at one instant (UTC)."""

    time: datetime
    node: str
    values: Mapping[str, float]


_FILE: TypeAdapter[list[DeviceRules]] = TypeAdapter(list[DeviceRules])


def rules_of(settings: Settings) -> WatchedFile[list[DeviceRules]]:
    """The rules of the settings' file, read again when it changes; none where there is no file."""
    named = settings.push.rules
    return WatchedFile(ROOT / named if named else settings.home / "push.yaml", read_rules, [])


def read_rules(path: Path) -> list[DeviceRules]:
    """The rules in ``path``. Raises :class:`RulesError`."""
    try:
        return _FILE.validate_python(yaml.safe_load(path.read_text(encoding="utf-8-sig")))
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        raise RulesError(f"{path}: {'.'.join(map(str, first['loc']))}: {first['msg']}") from None
    except (OSError, ValueError, RecursionError, yaml.YAMLError) as error:
        raise RulesError(f"{path} can't be read: {' '.join(str(error).split())[:200]}") from None


@dataclass
class Routing:
    """Makes readings of samples by ``rules``."""

    rules: WatchedFile[list[DeviceRules]]
    source: str
    """The readings' ``source``."""
    unmatched: dict[str, int] = field(default_factory=dict)
    """The number of each input's values that no rule has named."""

    def readings(self, samples: Iterable[Sample], installations: frozenset[str]) -> list[dict[str, Any]]:
        """The readings of ``samples``, by devices of ``installations`` alone. Raises :class:`RulesError`.

        What one request says of a device at one instant is one reading; a value that is no number is absent.
        """
        devices = [device for device in self.rules.current() if device.installation_id in installations]
        if not devices:
            raise RulesError(f"Name the inputs of {', '.join(sorted(installations))[:200]} in {self.rules.path}.")
        used: set[str] = set()
        found: dict[tuple[int, datetime], dict[str, float]] = {}
        for sample in samples:
            named = {f"{sample.node}/{name}": value for name, value in sample.values.items()}
            for number, device in enumerate(devices):
                fields = _fields(device, named)
                if fields:
                    found.setdefault((number, sample.time), {}).update(fields)
                used |= device.topics
            self._count(named.keys() - used)
        return [reading_of(devices[number], time, fields, self.source) for (number, time), fields in found.items()]

    def _count(self, inputs: Iterable[str]) -> None:
        for each in inputs:
            if each in self.unmatched or len(self.unmatched) < MOST_UNMATCHED:
                self.unmatched[each] = self.unmatched.get(each, 0) + 1


def reading_of(device: DeviceRules, time: datetime, fields: Mapping[str, float], source: str) -> dict[str, Any]:
    """The ``readings`` record of scaled ``fields``."""
    return {
        "schema": 1,
        "installation_id": device.installation_id,
        "device_id": device.device_id,
        "device_kind": device.device_kind,
        "time": rfc3339(time),
        "source": source,
        **directed(fields, device.inputs),
    }


def _fields(device: DeviceRules, named: Mapping[str, float]) -> dict[str, float]:
    scaled = {
        name: sum(named[rule.input] * rule.factor for rule in parts)
        for name, parts in device.inputs.items()
        if all(rule.input in named for rule in parts)
    }
    return {name: value for name, value in scaled.items() if math.isfinite(value)}
