"""What each incoming activity does, one module per type; `receivers.py` is the table."""
