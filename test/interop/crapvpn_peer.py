#!/usr/bin/env python3
"""A CrapVPN peer, written from the format alone, to test Qanat against something that shares no code with it.

    crapvpn_peer.py [-p HOST[:PORT]] KEY LOCAL_IP PEER_IP

A datagram is: "crap" | length of the ciphertext, 16 bits, big-endian | 2 reserved bytes, 0 | ciphertext.
The ciphertext is the packet XOR the key, repeated from the start of each packet. UDP port 1337.
"""

import argparse
import fcntl
import ipaddress
import os
import select
import socket
import struct
import subprocess

PORT = 1337
HEADER = struct.Struct("!4sHH")
MAGIC = b"crap"
MTU = 1420

# linux/if_tun.h
TUNSETIFF = 0x400454CA
IFF_TUN = 0x0001
IFF_NO_PI = 0x1000


def apply_key(data, key):
    stream = (key * (len(data) // len(key) + 1))[: len(data)]
    mixed = int.from_bytes(data, "big") ^ int.from_bytes(stream, "big")
    return mixed.to_bytes(len(data), "big")


def seal(packet, key):
    return HEADER.pack(MAGIC, len(packet), 0) + apply_key(packet, key)


def unseal(datagram, key):
    """The packet of a datagram, or None where it is not one of CrapVPN's."""
    if len(datagram) < HEADER.size:
        return None
    magic, length, _reserved = HEADER.unpack_from(datagram)
    body = datagram[HEADER.size :]
    if magic != MAGIC or length != len(body):
        return None
    return apply_key(body, key)


def open_tun(local, peer):
    """The descriptor of a point-to-point device that is up."""
    tun = os.open("/dev/net/tun", os.O_RDWR)
    answer = fcntl.ioctl(tun, TUNSETIFF, struct.pack("16sH22x", b"crap%d", IFF_TUN | IFF_NO_PI))
    name = answer[:16].rstrip(b"\0").decode()
    bits = ipaddress.ip_address(local).max_prefixlen
    subprocess.run(["ip", "address", "add", local, "peer", f"{peer}/{bits}", "dev", name], check=True)
    subprocess.run(["ip", "link", "set", name, "mtu", str(MTU), "up"], check=True)
    return tun


def parse_endpoint(text):
    host, _, port = text.partition(":")
    return (host, int(port or PORT))


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("-p", dest="endpoint", type=parse_endpoint)
    parser.add_argument("key", type=bytes.fromhex)
    parser.add_argument("local")
    parser.add_argument("peer")
    options = parser.parse_args()

    tun = open_tun(options.local, options.peer)
    udp = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    udp.bind(("", PORT))
    far = options.endpoint
    print("ready", flush=True)
    while True:
        readable, _, _ = select.select([tun, udp], [], [])
        if tun in readable:
            packet = os.read(tun, 65536)
            if far is not None:
                udp.sendto(seal(packet, options.key), far)
        if udp in readable:
            datagram, sender = udp.recvfrom(65536)
            packet = unseal(datagram, options.key)
            if packet:
                far = options.endpoint or sender
                os.write(tun, packet)


if __name__ == "__main__":
    main()
