"""The commands of the program. Each parses its words, opens what it needs and calls one operation; no rule is here."""
