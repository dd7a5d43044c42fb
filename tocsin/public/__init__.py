"""The public door: report form, mailbox, ledger files, verify page. No tables, no rules."""
