"""The devices of the catalogue, for a gateway beside its Cassandra; one elsewhere has the file of its site."""

from __future__ import annotations

from typing import Any

from pydantic import ValidationError

from conf import Settings
from ingest.devices.registry import CONNECTION, Device, check_kind, place_of
from store.cassandra import connect
from store.catalogue import DEVICES, INSTALLATIONS


class Catalogue:
    """Table ``device``, read over a session that is kept."""

    def __init__(self, settings: Settings) -> None:
        self._session = connect(settings)

    def read(self) -> tuple[list[Device], dict[str, str]]:
        """Devices, and the errors of others, as :func:`catalogued`; raises what the driver does."""
        return catalogued(self._session)

    def close(self) -> None:
        """End the session."""
        self._session.cluster.shutdown()


def catalogued(session: Any) -> tuple[list[Device], dict[str, str]]:
    """Devices with a connection from table ``device``; and by the others' names, why one can't be polled."""
    devices: list[Device] = []
    unusable: dict[str, str] = {}
    installations = session.execute(INSTALLATIONS, timeout=10)
    places = {row.installation_id: place_of(row.latitude, row.longitude) for row in installations}
    for row in session.execute(DEVICES, timeout=10):
        if row.connection is None:
            continue
        name = f"{row.installation_id}/{row.device_id}"
        try:
            connection = CONNECTION.validate_json(row.connection)
            check_kind(row.device_kind, connection)
            place = places.get(row.installation_id)
            devices.append(Device(row.installation_id, row.device_id, row.device_kind, connection, place))
        except ValidationError as error:
            first = error.errors(include_url=False)[0]
            unusable[name] = f"connection: {'.'.join(map(str, first['loc']))}: {first['msg']}"
        except ValueError as error:
            unusable[name] = str(error)
    return devices, unusable
