"""Guests: `home` for our people at others' opportunities, `host` for others' people at ours, `answering` for what we tell their homes."""
