"""Is this licence genuine, whose, valid when? Pure."""
