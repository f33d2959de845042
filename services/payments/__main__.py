from services.payments.app import create_app
from services.payments.settings import Settings
from shared.serve import serve

serve(Settings, create_app)
