"""fedicert: a small fediverse server where reach is licensed the way trades are."""
