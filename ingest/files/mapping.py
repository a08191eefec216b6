"""The mapping of a person's columns to fields: a YAML file, on the ground of a known form where it names one."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any, Literal, get_args

import yaml
from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError, model_validator

from conf.refusal import Refusal
from energy.records import DeviceKind, Text
from energy.topics import TopicName
from ingest.catalogue.entries import Id, known_zone
from ingest.devices.directed import MeasuredField

FORMS = Path(__file__).parent / "forms"
"""One file a form, called as a mapping names it."""
IntervalField = Literal["import_wh", "export_wh", "generation_wh", "consumption_wh", "self_consumption_wh"]


class MappingError(Refusal):
    """A mapping that can't be taken; the text names the field and what is wrong."""


class _Part(BaseModel):
    # Columns and what stands in them may be numbers, which YAML tells from texts.
    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False, coerce_numbers_to_str=True)


class ColumnMapping(_Part):
    """The column that a field comes from, and the factor that makes the field's unit of it (kWh: 1000)."""

    column: str
    factor: float = 1.0


class SeasonMapping(_Part):
    """The column that says whether a label is in winter or in summer time, and what it says in winter."""

    column: str
    winter: str


class TimeMapping(_Part):
    """The way a row says its time.

    ``column`` holds date and time, or the date alone where ``hour`` names the column of the time (``13:00``, ``24:00``)
    or of the period's number (1 to 25). ``format`` is that of strptime, or ``unix`` (seconds, ms); ISO 8601 where it is
    not said. Without an offset in the text it is wall-clock time of ``zone``. It ``marks`` the start or the end of a
    period of ``minutes``. ``shift_minutes`` is added to the instant of a reading.
    """

    column: str
    hour: str | None = None
    format: str | None = None
    zone: Annotated[str, AfterValidator(known_zone)] | None = None
    marks: Literal["start", "end"] = "start"
    minutes: Annotated[int, Field(gt=0, le=24 * 60)] = 60
    season: SeasonMapping | None = None
    shift_minutes: int = 0


class MethodMapping(_Part):
    """The column that says how an energy is known, and what it says of an estimated one; all else is measured."""

    column: str
    estimated: list[str]


class FileMapping(_Part):
    """A mapping to intervals (energies between two instants) or readings (registers and powers at an instant)."""

    installation_id: Id
    meter_id: Text | None = None
    device_id: Id | None = None
    device_kind: DeviceKind | None = None
    source: Text = "import"
    time: TimeMapping
    columns: Annotated[dict[IntervalField | MeasuredField, ColumnMapping], Field(min_length=1)]
    method: MethodMapping | None = None
    where: dict[str, str] = {}
    """Only rows that hold these values in these columns."""
    one_of: str | None = None
    """A column with one value in all rows taken, such as the CUPS; it names the meter unless meter_id does."""
    delimiter: Annotated[str, Field(min_length=1, max_length=1)] | None = None
    decimal: Literal[".", ","] = "."
    encoding: str | None = None
    skip_lines: Annotated[int, Field(ge=0, le=1000)] = 0
    """Lines above the names of the columns."""
    has_names: bool = True
    """Whether the first line names the columns; else they are called 1, 2, 3, …"""

    @property
    def topic(self) -> TopicName:
        """The topic that its records go to."""
        return "intervals" if self.columns.keys() <= set(get_args(IntervalField)) else "readings"

    @model_validator(mode="after")
    def _whole(self) -> FileMapping:
        if self.topic == "readings":
            if energies := sorted(self.columns.keys() & set(get_args(IntervalField))):
                raise ValueError(f"columns: {energies[0]} is a meter's, the others a device's: write two mappings")
            if self.device_id is None or self.device_kind is None:
                raise ValueError("registers and powers are a device's: say device_id and device_kind")
        elif self.meter_id is None and self.one_of is None:
            raise ValueError("meter_id: say which meter has counted, for instance its CUPS")
        return self


def read_mapping(path: Path) -> FileMapping:
    """The mapping in ``path``, laid over the form that it names. Raises :class:`MappingError`."""
    said = _yaml(path)
    form = said.pop("form", None)
    if form is not None:
        if form not in (known := forms()):
            raise MappingError(f"{path}: there is no form {form!r}; there are: {', '.join(known)}")
        said = _over(_yaml(FORMS / f"{form}.yaml"), said)
    try:
        return FileMapping.model_validate(said)
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        where = ".".join(map(str, first["loc"]))
        text = str(first["msg"]).removeprefix("Value error, ")
        raise MappingError(f"{path}: {where}: {text}" if where else f"{path}: {text}") from None


def forms() -> list[str]:
    """The forms that are known by name."""
    return sorted(path.stem for path in FORMS.glob("*.yaml"))


def _over(form: dict[str, Any], said: dict[str, Any]) -> dict[str, Any]:
    """``said``, and what the form says of what it leaves out; of the time each field for itself."""
    time = said.get("time")
    merged = {**form, **said}
    if isinstance(time, dict):
        merged["time"] = {**form["time"], **time}
    return merged


def _yaml(path: Path) -> dict[str, Any]:
    try:
        found = yaml.safe_load(path.read_text(encoding="utf-8-sig"))
    except (OSError, ValueError, RecursionError, yaml.YAMLError) as error:
        raise MappingError(f"{path} can't be read: {' '.join(str(error).split())[:200]}") from None
    if not isinstance(found, dict):
        raise MappingError(f"{path} is no mapping: write installation_id, time and columns, or a form")
    return found
