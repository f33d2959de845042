"""The organisation's one door to the network: what crosses its border goes through here, and nothing else does."""
