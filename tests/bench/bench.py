"""What the benchmarks of this folder share: the machine's name, estimates with intervals, the files of a data set."""
import csv
import math
import pathlib
import platform
import statistics
import subprocess

ROOT = pathlib.Path(__file__).resolve().parents[2]
# Two-sided 95 % quantiles of Student's t by degrees of freedom.
T95 = {1: 12.706, 2: 4.303, 3: 3.182, 4: 2.776, 5: 2.571, 6: 2.447, 7: 2.365, 8: 2.306, 9: 2.262, 10: 2.228, 11: 2.201, 12: 2.179,
       13: 2.160, 14: 2.145}


def cpu():
    """The model of the processor, with the instruction sets that count for speed."""
    name, flags = platform.machine(), set()
    for line in pathlib.Path("/proc/cpuinfo").read_text().splitlines():
        if line.startswith("model name"):
            name = line.split(":", 1)[1].strip()
        if line.startswith("flags"):
            flags = set(line.split())
    return " ".join([name, *(flag for flag in ("avx2", "avx512f", "avx512_vnni", "avx512_bf16", "amx_int8") if flag in flags)])


def run(command, **options):
    """Returns the standard output of a command; ends the program when it fails."""
    done = subprocess.run([str(part) for part in command], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, **options)
    if done.returncode != 0:
        raise SystemExit(f"{command[0]} ended with {done.returncode}: {done.stderr.strip()[-2000:]}")
    return done.stdout


def estimate(values):
    """Mean and half the 95 % confidence interval."""
    half = T95[len(values) - 1] * statistics.stdev(values) / math.sqrt(len(values)) if len(values) > 1 else math.nan
    return statistics.fmean(values), half


def difference(a, b):
    """Mean of `a` less that of `b`, which are not pairs, and half the 95 % confidence interval (Welch)."""
    if min(len(a), len(b)) < 2:
        return statistics.fmean(a) - statistics.fmean(b), math.nan
    u, v = statistics.variance(a) / len(a), statistics.variance(b) / len(b)
    if u + v == 0:
        return statistics.fmean(a) - statistics.fmean(b), 0
    freedom = (u + v) ** 2 / (u ** 2 / (len(a) - 1) + v ** 2 / (len(b) - 1))
    return statistics.fmean(a) - statistics.fmean(b), T95[min(max(T95), int(freedom))] * math.sqrt(u + v)


def read_rows(path):
    """[(text, label)] of a CSV file."""
    with open(path, encoding="utf-8", newline="") as file:
        return [(row["text"], row["label"]) for row in csv.DictReader(file)]


def write_rows(path, rows):
    path.parent.mkdir(parents=True, exist_ok=True)
    with open(path, "w", encoding="utf-8", newline="") as file:
        csv.writer(file, lineterminator="\n").writerows([("text", "label"), *rows])


def read_results(path):
    """The rows of a CSV file of results; none where it is not there yet."""
    if not path.exists():
        return []
    with open(path, encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))
