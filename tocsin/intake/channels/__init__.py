"""Roads in beside the website: one folder for each that has rules of its own. All lead to ``accept_tip``."""
