#!/usr/bin/env python3
"""Hostile clients of vcca serve: as many connections at once as are asked for, each of one kind (slow, cut short, too large,
wrong numbers, closed early, silent, reset), and good ones among them that must all be answered.

  support_hostile.py PORT PID COUNT

Prints how many of each kind there were and the server's memory at most, in KiB. Exit 1: a good client was not answered.

SPDX-License-Identifier: Apache-2.0"""
import asyncio
import random
import socket
import struct
import sys

port, pid, count = int(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3])
random.seed(1)


def number(n):
    return struct.pack("<I", n)


TOKEN = number(0x1002) + bytes(64)


async def drain(reader):
    total = 0
    try:
        while chunk := await asyncio.wait_for(reader.read(65536), 30):
            total += len(chunk)
    except (ConnectionError, asyncio.TimeoutError):
        pass
    return total


async def send(writer, data, pause=0.0, piece=None):
    piece = piece or len(data) or 1
    for at in range(0, len(data), piece):
        writer.write(data[at:at + piece])
        await writer.drain()
        if pause:
            await asyncio.sleep(pause)


async def slow(r, w):
    await send(w, TOKEN, 0.02, 1)


async def cut(r, w):
    await send(w, TOKEN[:random.randrange(1, len(TOKEN))])


async def large(r, w):
    await send(w, TOKEN + number(0x1005) + number(0x1008) + bytes(1 << 16))


async def wrong(r, w):
    await send(w, number(random.choice([0, 1, 0x1000, 0x1009, 0xffffffff, 0x01100000])) + bytes(100))


async def early(r, w):
    await send(w, number(0x1005))


async def many(r, w):
    await send(w, number(0x1001) * 40)
    await drain(r)


async def web(r, w):
    await send(w, b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")


async def silent(r, w):
    await drain(r)


async def unread(r, w):
    await send(w, TOKEN * 32)
    await asyncio.sleep(0.3)


async def reset(r, w):
    await send(w, TOKEN)
    w.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))


async def good(r, w):
    await send(w, number(0x1001))
    cert = await asyncio.wait_for(r.read(8192), 60)
    await send(w, TOKEN)
    token = await asyncio.wait_for(r.read(8192), 60)
    await send(w, number(0x1005) + number(0x1007))
    assert cert and token[:3] == b"\xd9\x01\x8f", "a good client was not answered"


KINDS = [slow, cut, large, wrong, early, many, web, silent, unread, reset, good]


async def client(kind, tally):
    for attempt in range(50):
        try:
            r, w = await asyncio.open_connection("127.0.0.1", port)
            break
        except OSError:
            await asyncio.sleep(0.05)
    else:
        raise AssertionError("no connection")
    try:
        await kind(r, w)
    except (ConnectionError, asyncio.TimeoutError):
        if kind is good:
            raise
    finally:
        w.close()
    tally[kind.__name__] = tally.get(kind.__name__, 0) + 1


def memory():
    with open(f"/proc/{pid}/status") as f:
        return {line.split(":")[0]: int(line.split()[1]) for line in f if line.startswith(("VmHWM", "VmRSS", "Threads"))}


async def main():
    tally = {}
    results = await asyncio.gather(*(client(KINDS[i % len(KINDS)], tally) for i in range(count)), return_exceptions=True)
    bad = [r for r in results if isinstance(r, Exception)]
    print(" ".join(f"{k}:{v}" for k, v in sorted(tally.items())), f"peak:{memory()['VmHWM']}KiB")
    for r in bad[:5]:
        print("failed:", repr(r))
    return 1 if bad else 0


sys.exit(asyncio.run(main()))
