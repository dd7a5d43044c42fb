"""Keys; sealing (public keys) and opening (private keys) kept in separate modules. No tables."""
