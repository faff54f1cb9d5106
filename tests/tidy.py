"""Runs clang-tidy over src, as ./run check does:

    tests/tidy.py BUILD CLANG_TIDY [OPTION...]

BUILD is a configured folder of the preset tidy, which compiles several sources as one: the headers of libtorch take 20 s
to read, so they are read once for 16 sources. The static analyzer looks only at functions of the main file; therefore
such a file is replaced by one that holds the text of its sources. Complaints name the place in the source.
"""

import concurrent.futures
import json
import os
import pathlib
import re
import subprocess
import sys


class Joined:
    """A file of BUILD/joined that holds the text of the sources that `unity` includes."""

    def __init__(self, unity, folder):
        self.path = folder / f"{unity.parent.parent.stem}_{unity.stem}.cc"
        self.starts = []  # (first line, source), in order
        lines = []
        for source in re.findall(r'^#include "(.+\.cc)"$', unity.read_text(), re.M):
            self.starts.append((len(lines) + 1, source))
            lines += pathlib.Path(source).read_text().split("\n")
        self.path.write_text("\n".join(lines))

    def name_sources(self, output):
        """The output with each place in the joined file given as one in its source."""

        def place(match):
            line = int(match[1])
            first, source = max(start for start in self.starts if start[0] <= line)
            return f"{source}:{line - first + 1}:"

        return re.sub(re.escape(str(self.path)) + r":(\d+):", place, output)


def join(build):
    """Writes BUILD/joined with its compile_commands.json; returns {file: Joined, or None for a source of its own}."""
    folder = build / "joined"
    folder.mkdir(exist_ok=True)
    commands = json.loads((build / "compile_commands.json").read_text())
    files = {}
    for entry in commands:
        file = pathlib.Path(entry["file"])
        joined = Joined(file, folder) if file.parent.name == "Unity" else None
        if joined:
            entry["command"] = entry["command"].replace(str(file), str(joined.path))
            entry["file"] = str(joined.path)
        files[pathlib.Path(entry["file"])] = joined
    (folder / "compile_commands.json").write_text(json.dumps(commands))
    return files


def check(command, file, joined):
    """What clang-tidy finds in a file; empty when that is nothing."""
    result = subprocess.run([*command, str(file)], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    if result.returncode == 0:
        return ""
    output = result.stdout + result.stderr
    return joined.name_sources(output) if joined else output


def main(build, *clang_tidy):
    build = pathlib.Path(build).resolve()
    files = join(build)
    command = [*clang_tidy, "-p", str(build / "joined")]
    # The longest first, so that none is left alone at the end.
    order = sorted(files, key=lambda file: (files[file] is None, "mtnlp_model" not in file.name, file))
    failed = False
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        for output in pool.map(lambda file: check(command, file, files[file]), order):
            print(output, end="", flush=True)
            failed = failed or bool(output)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
