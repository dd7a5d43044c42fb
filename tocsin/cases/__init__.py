"""A case: the authority's work on one or more tips about the same facts, from opening to its outcome. Not the tips."""
