"""One settings module for each process; ``base`` and ``installed`` are what they share."""
