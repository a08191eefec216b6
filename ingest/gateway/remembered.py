"""The devices that the gateway read last, on disk: polling starts even while Cassandra is away."""

from __future__ import annotations

import json
import logging
from collections.abc import Sequence
from pathlib import Path

from pydantic import TypeAdapter

from ingest.devices.registry import Device
from store.reports import replace_text, set_aside

log = logging.getLogger("gateway")
_DEVICES = TypeAdapter(list[Device])


def remember(home: Path, devices: Sequence[Device]) -> None:
    """Keep ``devices`` in place of those kept before. Raises ``OSError``."""
    replace_text(_file(home), json.dumps(_DEVICES.dump_python(list(devices), mode="json")))


def remembered(home: Path) -> list[Device]:
    """The devices kept; none, and word of it, where the file that holds them is damaged."""
    try:
        return _DEVICES.validate_json(_file(home).read_bytes())
    except FileNotFoundError:
        return []
    except (ValueError, OSError) as error:
        aside = set_aside(_file(home))
        log.warning("%s is damaged (%s) and set aside as %s", _file(home), type(error).__name__, aside.name)
        return []


def _file(home: Path) -> Path:
    return home / "gateway" / "devices.json"
