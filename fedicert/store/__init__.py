"""All SQL and bytes."""
