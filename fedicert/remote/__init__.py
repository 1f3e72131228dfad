"""The wire to other servers: the guard, fetches, the courier. Never a rule."""
