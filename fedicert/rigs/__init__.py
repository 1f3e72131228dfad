"""Benches and the demo: clients of the running program over HTTP. They import no room of the house below."""
