"""``python -m stack.kerberos.server``: gives tickets to who has the key, until told to stop."""

from __future__ import annotations

import socketserver
from contextlib import suppress
from datetime import datetime, timezone

from conf import load_settings
from stack.kerberos.exchange import Keys, answer
from stack.kerberos.keys import keys_of

MESSAGE_BYTES = 16_384
SECONDS = 10.0
"""A client that says nothing for so long is let go."""


class Handler(socketserver.StreamRequestHandler):
    """One client: a message behind its length, and the answer behind its own."""

    timeout = SECONDS
    server: Server

    def handle(self) -> None:
        """Answer one message, as long as it may be."""
        with suppress(OSError):
            head = self.rfile.read(4)
            length = int.from_bytes(head, "big")
            if len(head) == 4 and length <= MESSAGE_BYTES:
                said = answer(self.server.keys, self.rfile.read(length), datetime.now(timezone.utc))
                self.wfile.write(len(said).to_bytes(4, "big") + said)


class Server(socketserver.ThreadingTCPServer):
    """The server, each client in a thread of its own."""

    allow_reuse_address = True
    daemon_threads = True

    def __init__(self, address: tuple[str, int], keys: Keys) -> None:
        self.keys = keys
        super().__init__(address, Handler)


def main() -> None:
    """Serve."""
    settings = load_settings()
    with Server((settings.hdfs.host, settings.hdfs.kdc_port), keys_of(settings)) as server:
        server.serve_forever()


if __name__ == "__main__":
    main()
