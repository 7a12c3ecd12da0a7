"""A browser that asks an application without a socket; it keeps cookies and follows nothing."""

import asyncio

import httpx


class Client:
    def __init__(self, app, address="http://127.0.0.1:8642", client="127.0.0.1"):
        transport = httpx.ASGITransport(app, client=(client, 50000))
        self._client = httpx.AsyncClient(transport=transport, base_url=address)
        self.cookies = self._client.cookies

    def get(self, path, **options):
        return asyncio.run(self._client.get(path, **options))

    def post(self, path, **options):
        return asyncio.run(self._client.post(path, **options))
