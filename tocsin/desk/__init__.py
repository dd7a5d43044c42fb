"""The staff door: one module per screen. No tables, no rules."""
