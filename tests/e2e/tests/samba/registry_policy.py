"""Samba's own reader and writer of registry policies: prints the records of the file given as
first argument as JSON, writes them again to the second, and with some more to the third."""

import json
import sys

from samba.dcerpc import misc, preg
from samba.ndr import ndr_pack, ndr_unpack


def record(name, kind, data):
    made = preg.entry()
    made.keyname, made.valuename = "Software\\Policies\\Lab", name
    made.type, made.data = kind, data
    return made


def write(path, records):
    policy = preg.file()
    policy.header.signature, policy.header.version = "PReg", 1
    policy.num_entries = len(records)
    policy.entries = records
    with open(path, "wb") as file:
        file.write(ndr_pack(policy))


with open(sys.argv[1], "rb") as file:
    # Its records live as long as the policy does.
    policy = ndr_unpack(preg.file, file.read())
records = policy.entries
write(sys.argv[2], records)
more = [
    record("Text", misc.REG_SZ, '配布 & "x"'),
    record("Expand", misc.REG_EXPAND_SZ, "%windir%"),
    record("Number", misc.REG_DWORD, 7),
    record("Big", misc.REG_QWORD, 1 << 40),
    record("List", misc.REG_MULTI_SZ, "a\0b\0\0".encode("utf-16le")),
    record("Bytes", misc.REG_BINARY, b"[;]\0"),
]
write(sys.argv[3], records + more)
told = [[one.keyname, one.valuename, one.type, str(one.data)] for one in records]
print(json.dumps(told))
