"""Who works here: adding people, giving and taking roles, letting people go – each decided by two.

Not: what a role allows (``access.permissions``), passwords and second factors themselves (``access``).
"""
