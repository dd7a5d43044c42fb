"""Tocsin, a public tip line: durable, sealed, linked, carried to an outcome, and open to verification."""

__version__ = "0.1.0"
