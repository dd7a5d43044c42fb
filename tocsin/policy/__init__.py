"""Policy packs: the rules and texts of a jurisdiction, loaded from data, and the core's floors under them.

Not here: what a rule leads to; the stages ask for it and act.
"""
