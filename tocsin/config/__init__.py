"""Settings, the doors and the command: the only folder that knows all others."""
