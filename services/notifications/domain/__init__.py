"""The rules of messages and tasks: facts in, decisions out. Nothing here knows a database, a clock or a mail server."""
