"""The contenders: each takes the same rows from a real PostgreSQL to a real JetStream, each set up as its own
documentation says."""
