"""The organisation's one door to the network: what crosses its border goes through here, and nothing else does."""

from deploy.gateway.keys import new_network_keys

__all__ = ["new_network_keys"]
