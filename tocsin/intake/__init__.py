"""A tip arrives: one way in for every channel."""
