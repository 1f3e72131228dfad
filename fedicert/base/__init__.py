"""Clock, ids, errors, JSON. Imports nothing of ours."""
