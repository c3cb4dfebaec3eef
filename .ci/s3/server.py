"""An S3 server for tests, in memory, with one empty bucket: moto, one request at a time.

Moto looks whether an object is there and then writes it; of two conditional puts at the same moment both
could win. A server that is to be trusted decides between them, so here the lock does.

usage: server.py FILE    writes the address of the server into FILE once it listens
"""

import io
import os
import sys
import threading
import urllib.request

from moto.server import DomainDispatcherApplication, create_backend_app
from werkzeug.serving import WSGIRequestHandler, make_server

BUCKET = "tamis"


class OneAtATime:
    def __init__(self, app):
        self.app, self.lock = app, threading.Lock()

    def __call__(self, environ, start_response):
        # Before the lock: a client may die in the middle of what it sends, and then nothing is changed.
        length = int(environ.get("CONTENT_LENGTH") or 0)
        body = environ["wsgi.input"].read(length) if length else b""
        if len(body) != length:
            start_response("400 Bad Request", [])
            return []
        environ["wsgi.input"] = io.BytesIO(body)
        with self.lock:
            return list(self.app(environ, start_response))


class Silent(WSGIRequestHandler):
    def log(self, *args):
        pass


def main():
    app = OneAtATime(DomainDispatcherApplication(create_backend_app))
    server = make_server("127.0.0.1", 0, app, threaded=True, request_handler=Silent)
    threading.Thread(target=server.serve_forever).start()
    address = f"http://127.0.0.1:{server.server_port}"
    make_bucket = urllib.request.Request(f"{address}/{BUCKET}", method="PUT")
    with urllib.request.urlopen(make_bucket) as answer:
        assert answer.status == 200
    aside = sys.argv[1] + ".new"
    with open(aside, "w") as file:
        file.write(address)
    os.rename(aside, sys.argv[1])


main()
