"""`python -m deploy.images.health payments`: exit code 0 when the service in this container is ready. For Docker's
health check."""

from __future__ import annotations

import os
import sys
import urllib.error
import urllib.request


def main(service: str) -> int:
    url = f"http://127.0.0.1:{os.environ.get('CHORUS_PORT', '8000')}/{service}/health/ready"
    try:
        with urllib.request.urlopen(url, timeout=4) as answer:
            return 0 if answer.status == 200 else 1
    except (urllib.error.URLError, OSError) as problem:
        print(f"{service} is not ready: {problem}", file=sys.stderr)
        return 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
