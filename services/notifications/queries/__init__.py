"""Reads for the pages, the API and the worker."""
