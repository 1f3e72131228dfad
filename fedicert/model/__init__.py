"""What things are: frozen structs, no behaviour beyond themselves."""
