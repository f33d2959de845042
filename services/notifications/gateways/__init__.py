"""Ports to the outside: words (rendering), calendar files, and the mail server."""
