"""The operator's pages: what the services did, in one place, and the receiver of their spans."""
