"""Every setting of Solera: defaults for one machine in ``solera.toml``, a cluster's in the files beside it."""

from conf.settings import Settings, load_settings

__all__ = ["Settings", "load_settings"]
