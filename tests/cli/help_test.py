"""Help, shell completion and the manual page: all made from the definition of the command line."""

import os
import pty
import re
import shutil
import subprocess
import threading
import time
import unittest

from support import TESTS, CliTest

VERBS = ("train", "distill", "sweep", "adapt", "vocabulary", "eval", "compare", "predict", "embed", "tokenize", "quantize", "data check", "data split", "data suspects",
         "report", "info", "completion", "man", "chart")


def read_all(terminal):
    """Until the other end is closed, so that it never waits for room."""
    try:
        while os.read(terminal, 65536):
            pass
    except OSError:
        pass


class Help(CliTest):
    def options(self, verb):
        return set(re.findall(r"(?m)^  (?:-\w, )?(--[a-z-]+)", self.run_ok(*verb.split(), "--help").stdout))

    def test_options_are_grouped_with_defaults_and_ranges(self):
        shown = self.run_ok("train", "--help").stdout
        headings = re.findall(r"(?m)^(\w+):$", shown)
        self.assertEqual(headings, ["Data", "Model", "Training", "Machine", "Output", "Options"])
        flat = re.sub(r"\s+", " ", shown)
        self.assertRegex(flat, r"--epochs N .*? \(1 to 10000\) \[3\]")
        self.assertRegex(flat, r"--pooling mean\|cls\|max\|attention\|attention:H .*? numbers \[the model folder's, else mean\]")
        self.assertRegex(flat, r"--warmup N .*? from 0 \(0 to below 1\) \[0.1\]")
        self.assertIn("--task NAME=FILE", flat)
        self.assertIn("[models/minilm-l6]", flat)
        self.assertLessEqual(max(map(len, shown.splitlines())), 100)

    def test_every_verb_has_help(self):
        root = self.run_ok("--help").stdout
        self.assertEqual(set(re.findall(r"(?m)^  ([a-z]+) ", root)), {verb.split()[0] for verb in VERBS})
        for verb in VERBS:
            with self.subTest(verb):
                self.assertIn(verb.split()[0], root)
                shown = self.run_ok(*verb.split(), "--help").stdout
                self.assertIn(f"Usage: mtnlp {verb}", shown)
                self.assertNotIn("TEXT", shown)
                self.assertNotIn("UINT", shown)

    def complete(self, *words):
        """What bash offers for the last of `words`."""
        script = self.folder / "mtnlp.bash"
        script.write_text(self.run_ok("completion", "bash").stdout)
        quoted = " ".join(f"'{word}'" for word in words)
        result = subprocess.run(
            ["bash", "-c", f"source {script}; COMP_WORDS=({quoted}); COMP_CWORD={len(words) - 1}; _mtnlp; "
             'printf "%s\\n" "${COMPREPLY[@]}"; complete -p mtnlp'], capture_output=True, text=True, check=True)
        self.assertEqual(result.stderr, "")
        *offered, registered = result.stdout.splitlines()
        self.assertIn("-F _mtnlp mtnlp", registered)
        return [word for word in offered if word]

    def test_bash_completion(self):
        script = self.run_ok("completion", "bash").stdout
        self.assertEqual(subprocess.run(["bash", "-n"], input=script, text=True, capture_output=True, check=True).stderr, "")
        self.assertEqual(self.complete("mtnlp", "tr"), ["train"])
        self.assertEqual(self.complete("mtnlp", ""), ["train", "distill", "sweep", "adapt", "vocabulary", "eval", "compare", "predict", "embed", "tokenize",
                                                      "quantize", "data", "report", "info", "completion", "man", "chart"])
        self.assertEqual(self.complete("mtnlp", "--quiet", "data", "c"), ["check"])
        self.assertEqual(self.complete("mtnlp", "data", "split", "--ou"), ["--out"])
        self.assertEqual(self.complete("mtnlp", "train", "--pooling", ""), ["mean", "cls", "max", "attention"])
        self.assertEqual(self.complete("mtnlp", "eval", "run", "--part", "te"), ["test"])
        self.assertEqual(self.complete("mtnlp", "--log-level", "w"), ["warning"])
        self.assertEqual(self.complete("mtnlp", "completion", "b"), ["bash"])
        self.assertEqual(self.complete("mtnlp", "predict", "run", "lin"), [])  # files, by bash itself
        for verb in VERBS:
            with self.subTest(verb):
                self.assertEqual(set(self.complete("mtnlp", *verb.split(), "--")), self.options(verb))

    @unittest.skipUnless(shutil.which("zsh"), "no zsh here")
    def test_zsh_completion(self):
        script = self.folder / "_mtnlp"
        script.write_text(self.run_ok("completion", "zsh").stdout)
        subprocess.run(["zsh", "-n", script], check=True)
        # zsh completes only in its line editor: one on a pseudo terminal, whose line Control-T writes to a file.
        answers = self.folder / "answers"
        (self.folder / ".zshrc").write_text(f"""
unsetopt zle_bracketed_paste
fpath=({self.folder} $fpath)
autoload -U compinit && compinit -u -D
tell() {{ print -r -- "$BUFFER" >> {answers}; BUFFER= }}
zle -N tell
bindkey '^T' tell
""")
        leader, follower = pty.openpty()
        shell = subprocess.Popen(["zsh", "-i"], stdin=follower, stdout=follower, stderr=follower, start_new_session=True,
                                 env={**os.environ, "ZDOTDIR": str(self.folder), "HOME": str(self.folder), "TERM": "dumb"})
        os.close(follower)
        lines = {"mtnlp trai": "mtnlp train", "mtnlp train --epo": "mtnlp train --epochs", "mtnlp data spl": "mtnlp data split",
                 "mtnlp data split --grou": "mtnlp data split --group-column", "mtnlp --quiet comple": "mtnlp --quiet completion",
                 "mtnlp train --pooling me": "mtnlp train --pooling mean", "mtnlp completion z": "mtnlp completion zsh"}
        for line in lines:
            os.write(leader, f"{line}\t\x14".encode())
        reader = threading.Thread(target=read_all, args=(leader,))
        reader.start()
        for _ in range(300):
            time.sleep(0.1)
            if answers.exists() and answers.read_text().count("\n") >= len(lines):
                break
        os.write(leader, b"exit\r")
        shell.wait(timeout=60)
        reader.join(timeout=60)
        os.close(leader)
        self.assertEqual([line.strip() for line in answers.read_text().splitlines()], list(lines.values()))

    def test_manual_page(self):
        page = self.run_ok("man").stdout
        self.assertTrue(page.startswith(".TH MTNLP 1"))
        for verb in VERBS:
            self.assertIn(f".SS mtnlp {verb}\n", page)
        if shutil.which("groff"):
            result = subprocess.run(["groff", "-man", "-Tutf8", "-ww", "-rLL=100n"], input=page, text=True, capture_output=True,
                                    check=True)
            self.assertEqual(result.stderr, "")
            plain = re.sub(r"\x1b\[\d*m|.\x08", "", result.stdout)
            for option in set().union(*map(self.options, VERBS)):
                self.assertIn(option, plain)
            self.assertIn("Passes over the training rows (1 to 10000) [3]", plain)

    def test_the_page_does_not_depend_on_the_machine(self):
        page = self.run_ok("man").stdout
        self.assertNotRegex(page, r"CPUs that this process may use\] *\[")
        self.assertIn("it is computed again (0 to 1000000000) [a quarter of the memory]", page)

    def test_the_page_of_all_options_is_the_one_in_docs(self):
        page = self.run_ok("man", "--markdown").stdout
        self.assertEqual(page, (TESTS.parent / "docs/options.md").read_text(), "run mtnlp man --markdown >docs/options.md")
        for verb in VERBS:
            section = re.search(rf"(?ms)^## mtnlp {verb}\n(.*?)(?=^## |\Z)", page)[1]
            self.assertEqual(set(re.findall(r"(?m)^\| `(--[a-z-]+)", section)), self.options(verb) - {"--help"}, verb)
        self.assertNotIn("--markdown", page.split("\n## ", 1)[1] + self.run_ok("man", "--help").stdout)  # is hidden

    def test_options_that_a_resumed_run_may_change_are_said_once(self):
        page = self.run_ok("man", "--markdown").stdout
        free = re.findall(r"(?m)^\| `(--[a-z-]+)`.* \| free \| ", page)
        of_train, of_adapt = ["--threads", "--device", "--cache-mb", "--save-every"], ["--threads", "--device", "--out", "--save-every"]
        self.assertEqual(free, 2 * of_train + of_adapt)
        for verb, options in (("train", of_train), ("distill", of_train), ("adapt", of_adapt)):
            self.assertIn(f"only {', '.join(options)} may change", re.sub(r"\s+", " ", self.run_ok(verb, "--help").stdout))


if __name__ == "__main__":
    unittest.main()
