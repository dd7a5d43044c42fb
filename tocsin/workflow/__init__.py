"""States, steps and proposals, and take_step: the only code that sets a state."""
