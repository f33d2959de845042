from services.opportunities.app import create_app
from services.opportunities.settings import Settings
from shared.serve import serve

serve(Settings, create_app)
