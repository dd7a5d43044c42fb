"""A tip as it was received, its mailbox and its life. Never rewritten."""
