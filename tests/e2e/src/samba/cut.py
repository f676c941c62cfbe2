"""Stands between a publisher and its domain controller, and cuts the connection once.

Arguments: the file with what the publisher says, the number of the write to the directory after
which to cut. The publisher says each step before it asks for it; the server gets the request and
does it, the publisher never gets the answer. Everything else passes.
"""

import select
import socket
import sys
import threading

LISTEN, SERVER = "127.0.0.2", "127.0.0.1"
WRITES = ("add `", "change `", "delete `", "link to `", "take the link ")
said, cut_at = sys.argv[1], int(sys.argv[2])


def writes():
    with open(said, encoding="utf-8") as lines:
        return sum(line.startswith(WRITES) for line in lines)


def carry(client, port):
    with client, socket.create_connection((SERVER, port)) as server:
        answer_is_lost = False
        while True:
            for ready in select.select([client, server], [], [])[0]:
                data = ready.recv(65536)
                if not data:
                    return
                if ready is client:
                    answer_is_lost = port == 636 and writes() >= cut_at
                    server.sendall(data)
                elif answer_is_lost:
                    return
                else:
                    client.sendall(data)


def listen(port):
    with socket.create_server((LISTEN, port)) as listener:
        ready.release()
        while True:
            client = listener.accept()[0]
            threading.Thread(target=carry, args=(client, port), daemon=True).start()


ready = threading.Semaphore(0)
for port in (636, 445):
    threading.Thread(target=listen, args=(port,), daemon=True).start()
    ready.acquire()
print("ready", flush=True)
# Until the test goes.
sys.stdin.read()
