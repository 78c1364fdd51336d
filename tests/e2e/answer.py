#!/usr/bin/env python3
"""A world for test_actor.sh: answers TCP 445 with an SMB negotiate response and TCP 3306 as a MySQL server whose version
is what the file named by argv[1] holds at that moment. Prints "ready", then each MySQL statement it is asked."""
import asyncio
import struct
import sys


def smb2_negotiate():
    body = b"\xfeSMB" + struct.pack("<HHIHHIIQIIQ16s", 64, 0, 0, 0, 1, 1, 0, 0, 0, 0, 0, b"")
    body += struct.pack("<HHHH16sIIIIQQHHI", 65, 1, 0x2FF, 0, b"0123456789abcdef", 0, 65536, 65536, 65536, 0, 0, 128, 0, 0)
    return struct.pack(">I", len(body)) + body


async def smb(reader, writer):
    try:
        head = await reader.readexactly(4)
        message = await reader.readexactly(struct.unpack(">I", head)[0] & 0xFFFFFF)
        if message[:5] == b"\xffSMB\x72" and b"NT LM 0.12" in message:
            writer.write(smb2_negotiate())
            await writer.drain()
            await reader.read()
    except (asyncio.IncompleteReadError, ConnectionError):
        pass
    writer.close()


def packet(seq, body):
    return struct.pack("<I", len(body))[:3] + bytes([seq & 255]) + body


def reply(statement, version):
    if statement == b"select version()":
        column = b"\x03def\x00\x00\x00\x09version()\x00\x0c\x08\x00\x06\x00\x00\x00\xfd\x01\x00\x1f\x00\x00"
        row = bytes([len(version)]) + version
        parts = [b"\x01", column, b"\xfe\x00\x00\x02\x00", row, b"\xfe\x00\x00\x02\x00"]
    elif statement.startswith(b"drop function"):
        parts = [b"\xff\x19\x05#42000FUNCTION(UDF) " + statement[14:] + b" does not exist"]
    else:
        parts = [b"\x00\x00\x00\x02\x00\x00\x00"]
    return b"".join(packet(1 + i, p) for i, p in enumerate(parts))


async def mysql(reader, writer):
    try:
        with open(sys.argv[1], "rb") as f:
            version = f.read().strip()
        writer.write(packet(0, b"\x0a" + version + b"\0" + b"\1\0\0\0" + b"saltsalt\0" + b"\xff\xf7\x08\x02\0" + b"\0" * 13 +
                            b"saltsaltsalt\0"))
        login = await reader.readexactly(struct.unpack("<I", (await reader.readexactly(4))[:3] + b"\0")[0])
        ok = login[32:37] == b"root\0" and login[37] == 0
        writer.write(packet(2, b"\x00\x00\x00\x02\x00\x00\x00" if ok else b"\xff\x15\x04#28000no"))
        while ok:
            n = struct.unpack("<I", (await reader.readexactly(4))[:3] + b"\0")[0]
            command = await reader.readexactly(n)
            if command[0] != 3:
                break
            print(command[1:].decode(), flush=True)
            answer = reply(command[1:], version)
            writer.write(answer[:7])  # in two pieces: the client must put them together
            await writer.drain()
            await asyncio.sleep(0)
            writer.write(answer[7:])
    except (asyncio.IncompleteReadError, ConnectionError):
        pass
    writer.close()


async def main():
    await asyncio.start_server(smb, "0.0.0.0", 445, backlog=1024)
    await asyncio.start_server(mysql, "0.0.0.0", 3306, backlog=1024)
    print("ready", flush=True)
    await asyncio.Event().wait()


asyncio.run(main())
