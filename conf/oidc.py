"""The part of the settings that names an issuer of OpenID Connect."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict, Field, model_validator

from conf.sections import Secret

_URL = r"^$|^https://[^\s?#]+$|^http://(127\.0\.0\.1|localhost)(:\d+)?(/[^\s?#]*)?$"
"""An address by TLS, unless it does not leave the machine."""


class OidcSettings(BaseModel):
    """The issuer of OpenID Connect by which people may log in to the pages (``issuer`` empty: none)."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    issuer: str = Field(pattern=_URL)
    client_id: str
    client_secret: Secret
    pages: str = Field(pattern=_URL)
    """The address of the pages for browsers: the issuer sends them back there."""

    @model_validator(mode="after")
    def _is_whole(self) -> OidcSettings:
        if self.issuer and not (self.client_id and self.pages):
            raise ValueError("oidc.issuer needs oidc.client_id and oidc.pages beside it")
        return self
