"""Pictures, as they are shown."""
