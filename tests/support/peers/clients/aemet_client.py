"""aemet-opendata on a stored hourly forecast: ``aemet_client.py FILE ZONE`` prints its hours, by time in UTC."""

from __future__ import annotations

import json
import sys
from datetime import datetime, timezone
from pathlib import Path
from zoneinfo import ZoneInfo


def main(file: str, zone: str) -> None:
    """Give every hour that it reads."""
    from aemet_opendata.forecast import HourlyForecastValue  # type: ignore[import-not-found]

    body = Path(file).read_bytes()
    try:
        (answer,) = json.loads(body.decode("utf-8"))
    except UnicodeDecodeError:
        (answer,) = json.loads(body.decode("iso-8859-15"))
    said = {}
    for day in answer["prediccion"]["dia"]:
        for hour in range(24):
            midnight = datetime.fromisoformat(day["fecha"]).replace(tzinfo=ZoneInfo(zone))
            try:
                read = HourlyForecastValue(day, midnight, hour)
            except ValueError:  # an hour without a state of the sky
                continue
            said[read.get_datetime().astimezone(timezone.utc).isoformat()] = {
                "temperature_c": read.temp, "relative_humidity": read.humidity, "precipitation_mm": read.rain,
                "precipitation_probability": read.rain_probability, "wind_speed_km_h": read.wind_speed,
                "wind_gust_km_h": read.wind_speed_max,
            }  # fmt: skip
    print(json.dumps(said))


if __name__ == "__main__":
    main(*sys.argv[1:])
