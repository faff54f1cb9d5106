"""mtnlp report: runs as one page that needs nothing but itself."""

import html.parser
import json
import re
import shutil
import subprocess
import unittest

from support import ENCODER, CliTest, defaults, mood_rows, mtnlp, write_csv

CHROMIUM = shutil.which("chromium") or shutil.which("google-chrome")
VOID = {"meta", "br", "link"}
LOADS = {"src", "srcset", "data", "action", "poster", "background"}
HOSTILE = ("</script><script>alert(1)</script>", '"><img src=x onerror=alert(1)>', "'\"&amp;<!--", "</style></table>")


class Page(html.parser.HTMLParser):
    """Reads a page, and notes what is wrong with it: elements that are not closed, loads, scripts, addresses that lead nowhere."""

    def __init__(self, text):
        super().__init__()
        self.open, self.faults, self.ids, self.targets, self.texts, self.tags = [], [], [], [], [], []
        self.feed(text)
        self.close()
        self.faults += [f"<{tag}> is not closed" for tag in self.open]
        self.faults += [f"#{target} is not there" for target in self.targets if target not in self.ids]
        self.faults += [f"the id {name} stands twice" for name in set(self.ids) if self.ids.count(name) > 1]

    def handle_starttag(self, tag, attrs):
        names = dict(attrs)
        self.tags.append((tag, names))
        if tag in ("script", "iframe", "object", "embed", "link", "base", "form", "img"):
            self.faults.append(f"<{tag}> is there")
        for name, value in attrs:
            if name in LOADS or name.startswith("on"):
                self.faults.append(f"<{tag}> has {name}={value}")
            if name == "href" and not value.startswith("#"):
                self.faults.append(f"<{tag}> leads to {value}")
        if "id" in names:
            self.ids.append(names["id"])
        if names.get("href", "").startswith("#"):
            self.targets.append(names["href"][1:])
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag, attrs):
        self.handle_starttag(tag, attrs)
        if tag not in VOID:
            self.open.pop()

    def handle_endtag(self, tag):
        if not self.open or self.open.pop() != tag:
            self.faults.append(f"</{tag}> closes something else")

    def handle_data(self, data):
        if "style" not in self.open:
            self.texts.append(data)


def all_numbers(value):
    """Every number in a JSON value, as the page would show it."""
    if isinstance(value, dict):
        value = list(value.values())
    if isinstance(value, list):
        return set().union(*map(all_numbers, value)) if value else set()
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        return set()
    return {f"{abs(value):.4f}"}


