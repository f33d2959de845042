"""The gateway as a service: what it holds besides what every service holds."""

from prometheus_client import Counter

from services.gateway.carrier import Carrier
from services.gateway.organisations import KeyRing
from services.gateway.reading import border_connection
from services.gateway.settings import Settings
from shared.service import Service


class Gateway(Service):
    def __init__(self, settings: Settings) -> None:
        super().__init__("gateway", settings)
        self.ring = KeyRing(settings.network_keys, self.database)
        self.border = border_connection(settings.network_nats_url, settings.organisation)
        self.carrier = Carrier(settings.network_nats_url, settings.organisation, lambda: self.ring.own)
        self.left = Counter("chorus_network_left", "Events that left for the network", registry=self.registry)
        self.arrived = Counter(
            "chorus_network_arrived", "Events of other organisations sent on", ["origin"], registry=self.registry
        )
        self.refused = Counter(
            "chorus_network_refused", "Messages of other organisations refused", ["origin"], registry=self.registry
        )
        self.has_announced = False
        """Since this process began."""
        self.checks["network"] = self.border.state
