"""Which certificates are believed. The system's environment variables are not asked."""

import ssl

import certifi


def client_context(ca_file: str | None = None) -> ssl.SSLContext:
    """TLS for connections to others: names and chains verified, TLS ≥ 1.2, HTTP/1.1 only.

    `ca_file`: certificates believed instead of the bundled Mozilla list (a test's own authority, a private network).
    """
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.load_verify_locations(cafile=ca_file or certifi.where())
    context.set_alpn_protocols(["http/1.1"])
    return context
