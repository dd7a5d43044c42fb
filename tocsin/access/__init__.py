"""Staff, roles, permissions and sign-in. Not: what a person may see in a given case (that is its selector)."""
