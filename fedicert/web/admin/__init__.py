"""What admins do over HTTP."""
