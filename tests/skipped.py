"""Prints the tests that the last run of ctest skipped, with the reason of each, out of its log.

    tests/skipped.py build/release/Testing/Temporary/LastTest.log

Fails when a test lacked what `./run fetch` brings."""

import re
import sys


def skipped(log):
    """(test, reason) for each that googletest or unittest skipped."""
    for test in re.split(r"^\d+/\d+ Testing: ", log, flags=re.M)[1:]:
        name, _, output = test.partition("\n")
        for reason in re.findall(r"^\S+:\d+: Skipped\n(.*)", output, re.M):  # googletest
            yield name, reason
        case = ""
        for line in output.split("\n"):  # unittest -v; a test with a docstring has two lines
            case = re.sub(r" \(.*", "", line) if re.match(r"(test_|setUp)\w+ \(", line) else case
            if found := re.search(r"\.\.\. skipped (['\"])(.*)\1$", line):
                yield f"{name} {case}", found[2]


def main(log):
    with open(log, encoding="utf-8", errors="replace") as file:
        found = list(skipped(file.read()))
    for name, reason in found:
        print(f"run: skipped {name}: {reason}", file=sys.stderr)
    lacking = [name for name, reason in found if "./run fetch" in reason]
    if lacking:
        print(f"run: {len(lacking)} tests lack what ./run fetch brings", file=sys.stderr)
    return 1 if lacking else 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
