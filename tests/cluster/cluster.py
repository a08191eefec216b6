"""The cluster's life: started server by server, one of them killed and brought back, all of it stopped."""

from __future__ import annotations

import os
import time
from collections.abc import Iterable
from datetime import datetime, timezone
from pathlib import Path
from unittest.mock import patch

from conf import load_settings
from stack.process import Place, kill, leader, members, ours, resident, spawn, stop
from stack.supervisor import Supervisor
from store import cassandra
from tests.cluster import document, servers, settings
from tests.cluster.jobs import PATIENCE, Jobs
from tests.cluster.manager import Manager
from tests.cluster.settings import Passwords
from tests.support.faults.load import until

STARTED_SECONDS = 300.0


def say(text: str) -> None:
    """One line of what was done, with the time (UTC)."""
    print(f"{datetime.now(timezone.utc):%H:%M:%S}  {text}", flush=True)


class Cluster:
    """Servers and jobs by name, below ``root``, Spark's by ``manager``; ``conf`` are the settings of its clients."""

    def __init__(self, root: Path, manager: Manager) -> None:
        self.place, self.manager, passwords = Place(root), manager, Passwords()
        plain = load_settings()
        found = settings.environment(plain, root, passwords)
        with patch.dict(os.environ, found | settings.onlooker(passwords)):
            self.conf = load_settings()
        submitting = manager.prepare(root, passwords.spark, self.conf.hdfs_uri)
        self.jobs = Jobs(manager.chapter, plain, root, passwords, found | submitting)
        started = (
            *servers.brokers(plain, root, passwords),
            *servers.nodes(plain, root, passwords),
            *servers.files(plain, root),
            *manager.servers(plain, root, submitting),
            self.jobs.api(self.conf),
        )
        self.services = {each.name: each for each in started}
        self.driver = Supervisor(self.place, self.jobs.speed(), {})

    def start(self) -> None:
        """Start every server, ready them by the document's lines, and start the jobs."""
        began = time.monotonic()
        first, *others = self.named("node-")
        rest = [*self.named("broker"), *self.named("namenode"), *self.named("datanode"), *self.named(self.manager.head)]
        self.begin([first, *rest])
        self.await_ready([first])
        self.begin([*others, *self.named(self.manager.worker)])
        self.await_ready([*others, *rest, *self.named(self.manager.worker)])
        say(f"{len(self.services) - 1} servers are ready: {time.monotonic() - began:.0f} s; {self.memory()}")
        with cassandra.session(self.conf, keyspace=None) as session:
            session.execute(document.replicate_logins(self.conf), timeout=60)
        self.jobs.ready_once()
        if self.manager.packs:
            self.jobs.pack()
        say(f"topics, tables and roles are made: {time.monotonic() - began:.0f} s")
        self.begin(["api"])
        self.driver.start()
        self.await_ready(["api"])
        until("the speed layer works", lambda: self.driver.state.state == "ready", PATIENCE)
        say(f"the speed layer works: {time.monotonic() - began:.0f} s; {self.memory()}")

    def named(self, beginning: str) -> list[str]:
        """The servers whose names begin so."""
        return [name for name in self.services if name.startswith(beginning)]

    def begin(self, names: Iterable[str]) -> None:
        """Start servers without waiting for them."""
        for name in names:
            self.services[name].prepare()
            spawn(self.place, self.services[name])

    def await_ready(self, names: Iterable[str]) -> None:
        """Wait until the servers serve."""
        for name in names:
            until(f"{name} serves", lambda name=name: self._serves(name), STARTED_SECONDS)

    def kill(self, name: str) -> None:
        """kill -9 of all processes of a server and of what it started, or of the driver."""
        found = members(self.place, name)
        assert found, f"{name} does not run"
        # YARN's containers have an environment of their own, without the mark of whose they are.
        kill(list({*found, *(child for each in found for child in each.children(recursive=True))}))

    def memory(self) -> str:
        """Resident memory of all its processes."""
        return f"{sum(resident(process) for _, process in ours(self.place)) / 1e9:.1f} GB resident"

    def stop(self) -> None:
        """End everything, jobs first."""
        self.driver.stopping.set()
        if self.driver.is_alive():
            self.driver.join()
        for name in reversed(self.services):
            stop(self.place, name, self.services[name].grace)

    def _serves(self, name: str) -> bool:
        assert leader(self.place, name) is not None, f"{name} has ended: see {self.place.log(name)}"
        try:
            self.services[name].ready()
        except Exception:  # it does not serve yet, in whatever way its client says that
            return False
        return True
