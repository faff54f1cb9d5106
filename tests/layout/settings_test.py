"""A floor below the command line names a setting by field("max_length"), never as an option: a program may show the message."""

import pathlib
import re
import unittest

SRC = pathlib.Path(__file__).resolve().parents[2] / "src"
FOR_THE_TERMINAL = {"cli", "report", "api"}  # report makes tables for people, api arguments for cli


class Settings(unittest.TestCase):
    def test_no_floor_below_spells_an_option(self):
        found = []
        for file in sorted(path for path in SRC.glob("*/*") if path.suffix in (".cc", ".h")):
            if file.parent.name in FOR_THE_TERMINAL:
                continue
            for number, line in enumerate(file.read_text(encoding="utf-8").splitlines(), 1):
                code = re.sub(r"(^|\s)//.*", "", line)
                if re.search(r'"[^"]*--[a-z][^"]*"', code):
                    found.append(f"{file.relative_to(SRC)}:{number}: {line.strip()}")
        self.assertEqual(found, [])


if __name__ == "__main__":
    unittest.main()
