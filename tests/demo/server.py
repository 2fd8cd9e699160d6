"""server.py [PORT] - a small web server that says how often a page was seen.

It has visitors of its own, so that there is something to watch at once.
"""
import ctypes
import http.server
import os
import signal
import sys
import threading
import time
import urllib.request

here = os.path.dirname(os.path.abspath(__file__))
session = ctypes.CDLL(os.path.join(here, 'session.so'))


class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        count = session.visit(self.path.encode())
        body = b'seen %d times\n' % count
        self.send_response(200)
        self.send_header('Content-Length', str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *args):
        pass


def visitors(port):
    number = 0
    while True:
        url = 'http://127.0.0.1:%d/page/%d' % (port, number % 50)
        urllib.request.urlopen(url).read()
        number += 1
        time.sleep(0.005)


port = int(sys.argv[1]) if len(sys.argv) > 1 else 0
server = http.server.HTTPServer(('127.0.0.1', port), Handler)
threading.Thread(target=visitors, args=(server.server_port,),
                 daemon=True).start()
# SIGTERM ends it as an operator would wish: all is put in order first.
signal.signal(signal.SIGTERM, lambda *args: sys.exit(0))
try:
    server.serve_forever()
except KeyboardInterrupt:
    pass
