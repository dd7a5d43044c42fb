"""What runs in the child process before a cleaner does: it builds the walls, then steps behind them.

Standard library only, no Django: everything here runs once for each file.
"""
