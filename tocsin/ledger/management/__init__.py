"""Commands of the ledger for Django's own command line."""
