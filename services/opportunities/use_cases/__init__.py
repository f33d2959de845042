"""What can happen to opportunities, by noun. Each is one verb inside the caller's transaction."""
