"""One module for each part of the public door."""
