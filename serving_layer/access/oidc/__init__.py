"""OpenID Connect: who somebody is, as an issuer elsewhere says it."""
