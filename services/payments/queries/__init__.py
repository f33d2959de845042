"""Reads for pages and API. They write nothing."""
