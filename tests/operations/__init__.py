"""What the documents for operators say is true: configurations can be read, recipes work, headers come."""
