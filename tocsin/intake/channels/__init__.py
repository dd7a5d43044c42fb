"""The roads by which reports come in besides the web. Each is one folder here."""
