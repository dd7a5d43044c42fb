"""One module for each family of files. Each turns a stranger's file into a copy that says nothing but its content.

Everything here runs in a child process behind walls (``tocsin.evidence.sandbox``) as the module
``tocsin.evidence.cleaners`` with the family as argument, and is itself only half trusted: a file may have taken it
over. No Django.
"""
