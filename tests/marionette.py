"""Firefox by its own remote protocol: the system's browser as it is, without a driver of others."""

import json
import shutil
import socket
import subprocess
from contextlib import contextmanager, suppress

FIREFOX = next(filter(None, map(shutil.which, ("firefox-esr", "firefox"))), None)
_PREFERENCES = """
user_pref("marionette.port", {port});
user_pref("app.update.enabled", false);
user_pref("browser.shell.checkDefaultBrowser", false);
user_pref("datareporting.policy.dataSubmissionEnabled", false);
user_pref("network.captive-portal-service.enabled", false);
user_pref("network.connectivity-service.enabled", false);
user_pref("extensions.getAddons.cache.enabled", false);
user_pref("browser.safebrowsing.downloads.remote.enabled", false);
user_pref("toolkit.telemetry.enabled", false);
"""


class Firefox:
    """One window of Firefox."""

    def __init__(self, port):
        self._socket = socket.create_connection(("127.0.0.1", port), 60)
        self._number = 0
        self._read()  # it says hello
        self.ask("WebDriver:NewSession", {"timeouts": {"script": 60_000}})

    def ask(self, command, parameters):
        self._number += 1
        message = json.dumps([0, self._number, command, parameters]).encode()
        self._socket.sendall(b"%d:%s" % (len(message), message))
        _, _, error, result = self._read()
        assert error is None, error
        return result

    def go(self, address):
        self.ask("WebDriver:Navigate", {"url": address})

    def run(self, script, *arguments):
        """Run an asynchronous script; it calls its last argument with the result."""
        asked = {"script": script, "args": list(arguments)}
        return self.ask("WebDriver:ExecuteAsyncScript", asked)["value"]

    def close(self):
        self._socket.close()

    def _read(self):
        size = b""
        while not size.endswith(b":"):
            size += self._socket.recv(1)
        content = b""
        while len(content) < int(size[:-1]):
            content += self._socket.recv(int(size[:-1]) - len(content))
        return json.loads(content)


@contextmanager
def firefox(folder):
    """Start Firefox with a profile of its own in a folder."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    (folder / "user.js").write_text(_PREFERENCES.format(port=port))
    command = [FIREFOX, "--headless", "--marionette", "--no-remote", "--profile", str(folder)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT) as process:
        try:
            for line in process.stdout:
                if b"Listening on port" in line:
                    break
            browser = Firefox(port)
            yield browser
            browser.close()
        finally:
            process.terminate()
            with suppress(subprocess.TimeoutExpired):
                process.communicate(timeout=20)
