"""Writes a small static program as a C array: embed.py PROGRAM HEADER NAME ARCHITECTURE LIMIT

The section headers are left out: the kernel loads by program headers alone.
"""

import struct
import sys

program, header, name, architecture, limit = sys.argv[1:]
with open(program, "rb") as f:
    data = bytearray(f.read())

phoff, shoff = struct.unpack_from("<QQ", data, 32)
phentsize, phnum = struct.unpack_from("<HH", data, 54)
end = phoff + phentsize * phnum
for i in range(phnum):
    offset, = struct.unpack_from("<Q", data, phoff + i * phentsize + 8)
    filesz, = struct.unpack_from("<Q", data, phoff + i * phentsize + 32)
    end = max(end, offset + filesz)
struct.pack_into("<Q", data, 40, 0)
struct.pack_into("<HHH", data, 58, 0, 0, 0)
data = data[:end]
if len(data) > int(limit):
    sys.exit(f"{program} has {len(data)} bytes, more than {limit}")

with open(header, "w") as f:
    f.write("/* made from the probe's source by embed.py */\n")
    f.write(f'#define {name.split("_")[0].upper()}_ARCHITECTURE "{architecture}"\n\n')
    f.write(f"static const unsigned char {name}[] = {{\n")
    for i in range(0, len(data), 12):
        f.write("        " + " ".join(f"0x{b:02x}," for b in data[i:i + 12]) + "\n")
    f.write("};\n")
