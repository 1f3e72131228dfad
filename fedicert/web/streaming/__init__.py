"""Live updates to clients."""
