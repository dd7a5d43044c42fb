"""What is due: clocks as data, the table of deadlines, the worker's marking of it, and the notices that tell people.

It knows no tip and no case: whoever has something that can become due enters its clocks in the ``registry``. It writes
no mail and opens nothing.
"""
