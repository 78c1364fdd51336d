"""A client of tests/e2e/test_honeypot.sh: talks to ADDRESS PORT [tcp|udp] from one fixed source port, prints what came."""
import socket
import sys

address, port, proto = sys.argv[1], int(sys.argv[2]), sys.argv[3] if len(sys.argv) > 3 else "tcp"
say = sys.argv[4].encode() if len(sys.argv) > 4 else b""
s = socket.socket(socket.AF_INET, socket.SOCK_STREAM if proto == "tcp" else socket.SOCK_DGRAM)
s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
s.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")  # the port is free again at once
s.bind(("", 40000))
s.settimeout(5)
try:
    s.connect((address, port))
    s.sendall(say)
    if proto == "tcp" and say:
        print(s.recv(200).decode("latin-1").split("\r\n")[0])
    elif proto == "udp":
        s.settimeout(0.2)
        print("answered", s.recv(200))
    else:
        print("connected")
except TimeoutError:
    print("timeout")
except OSError as e:
    print(e.strerror)
