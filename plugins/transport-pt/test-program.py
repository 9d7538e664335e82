#!/usr/bin/env python3
"""Speaks both protocols: becomes obfs4proxy where Tor's is wanted; else it is a plugin of SIP003 that hides nothing, a
client unless its argument is `server`."""
import os
import socket
import sys
import threading

if "TOR_PT_MANAGED_TRANSPORT_VER" in os.environ:
    os.execvp("obfs4proxy", ["obfs4proxy"])


def place(which):
    return os.environ[f"SS_{which}_HOST"], int(os.environ[f"SS_{which}_PORT"])


def carry(one, other):
    try:
        while data := one.recv(65536):
            other.sendall(data)
    except OSError:
        pass
    for end in (one, other):
        try:
            end.shutdown(socket.SHUT_RDWR)
        except OSError:
            pass


def serve(near):
    with near, socket.create_connection(far) as other:
        back = threading.Thread(target=carry, args=(other, near))
        back.start()
        carry(near, other)
        back.join()


here, far = place("LOCAL"), place("REMOTE")
if sys.argv[1:] == ["server"]:
    here, far = far, here
with socket.create_server(here) as server:
    while True:
        threading.Thread(target=serve, args=(server.accept()[0],), daemon=True).start()
