"""Decode and re-encode media in a limited child process."""
