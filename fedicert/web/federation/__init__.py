"""The doors of other servers: inbox, actors, collections, discovery documents."""
