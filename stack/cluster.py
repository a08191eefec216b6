"""Readies servers that are already there: roles and tables in Cassandra, topics in Kafka.

    SOLERA_CASSANDRA__USERNAME=solera_admin SOLERA_CASSANDRA__PASSWORD=… SPEED_PASSWORD=… python -m stack.cluster

An administrator of a cluster runs it once and after each new version.
Roles are those of ``conf/roles.cql``; where the settings name no user, Cassandra asks for none and gets none.
"""

from __future__ import annotations

import os
import sys

from kafka.errors import KafkaError

from conf import load_settings
from conf.refusal import Refusal
from stack.servers.kafka import make_topics
from stack.servers.roles import apply_roles
from store.schema import apply_schema


def main() -> int:
    """Ready both servers with the passwords of the environment; a sentence and exit code 1 where that can't be."""
    settings = load_settings()
    passwords = {name: value for name, value in os.environ.items() if name.endswith("_PASSWORD") and value}
    try:
        if settings.cassandra.username:
            apply_roles(settings, passwords)
        else:
            apply_schema(settings)
        make_topics(settings)
    except (Refusal, KafkaError) as error:
        print(error, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
