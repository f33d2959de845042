"""Ports to the outside: mail, the keys that sign sign-in tokens, the limits that slow down guessing."""
