"""The second factor of the desk: authenticator app, passkeys, recovery codes, on allauth's multi-factor library.

Only the desk's process may import this folder: the public door and the worker do not have the library's tables. Not:
sessions and passwords (``access.sessions``, ``access.signing_in``).
"""
