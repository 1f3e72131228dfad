"""The language of people: mentions, hashtags, links, safe HTML. Pure."""
