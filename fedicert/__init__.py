"""fedicert: a small fediverse server where reach is licensed the way trades are."""

__version__ = "0.1.0"
