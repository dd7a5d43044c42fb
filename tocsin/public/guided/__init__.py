"""The guided form: one thing on each page, the answers so far sealed in the page itself, nothing kept on the server."""
