"""Tests about the code itself: rules that we would otherwise have to ask of each other."""
