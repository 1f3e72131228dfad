"""Server-rendered HTML pages for people; they work without JavaScript."""
