"""Ways in to the pages: by password or token, or by an issuer of OpenID Connect."""
