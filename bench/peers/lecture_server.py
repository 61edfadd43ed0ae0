"""The lecture's server of step 3 with the protocol of step 6, made to work: a
thread for each client, a broadcast to everyone in the room, JSON.

    python3 lecture_server.py PORT
"""

import json
import socket
import sys
import threading

HOST = '127.0.0.1'
PORT = int(sys.argv[1])

server_socket = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
server_socket.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
server_socket.bind((HOST, PORT))
server_socket.listen(1024)

# Client sockets by room. One lock for everything: without it two threads write
# to one client at once, and their messages are mixed up.
rooms = {}
lock = threading.Lock()


def encode(message_type, payload):
    return (json.dumps({"type": message_type, "payload": payload}) + "\n").encode('utf-8')


def broadcast(room, message, but=None):
    with lock:
        for client in rooms.get(room, ()):
            if client is not but:
                client.sendall(message)


def join(client_socket, payload):
    room = payload["room"]
    client_socket.sendall(encode("connect_ack", {"message": "Connected to the room."}))
    with lock:
        rooms.setdefault(room, []).append(client_socket)
    joined = {"message": f"{payload['name']} has joined the room."}
    broadcast(room, encode("notification", joined), client_socket)
    return payload["name"], room


def objects(client_socket):
    """The JSON objects that a client sends, however its bytes are cut."""
    decoder = json.JSONDecoder()
    received = b''
    while True:
        data = client_socket.recv(1024)
        if not data:
            return
        received += data
        while received.strip():
            try:
                text = received.decode('utf-8').lstrip()
                message, end = decoder.raw_decode(text)
            except ValueError:
                break  # The rest of it is still to come
            yield message
            received = text[end:].encode('utf-8')


# Function to handle a client's messages
def handle_client(client_socket):
    name = room = None
    try:
        for message in objects(client_socket):
            payload = message["payload"]
            if message["type"] == "connect":
                name, room = join(client_socket, payload)
            elif message["type"] == "message":
                said = {"sender": name, "room": room, "text": payload["text"]}
                broadcast(room, encode("message", said))
    except OSError:
        pass  # The client is gone
    if room is not None:
        with lock:
            rooms[room].remove(client_socket)
        broadcast(room, encode("notification", {"message": f"{name} has left the room."}))
    client_socket.close()


while True:
    client_socket, client_address = server_socket.accept()
    client_socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    threading.Thread(target=handle_client, args=(client_socket,), daemon=True).start()
