#!/usr/bin/env python3
"""stack_depth.py OBJECT - is the stack of the kernel programs small enough for every kernel?

Adds up the frames of each chain of calls, as the verifier of Linux 6.1 does (kernel/bpf/verifier.c,
check_max_stack_depth): each rounded up to 32 bytes, 512 in all, and no more than 8 frames. 6.18 took a chain of 544 by this
count, which 6.1 refused. Prints the deepest chain of each program; the status is 1 when one is too deep.
"""
import re
import subprocess
import sys

ROUND, MOST, MOST_FRAMES = 32, 512, 8
CALL = "85 10 00 00"  # BPF_CALL with BPF_PSEUDO_CALL: of a function, not of a helper


class Function:
    def __init__(self, name):
        self.name = name
        self.depth = 0
        self.calls = set()

    def size(self):
        return max(ROUND, -(-self.depth // ROUND) * ROUND)


def read(path):
    """All functions by name. What a call without a relocation leads to is found by its place in the section."""
    text = subprocess.run(["llvm-objdump", "-dr", path], capture_output=True, text=True, check=True).stdout
    functions, places, pending = {}, {}, []
    section = function = None
    for line in text.splitlines():
        if found := re.match(r"Disassembly of section (.*):", line):
            section = found[1]
        elif found := re.match(r"([0-9a-f]+) <(.*)>:", line):
            if not found[2].startswith("LBB"):
                function = functions[found[2]] = Function(found[2])
                places[section, int(found[1], 16)] = found[2]
        elif found := re.match(r"\s+(\d+):\t((?:[0-9a-f]{2}\s){8})(.*)", line):
            for offset in re.findall(r"r10 - (0x[0-9a-f]+|\d+)", found[3]) + re.findall(r"r\d+ \+= -(0x[0-9a-f]+|\d+)$", found[3]):
                function.depth = max(function.depth, int(offset, 0))
            if found[2].startswith(CALL):
                relative = int.from_bytes(bytes.fromhex(found[2])[4:8], "little", signed=True)
                pending.append((function, section, (int(found[1]) + 1 + relative) * 8, relative))
        elif (found := re.search(r"R_BPF_64_32\s+(\S+)", line)) and pending:
            caller, at, _, relative = pending.pop()
            # Of a section: the place in it stands in the instruction.
            target = places.get((found[1], (relative + 1) * 8)) if found[1] not in functions else found[1]
            pending.append((caller, at, None, target or found[1]))
    for caller, at, offset, target in pending:
        caller.calls.add(places[at, offset] if offset is not None else target)
    return functions


def deepest(functions, name):
    function = functions.get(name)
    if function is None:  # the kernel's own, on its own stack
        return 0, []
    below = max((deepest(functions, called) for called in function.calls), default=(0, []))
    return function.size() + below[0], [f"{name} {function.depth}", *below[1]]


def main(path):
    functions = read(path)
    called = {name for function in functions.values() for name in function.calls}
    fits = True
    for name in sorted(set(functions) - called):
        depth, chain = deepest(functions, name)
        verdict = "" if depth <= MOST and len(chain) <= MOST_FRAMES else "  TOO DEEP"
        fits = fits and not verdict
        print(f"{depth:4}  {' > '.join(chain)}{verdict}")
    return 0 if fits and functions else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
