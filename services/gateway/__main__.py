from services.gateway.app import Settings, create_app
from shared.serve import serve

serve(Settings, create_app)
