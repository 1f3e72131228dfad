"""The language of servers: read and build documents. Pure."""
