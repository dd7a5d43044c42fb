"""The verifier that outsiders download: one file, no import of this package."""
