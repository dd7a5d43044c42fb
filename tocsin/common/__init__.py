"""What every folder may use: errors that people can read, one clock, identifiers. Imports nothing of ours."""
