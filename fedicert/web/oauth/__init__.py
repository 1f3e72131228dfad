"""OAuth 2: apps, the authorization code flow, tokens, revocation, discovery."""
