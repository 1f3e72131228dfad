"""The language of clients: forms, entities, renderers. Pure."""
