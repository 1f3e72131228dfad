"""Facts, for operations: one module per table or close group of tables."""
