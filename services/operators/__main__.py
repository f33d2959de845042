"""`python -m services.operators`. It receives spans, so it sends none: its own would come back to it endlessly."""

import os

from services.operators.app import Settings, create_app
from shared.serve import serve

for name in ("OTEL_EXPORTER_OTLP_ENDPOINT", "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT"):
    os.environ.pop(name, None)
serve(Settings, create_app)
