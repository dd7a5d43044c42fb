"""Writing a report down for somebody: the form, what becomes of it, and the page that follows."""
