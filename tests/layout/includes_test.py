"""The floors of ARCHITECTURE.md against the #include lines of src and include: a floor includes only floors below it, and
nothing that a floor below the torch line includes leads to libtorch. include/mtnlp lies below all floors: it includes itself."""

import os
import pathlib
import re
import tempfile
import unittest

ROOT = pathlib.Path(__file__).resolve().parents[2]
TORCH = re.compile(r"(torch|ATen|c10)/")
INCLUDE = re.compile(r'^\s*#\s*(?:include|define\s+HWY_TARGET_INCLUDE)\s*([<"])([^>"]+)[>"]')


def read_floors(text):
    """Returns the floors of the table in ARCHITECTURE.md, from the top down, and those below its torch line."""
    rows = re.findall(r"^\| (?:`([a-z]+)/`|\*(the torch line)\*) +\|", text, re.M)
    floors = [floor for floor, _ in rows if floor]
    line = [at for at, (_, is_line) in enumerate(rows) if is_line]
    if len(line) != 1 or len(set(floors)) != len(floors):
        raise ValueError("the table of floors names each floor once, and the torch line once")
    return floors, {floor for floor, _ in rows[line[0] + 1:]}


def read_sources(root):
    """Returns {file below `root`: [(line, included file)]} of src and include; a path as it is written for a library's."""
    files = {str(path.relative_to(root)) for top in ("src", "include") for path in (root / top).rglob("*")
             if path.suffix in (".cc", ".h")}
    sources = {}
    for file in sorted(files):
        sources[file] = []
        for number, line in enumerate((root / file).read_text(encoding="utf-8").splitlines(), 1):
            if match := INCLUDE.match(line):
                places = [f"{os.path.dirname(file)}/{match[2]}", f"src/{match[2]}", f"include/{match[2]}"]
                found = [place for place in places if place in files]
                sources[file].append((number, found[0] if found else match[2]))
    return sources


def floor_of(file):
    """Returns the floor that holds `file`: "" for one above all floors, such as src/main.cc, "include" for the API."""
    parts = pathlib.PurePath(file).parts
    return "include" if parts[0] == "include" else "".join(parts[1:-1][:1])


def way_to_torch(file, sources, seen):
    """Returns the files on a way from `file` to a header of libtorch; empty when there is none."""
    for _, included in sources.get(file, ()):
        if included not in sources and TORCH.match(included):
            return [file, included]
        if included not in seen:
            seen.add(included)
            if way := way_to_torch(included, sources, seen):
                return [file, *way]
    return []


def find_faults(root, text):
    """Returns one line for each include that the floors of `text` do not allow."""
    floors, torch_free = read_floors(text)
    height = {floor: -at for at, floor in enumerate(floors)} | {"": 1, "include": -len(floors)}
    sources = read_sources(root)
    there = {floor_of(file) for file in sources} - {"", "include"}
    faults = [f"{floor}/ is a folder without a row in the table of floors" for floor in sorted(there - set(floors))]
    faults += [f"{floor}/ is in the table of floors and nowhere else" for floor in sorted(set(floors) - there)]
    for file, includes in sources.items():
        floor = floor_of(file)
        if floor not in height:
            continue
        for line, included in includes:
            other = floor_of(included) if included in sources else floor
            if height.get(other, 1) > height[floor]:
                faults.append(f"{file}:{line}: includes {included} of a floor above {floor}/")
        if floor in torch_free and (way := way_to_torch(file, sources, {file})):
            faults.append(f"{' > '.join(way)}: {floor}/ is below the torch line")
    return faults


class Floors(unittest.TestCase):
    def test_the_sources_stand_as_architecture_md_says(self):
        faults = find_faults(ROOT, (ROOT / "ARCHITECTURE.md").read_text(encoding="utf-8"))
        self.assertEqual(faults, [], "\n" + "\n".join(faults))


class Libraries(unittest.TestCase):
    def test_only_the_loader_and_the_trainer_of_sentencepiece_files_reach_libsentencepiece(self):
        users = {}
        for file, includes in read_sources(ROOT).items():
            for _, included in includes:
                users.setdefault(included, []).append(file)
        reader = ["src/text/sentencepiece.cc"]
        self.assertEqual(users["sentencepiece_processor.h"], reader)
        self.assertEqual(users["sentencepiece_trainer.h"], ["src/text/train_sentencepiece.cc"])
        refusal = "src/standalone/sentencepiece.cc"
        self.assertEqual(users["src/text/sentencepiece.h"], [refusal, "src/text/load_sentencepiece.cc", *reader])


class FindFaults(unittest.TestCase):
    TABLE = "| `top/` | |\n| `middle/` | |\n| *the torch line* | |\n| `base/` | |\n"
    SOUND = {"src/main.cc": '#include "top/a.h"\n', "src/top/a.h": "#include <torch/types.h>\n",
             "src/top/a.cc": '#include "a.h"\n#include "middle/b.h"\n', "src/middle/b.h": '#include "x/version.h"\n',
             "src/middle/b.cc": '#include "middle/b.h"\n#include "base/c.h"\n', "src/base/c.h": "", "include/x/version.h": ""}

    def faults(self, changes, table=TABLE):
        with tempfile.TemporaryDirectory() as folder:
            for name, content in (self.SOUND | changes).items():
                file = pathlib.Path(folder, name)
                file.parent.mkdir(parents=True, exist_ok=True)
                file.write_text(content, encoding="utf-8")
            return find_faults(pathlib.Path(folder), table)

    def test_a_sound_house_has_no_faults(self):
        self.assertEqual(self.faults({}), [])

    def test_an_arrow_up(self):
        self.assertEqual(self.faults({"src/middle/b.h": '\n#include "top/a.h"\n'}),
                         ["src/middle/b.h:2: includes src/top/a.h of a floor above middle/"])
        self.assertEqual(self.faults({"src/base/c.cc": '#  include "middle/b.h"\n'}),
                         ["src/base/c.cc:1: includes src/middle/b.h of a floor above base/"])
        self.assertEqual(self.faults({"include/x/version.h": '#include "base/c.h"\n'}),
                         ["include/x/version.h:1: includes src/base/c.h of a floor above include/"])

    def test_torch_below_its_line(self):
        self.assertEqual(self.faults({"src/base/c.h": "#include <ATen/ATen.h>\n"}),
                         ["src/base/c.h > ATen/ATen.h: base/ is below the torch line"])
        self.assertEqual(self.faults({"src/base/d.cc": '#include "base/c.h"\n', "src/base/c.h": '#include "e.h"\n',
                                      "src/base/e.h": "#include <c10/core/Device.h>\n"}),
                         ["src/base/c.h > src/base/e.h > c10/core/Device.h: base/ is below the torch line",
                          "src/base/d.cc > src/base/c.h > src/base/e.h > c10/core/Device.h: "
                          "base/ is below the torch line",
                          "src/base/e.h > c10/core/Device.h: base/ is below the torch line"])

    def test_folders_and_table_agree(self):
        self.assertEqual(self.faults({"src/cellar/d.cc": ""}), ["cellar/ is a folder without a row in the table of floors"])
        self.assertEqual(self.faults({}, self.TABLE + "| `cellar/` | |\n"),
                         ["cellar/ is in the table of floors and nowhere else"])
        for table in ("| `top/` | |\n", self.TABLE + "| `top/` | |\n"):
            with self.subTest(table), self.assertRaises(ValueError):
                read_floors(table)


if __name__ == "__main__":
    unittest.main()
