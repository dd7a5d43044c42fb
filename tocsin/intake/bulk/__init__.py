"""Many reports at once from a file, one a line: letters typed up, another system's export. Same rules as every channel.

``lines`` reads without trusting the file, ``line_format`` understands a line, ``sealing`` seals on all cores,
``services`` stores in order. docs/guides/import.md tells the format.
"""
