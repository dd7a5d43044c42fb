"""Real processes that are killed without warning: what was promised is kept, and nothing is counted twice."""
