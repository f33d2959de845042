"""The operator's pages: what all services did, in one place, and the receiver of their spans."""
