"""Reports by e-mail: from a maildir or from IMAP over TLS, each mail once, without its sender.

``reading`` understands a mail, ``maildir`` and ``imap`` fetch and remove, ``services`` takes mails in. Nothing is ever
sent: an answer would confirm to whoever reads the mailbox that somebody reported. docs/operate/mail.md says how to set
it up.
"""