class Report(CliTest):
    def write_rows(self, name, rows):
        return write_csv(self.folder / name, [("text", "label"), *rows])

    def train(self, name, data, *options):
        out = self.folder / name
        usual = defaults(options, {"--max-length": 16, "--threads": 2, "--epochs": 2})
        self.run_ok("train", "--encoder", ENCODER, "--task", f"mood={data}", "--out", out, *usual, *options)
        return out

    def report(self, *runs):
        """The page, what reads it, and the JSON."""
        page, data = self.folder / "report.html", self.folder / "report.json"
        self.run_ok("report", *runs, "--out", page, "--json", data, "--threads", 2)
        text = page.read_text(encoding="utf-8")
        read = Page(text)
        self.assertEqual(read.faults, [])
        self.assertNotRegex(re.sub(r'xmlns="http://www.w3.org/2000/svg"', "", text.split("</style>")[1]), r"(?i)<script|url\(|@import")
        self.assertNotRegex(text.split("</style>")[0], r"url\(|@import|https?:")
        return text, read, json.loads(data.read_text(encoding="utf-8"))

    def expect_accessible(self, read):
        levels = [int(tag[1]) for tag, _ in read.tags if re.fullmatch("h[1-6]", tag)]
        self.assertEqual(levels.count(1), 1)
        self.assertTrue(all(after <= before + 1 for before, after in zip(levels, levels[1:])), levels)
        tags = [tag for tag, _ in read.tags]
        self.assertEqual(tags.count("table"), tags.count("caption"))
        self.assertEqual([1 for tag, names in read.tags if tag == "th" and "scope" not in names], [])
        for at, (tag, names) in enumerate(read.tags):
            if tag == "svg" and "aria-hidden" not in names:
                self.assertEqual(names.get("role"), "img")
                self.assertEqual(tags[at + 1], "title")

    def test_a_run_its_numbers_and_the_command_to_repeat_it(self):
        run = self.train("run", self.write_rows("rows.csv", mood_rows(200)), "--lr", "3e-3")
        text, read, found = self.report(run)
        self.expect_accessible(read)
        (one,) = found["runs"]
        scores = json.loads((run / "test.json").read_text())["tasks"]["mood"]
        told = json.loads(self.run_ok("eval", run, "--json", "-").stdout)["tasks"]["mood"]
        self.assertGreater(sum(key.endswith("_ci95") for key in scores), 10)
        for key in scores:  # also the intervals, which a bootstrap draws
            self.assertEqual((one["tasks"]["mood"][key], told[key]), (scores[key], scores[key]), key)
        self.assertEqual(one["epochs"]["chosen"], int((run / "best").resolve().name.split("-")[1]) // 5)
        self.assertEqual(len(one["epochs"]["rows"]), 2)
        in_page = set(re.findall(r"\b\d+\.\d{4}\b", " ".join(read.texts)))
        self.assertGreater(len(in_page), 30)
        self.assertEqual(in_page - all_numbers(found), set())
        self.assertIn("prefers-color-scheme:dark", text)
        command = one["command"].split()
        self.assertIn(one["command"], html.unescape(text))
        self.assertEqual(command[:2], ["mtnlp", "train"])
        self.run_ok(*command[1:], "--out", self.folder / "again")
        self.assertEqual((self.folder / "again/metrics.csv").read_bytes(), (run / "metrics.csv").read_bytes())
        self.assertEqual((self.folder / "report.html").read_text(), self.run_ok("report", run, "--out", "-", "--threads", 2).stdout)

    def test_train_ends_with_the_line_that_makes_it(self):
        data = self.write_rows("rows.csv", mood_rows(60))
        out = self.folder / "a run"
        shown = self.run_ok("train", "--encoder", ENCODER, "--task", f"mood={data}", "--max-length", 16, "--epochs", 1, "--out", out)
        line = shown.stderr.splitlines()[-1]
        self.assertEqual(line, f"info: all about it on one page: mtnlp report '{out}' --out report.html")
        self.assertNotIn("report", self.run_ok("--quiet", "train", "--resume", out).stderr)

    def test_hostile_labels_texts_and_names(self):
        rows = [(f"{text} {HOSTILE[i % 4]} number {i}", HOSTILE[i % 4]) for i, (text, _) in enumerate(mood_rows(200))]
        run = self.train("<b>run", self.write_rows("<i>rows.csv", rows), "--lr", "1e-9")
        text, read, found = self.report(run)
        labels = [own["label"] for own in found["runs"][0]["tasks"]["mood"]["per_class"]]
        self.assertEqual(sorted(labels), sorted(HOSTILE))
        words = "".join(read.texts)
        for label in HOSTILE:
            self.assertIn(label, words)
        self.assertGreater(len(found["runs"][0]["tasks"]["mood"]["errors"]), 0)

    def test_twenty_classes_long_names_and_one_without_rows(self):
        names = [f"class {i} " + "w" * (200 if i == 3 else i) for i in range(20)]
        rows = [(f"text {i} about {i % 19}", names[i % 19]) for i in range(400)]
        rows += [(f"lonely {i}", names[19]) for i in range(3)]
        train = self.write_rows("rows.csv", rows)
        test = self.write_rows("test.csv", [row for i, row in enumerate(rows[:100]) if row[1] != names[4]])
        run = self.train("run", train, "--validation", f"mood={test}", "--test", f"mood={test}")
        text, read, found = self.report(run)
        self.expect_accessible(read)
        scores = found["runs"][0]["tasks"]["mood"]
        self.assertEqual(len(scores["per_class"]), 20)
        self.assertEqual([own["support"] for own in scores["per_class"] if own["label"] == names[4]], [0])
        self.assertIn("no rows", text)
        self.assertNotRegex(" ".join(read.texts), r"\bnan\b")
        self.assertIn("heat many", text)

    def test_three_runs_side_by_side(self):
        data = self.write_rows("rows.csv", mood_rows(300))
        runs = [self.train("learned", data, "--lr", "3e-3"), self.train("untaught", data, "--lr", "1e-9"),
                self.train("again", data, "--lr", "3e-3")]
        text, read, found = self.report(*runs)
        self.expect_accessible(read)
        pairs = {(pair["a"], pair["b"]): pair for pair in found["pairs"]}
        self.assertEqual(set(pairs), {("A", "B"), ("A", "C"), ("B", "C")})
        self.assertEqual(pairs["A", "B"]["verdict"], "worse")
        self.assertEqual(pairs["B", "C"]["verdict"], "better")
        self.assertEqual((pairs["A", "C"]["won"], pairs["A", "C"]["lost"], pairs["A", "C"]["verdict"]), (0, 0, "open"))
        compared = json.loads(self.run_ok("compare", runs[0], runs[1], "--json", "-", "--threads", 2).stdout)["tasks"]["mood"]
        for key in ("rows", "won", "lost", "p", "figures"):
            self.assertEqual(pairs["A", "B"][key], compared[key])
        self.assertGreaterEqual(pairs["A", "B"]["p_corrected"], pairs["A", "B"]["p"])
        self.assertIn("A is better", text)

    def test_a_sweep(self):
        data = self.write_rows("rows.csv", mood_rows(120))
        sweep = self.folder / "sweep"
        shown = self.run_ok("sweep", "--encoder", ENCODER, "--task", f"mood={data}", "--max-length", 16, "--epochs", 1, "--grid", "lr=3e-3;1e-9",
                            "--seeds", 1, "--jobs", 1, "--out", sweep)
        self.assertIn(f"mtnlp report {sweep} --out report.html", shown.stderr)
        text, _, found = self.report(sweep)
        self.assertEqual({run["setting"] for run in found["runs"]}, {"lr=3e-3", "lr=1e-9"})
        self.assertEqual(len(found["sweeps"][0]["settings"]), 2)
        self.assertIn(found["sweeps"][0]["verdict"], html.unescape(text))

    def test_a_large_run_stays_small(self):
        rows = [(f"{text} and more words about it {i}", f"class {i % 12}") for i, (text, _) in enumerate(mood_rows(12000))]
        run = self.train("run", self.write_rows("rows.csv", rows), "--limit", "mood=12000", "--freeze", "backbone", "--epochs", 1)
        text, _, _ = self.report(run)
        self.assertLess(len(text.encode()), 2_000_000)

    def test_bad_input_is_one_line(self):
        run = self.train("run", self.write_rows("rows.csv", mood_rows(60)))
        page = self.folder / "report.html"
        self.assert_refused(mtnlp("report"), "RUN")
        self.assert_refused(mtnlp("report", self.folder / "none", "--out", page), "none")
        self.assert_refused(mtnlp("report", ENCODER, "--out", page), "is not a run folder")
        checkpoint = self.folder / "checkpoint"
        shutil.copytree((run / "best").resolve(), checkpoint)
        self.assert_refused(mtnlp("report", checkpoint, "--out", page), "is not a run folder")
        self.assert_refused(mtnlp("report", run, "--out", page, "--json", page), "--out and --json name one file")
        self.assert_refused(mtnlp("report", run, "--out", run / "test.json"), "test.json")
        self.assert_refused(mtnlp("report", run, "--out", page, "--json", run / "split.csv"), "split.csv")
        self.assert_refused(mtnlp("report", *[run] * 27, "--out", page), "at most 26", "27")
        (self.folder / "sweep.json").write_text("{}")
        self.assert_refused(mtnlp("report", self.folder, "--out", page), "version")
        with open(self.folder / "rows.csv", "a", encoding="utf-8") as file:
            file.write("more,up\n")
        self.assert_refused(mtnlp("report", run, "--out", page), "rows.csv", "changed")
        self.assertFalse(page.exists())

    @unittest.skipUnless(CHROMIUM, "no chromium here")
    def test_a_browser_finds_nothing_wrong_and_nothing_overflows(self):
        names = [f"label {i} " + "w" * (90 if i == 3 else 1) for i in range(12)]
        rows = [(f"text {i} {HOSTILE[i % 4]} {'v' * 300 if i % 9 == 0 else ''}", names[i % 12]) for i in range(240)]
        run = self.train("run", self.write_rows("rows.csv", rows))
        self.report(run, run / "last")
        # What the page needs beyond 360 pixels is told by a title; a frame makes it narrower than a window may be.
        frame = self.folder / "frame.html"
        frame.write_text("""<!doctype html><title>none</title><iframe id="f" src="report.html" style="width:360px;height:800px"></iframe>
<script>f.onload = () => { const page = f.contentDocument, root = page.documentElement;
for (const one of page.querySelectorAll("details")) one.open = true;
document.title = root.scrollWidth - root.clientWidth + " " + getComputedStyle(page.body).backgroundColor; }</script>""")
        for theme, page_colour in ((1, "rgb(255, 255, 255)"), (0, "rgb(20, 23, 27)")):
            result = subprocess.run(
                [CHROMIUM, "--headless", "--no-sandbox", "--disable-gpu", "--allow-file-access-from-files", "--enable-logging=stderr",
                 f"--blink-settings=preferredColorScheme={theme}", f"--user-data-dir={self.folder / 'browser'}", "--dump-dom",
                 "--virtual-time-budget=5000", frame.as_uri()], capture_output=True, text=True, timeout=120, check=True)
            self.assertNotIn("CONSOLE", result.stderr)
            self.assertIn(f"<title>0 {page_colour}</title>", result.stdout)


if __name__ == "__main__":
    unittest.main()
