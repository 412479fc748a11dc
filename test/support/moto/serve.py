"""Starts moto's server, mended for the end-to-end tests.

    python3 serve.py [PORT]

Prints `listening on PORT` when it answers; without a port it takes one that is free. Ends when its standard input does,
so that it never outlives the tests.
"""

import logging
import sys

from moto.server import ThreadedMotoServer

import mends  # noqa: F401 (mends moto by being imported)
import record  # noqa: F401 (records calls where it is asked to, by being imported)


def main() -> None:
    port = int(sys.argv[1]) if len(sys.argv) > 1 else 0
    # One line for every request would fill the pipe; what goes wrong is still told.
    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=port, verbose=False)
    server.start()
    print(f"listening on {server.get_host_and_port()[1]}", flush=True)
    sys.stdin.read()
    server.stop()


if __name__ == "__main__":
    main()
