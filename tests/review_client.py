"""The review asked by a browser that is none, and served by a process of its own."""

import asyncio
import os
import subprocess
import sys
from contextlib import contextmanager

import httpx


class Client:
    """Asks an application without a socket; keeps cookies, follows nothing."""

    def __init__(self, app, address="http://127.0.0.1:8642", client="127.0.0.1"):
        transport = httpx.ASGITransport(app, client=(client, 50000))
        self._app = app
        self._client = httpx.AsyncClient(transport=transport, base_url=address)
        self.cookies = self._client.cookies

    def get(self, path, **options):
        return asyncio.run(self._client.get(path, **options))

    def post(self, path, **options):
        return asyncio.run(self._client.post(path, **options))

    def leave(self, path, **options):
        """Begin to send, and go away; return the statuses that nobody hears."""
        request = self._client.build_request("POST", path, **options)
        scope = {
            "type": "http",
            "method": "POST",
            "path": path,
            "query_string": b"",
            "scheme": "http",
            "client": ("127.0.0.1", 50000),
            "server": ("127.0.0.1", 8642),
            "headers": [(name.lower(), value) for name, value in request.headers.raw],
        }
        said = []

        async def receive():
            return {"type": "http.disconnect"}

        async def send(message):
            said.append(message)

        asyncio.run(self._app(scope, receive, send))
        return [message["status"] for message in said if "status" in message]


@contextmanager
def served(output, *options):
    """Serve an output folder; yields the process, and the address that it prints."""
    command = [sys.executable, "-m", "ductdicom", "review", str(output), "--port", "0"]
    with subprocess.Popen(
        [*command, "--no-browser", *options],
        stdout=subprocess.PIPE,
        text=True,
        env=os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)},
    ) as process:
        try:
            yield process, process.stdout.readline().strip()
        finally:
            process.terminate()


@contextmanager
def serving(output, *options):
    """Serve an output folder; yields the address that is printed."""
    with served(output, *options) as (_, address):
        yield address
