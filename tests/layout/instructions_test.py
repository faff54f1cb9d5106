"""What our own objects hold: outside the functions that Highway compiles for one instruction set, and ours for AMX, nothing that
an x86-64 of 2009 (x86-64-v2) lacks. The build's archives are disassembled."""

import os
import pathlib
import re
import shutil
import subprocess
import unittest

BUILD = pathlib.Path(os.environ.get("MTNLP_BUILD", pathlib.Path(__file__).resolve().parents[2] / "build/release"))
LIBRARIES = ("core", "kernels", "engine", "sweep", "cli", "model")
SYMBOL = re.compile(r"[0-9a-f]+ <(.+)>:$")
INSTRUCTION = re.compile(r"\s+[0-9a-f]+:\s+(?:(?:rep|repz|lock|notrack|data16|cs) )*(\S+)\s*(.*)$")
# VEX and EVEX (AVX, AVX-512), masks, AMX, BMI. tzcnt is not among them: it is how "rep bsf" reads, which old CPUs take for bsf.
NEWER = re.compile(r"v[a-z]|k(mov|or|and|xor|not|unpck|shift|test|add)|tile|tdp|andn$|bextr|bls|bzhi|mulx|pdep|pext|rorx|s[ah][rl]x|lzcnt")
FOR_ONE_SET = re.compile(r"N_AVX|matrix_tiles")


def newer_symbols(lines):
    """Returns the symbols with an instruction that x86-64-v2 lacks, and the first one of each."""
    found, symbol = {}, ""
    for line in lines:
        if match := SYMBOL.match(line):
            symbol = match[1]
        elif (match := INSTRUCTION.match(line)) and (NEWER.match(match[1]) or re.search("%[yz]mm|%tmm", match[2])):
            found.setdefault(symbol, line.strip())
    return found


class InstructionsTest(unittest.TestCase):
    @unittest.skipUnless(os.uname().machine == "x86_64" and shutil.which("objdump"), "no objdump for x86-64 here")
    @unittest.skipUnless((BUILD / "libmtnlp_model.a").exists(), "not all of mtnlp is built here")
    def test_only_functions_for_an_instruction_set_hold_more_than_x86_64_v2(self):
        own = 0
        for library in LIBRARIES:
            done = subprocess.run(["objdump", "-d", "-C", "--no-show-raw-insn", BUILD / f"libmtnlp_{library}.a"], capture_output=True,
                                  text=True, check=True)
            found = newer_symbols(done.stdout.splitlines())
            own += sum(bool(FOR_ONE_SET.search(symbol)) for symbol in found)
            self.assertEqual({symbol: line for symbol, line in found.items() if not FOR_ONE_SET.search(symbol)}, {})
        self.assertGreater(own, 10)  # the kernels

    def test_it_finds_them(self):
        lines = ["0000 <old>:", "   4:\ttzcnt  %rax,%rax", "   8:\tmovaps %xmm0,%xmm1", "0010 <new>:", "  12:\tvaddps %ymm0,%ymm1,%ymm2",
                 "0020 <mask>:", "  22:\tkmovw  %eax,%k1", "0030 <wide>:", "  32:\trep stos %zmm1"]
        self.assertEqual(set(newer_symbols(lines)), {"new", "mask", "wide"})


if __name__ == "__main__":
    unittest.main()
