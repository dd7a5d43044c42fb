"""The telephone: a caller's line as a keyed hash, and the words read back. The form is a screen of the desk."""
