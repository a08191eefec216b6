"""aiomqtt: ``aiomqtt_client.py publish PORT JSON`` says payloads by topic, ``hear PORT COUNT`` prints them."""

from __future__ import annotations

import asyncio
import json
import sys
from typing import Any


async def publish(port: int, said: str) -> Any:
    """Publish by QoS 1."""
    from aiomqtt import Client  # type: ignore[import-not-found]

    async with Client("127.0.0.1", port) as client:
        for topic, payload in json.loads(said).items():
            await client.publish(topic, payload, qos=1)
    return {}


async def hear(port: int, count: str) -> Any:
    """So many messages, by topic."""
    from aiomqtt import Client

    heard: dict[str, str] = {}
    async with Client("127.0.0.1", port) as client:
        await client.subscribe("#", qos=1)
        async for message in client.messages:
            heard[str(message.topic)] = message.payload.decode()
            if len(heard) == int(count):
                break
    return heard


if __name__ == "__main__":
    way = {"publish": publish, "hear": hear}[sys.argv[1]]
    print(json.dumps(asyncio.run(way(int(sys.argv[2]), sys.argv[3]))))
