"""A header, and files put together by hand."""

import hashlib
import struct

HEADER = {
    "bits": 8,
    "candidates": [96, 96],
    "construction": "diamond",
    "failure": 0.01,
    "layers": [{"kind": "dense", "shape": [500, 784]}, {"kind": "dense", "shape": [10, 500]}],
    "library": "0.1.0",
    "seed": 282363477812834218739872341234,
    "signed_inputs": 0,
    "source": "uniform",
    "source_bits": 5,
    "sparsity": None,
    "unsolved": [],
}
FRONT = "<8sHHII"
LIMIT = 10**6


def sealed(body):
    """A file with a checksum that fits: anyone can compute one."""
    return body + hashlib.sha256(body).digest()[:16]


def by_hand(stored, *sections, full=None, version=1, magic=b"\x89SLT\r\n\x1a\n"):
    """A file put together from the format's description, with a header as it is stored."""
    front = struct.pack(FRONT, magic, version, len(sections), len(stored), len(stored) if full is None else full)
    lengths = b"".join(struct.pack("<Q", len(section)) for section in sections)
    return sealed(front + lengths + stored + b"".join(sections))
