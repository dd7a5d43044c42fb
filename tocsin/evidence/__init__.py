"""Evidence: what a file is, what it says about its maker, and a safe copy of it made behind walls.

For whoever takes files in (``kinds`` and ``traces``, light enough for the public door), for the worker that makes safe
copies (``safe_copy``) and asks the virus scanner (``antivirus``). No tables and no screens; sealing is in the vault.
"""
