"""Writes two small static programs as C arrays, of which the second also runs commands:

    embed.py PROGRAM COMMANDS HEADER ARCHITECTURE LIMIT COMMANDS-LIMIT

The section headers are left out: the kernel loads by program headers alone.
"""

import struct
import sys

ports, commands, header, architecture, *limits = sys.argv[1:]


def load(program, limit):
    with open(program, "rb") as f:
        data = bytearray(f.read())
    phoff, = struct.unpack_from("<Q", data, 32)
    phentsize, phnum = struct.unpack_from("<HH", data, 54)
    end = phoff + phentsize * phnum
    for i in range(phnum):
        offset, = struct.unpack_from("<Q", data, phoff + i * phentsize + 8)
        filesz, = struct.unpack_from("<Q", data, phoff + i * phentsize + 32)
        end = max(end, offset + filesz)
    struct.pack_into("<Q", data, 40, 0)
    struct.pack_into("<HHH", data, 58, 0, 0, 0)
    if end > int(limit):
        sys.exit(f"{program} has {end} bytes, more than {limit}")
    return data[:end]


with open(header, "w") as f:
    f.write("/* made from the probe's source by embed.py */\n")
    f.write(f'#define PROBE_ARCHITECTURE "{architecture}"\n')
    for name, program, limit in (
        ("probe_image", ports, limits[0]),
        ("probe_commands_image", commands, limits[1]),
    ):
        data = load(program, limit)
        f.write(f"\n__attribute__((unused)) static const unsigned char {name}[] = {{\n")
        for i in range(0, len(data), 12):
            f.write("        " + " ".join(f"0x{b:02x}," for b in data[i:i + 12]) + "\n")
        f.write("};\n")
