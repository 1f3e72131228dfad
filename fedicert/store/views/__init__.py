"""Pages, for doors: each view loads what one answer needs in a fixed number of statements."""
