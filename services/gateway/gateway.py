"""The gateway as a service: what it has at hand beside what every service has."""

from prometheus_client import Counter

from services.gateway.border import Border
from services.gateway.crossings import LEAVING
from services.gateway.egress import Egress
from services.gateway.known import KeyRing
from services.gateway.settings import Settings
from shared.messaging.consumer import StreamConsumer
from shared.service import Service


class Gateway(Service):
    def __init__(self, settings: Settings) -> None:
        super().__init__("gateway", settings)
        self.ring = KeyRing(settings.network_keys, self.database)
        self.border = Border(settings.network_nats_url, settings.organisation)
        self.left = Counter("chorus_network_left", "Events that left for the network", registry=self.registry)
        self.arrived = Counter("chorus_network_arrived", "Events of other organisations sent on", ["origin"], registry=self.registry)
        self.refused = Counter("chorus_network_refused", "Messages of other organisations refused", ["origin"], registry=self.registry)
        self.has_announced = False
        """Since this process began."""
        self.checks["network"] = self.border.state

    def stream_consumer(self, owner: str) -> StreamConsumer:
        """What crosses goes out as it is; what concerns us is heard as every service hears it."""
        crosses = any(event.owner == owner for event in LEAVING.values())
        return Egress(self, self.consumers, owner) if crosses else super().stream_consumer(owner)
