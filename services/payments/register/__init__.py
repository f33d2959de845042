"""Our own copies of opportunities and their registers."""
