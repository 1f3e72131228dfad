"""The law: tier to limits, a slot or the line, delivery plans, settling. Pure."""
