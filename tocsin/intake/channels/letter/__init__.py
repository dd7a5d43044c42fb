"""Letters: the day on the envelope is when the report arrived."""
