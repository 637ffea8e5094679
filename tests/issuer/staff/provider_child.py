"""An OpenID Connect provider of another's making, in a process of its own: says its port, ends with its input."""

import json
import sys

from oidc_provider_mock import User, run_server_in_thread

if __name__ == "__main__":
    claims = json.loads(sys.argv[1])
    users = [User(sub=sub, claims=said) for sub, said in claims.items()]
    with run_server_in_thread(user_claims=users, require_nonce=True) as server:
        print(server.server_port, flush=True)  # noqa: T201 whoever started it waits for this
        sys.stdin.read()
