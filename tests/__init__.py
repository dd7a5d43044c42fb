"""Tests across apps: the cast (``people``), rules about the code, whole journeys, crashes, a real browser."""
