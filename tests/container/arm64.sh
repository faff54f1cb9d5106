#!/usr/bin/env bash
# What is committed here, cross-compiled for arm64 in a bare Debian 12, and its tests under qemu. As root, with debootstrap:
#   tests/container/arm64.sh WORK LIBTORCH
# WORK keeps the system with its packages and the build, LIBTORCH is what ./run long unpacks from ARM64_WHEELS of .versions. The
# emulated CPU has no SVE: with it libtorch's own products are wrong under qemu 7.2; ours are NEON alone.
set -euo pipefail
here=$(cd -- "$(dirname -- "${BASH_SOURCE[0]}")" && pwd)
source "$here/base.sh"
root=$(cd -- "$here/../.." && pwd)
work=$(mkdir -p "$1" && cd "$1" && pwd)
libtorch=$(cd "$2" && pwd)
source "$root/.versions"

bare_debian "$work/debian"
bare=$work/arm64
trap 'umount "$bare/proc" 2>/dev/null || true' EXIT
[ -d "$bare" ] || cp -a "$work/debian" "$bare"
cp -L /etc/resolv.conf /etc/hosts "$bare/etc/"
mount -t proc proc "$bare/proc"  # devices are those that debootstrap made

# What is compiled against has the architecture arm64, what compiles that of this machine.
install_packages() {
  local compiled
  compiled=$(awk '($1 == "build" || $1 == "test") && /-dev/ && !/cli11|nlohmann|toml/ {print $2 ":arm64"}' <<<"$DEBIAN_PACKAGES")
  inside dpkg --add-architecture arm64
  inside apt-get update -qq
  # shellcheck disable=SC2086  # one word per package
  inside DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends g++-aarch64-linux-gnu cmake ninja-build ccache \
    python3 qemu-user-static libcli11-dev nlohmann-json3-dev libtomlplusplus-dev $compiled >"$work/arm64-packages.log"
}
if [ ! -e "$bare/installed" ]; then
  install_packages
  touch "$bare/installed"
fi
rm -rf "$bare/root/libtorch" "$bare/root/mtnlp"
cp -a "$libtorch" "$bare/root/libtorch"
install -D "$here/arm64/TorchConfig.cmake" "$bare/root/libtorch/share/cmake/Torch/TorchConfig.cmake"
git clone --quiet "$root" "$bare/root/mtnlp"
cp -r "$root/models/minilm-l6" "$bare/root/mtnlp/models/"

# in_clone COMMAND: threads that wait must not spin, for emulated code is slow enough.
in_clone() { inside OMP_WAIT_POLICY=PASSIVE bash -ec "cd /root/mtnlp && $1"; }
build() {
  in_clone "cmake -S . --preset release -B /root/build --toolchain tests/container/arm64/toolchain.cmake \
      -DTorch_DIR=/root/libtorch/share/cmake/Torch &&
    cmake --build /root/build --parallel $(nproc) --target mtnlp mtnlp_api mtnlp_api_train core_tests model_tests" >"$work/arm64-build.log" ||
    { tail -50 "$work/arm64-build.log"; return 1; }
}
emulator="qemu-aarch64-static -cpu max,sve=off"
emulated() { in_clone "$emulator /root/build/$1"; }
check "it is built for arm64, with libtorch" build
# Without the tests that start the program again, which qemu cannot.
check "the tests of files, texts and tokenizers pass" emulated "tests/core_tests --gtest_brief=1 --gtest_filter=-Signals.*"
check "the engine gives what transformers gives, in fp32 and in 8 bits" emulated "tests/model_tests --gtest_brief=1 \
  --gtest_filter=DefaultEncoder.EngineEqualsTransformers:OddSizes.*"
check "the kernels of attention do what libtorch does, forward and backward" emulated "tests/model_tests --gtest_brief=1 --gtest_filter=Attention.*"
# embeddings COMMAND...: what mtnlp makes of some texts, in fp32.
embeddings() {
  printf 'The striker scored twice.\nA na\303\257ve caf\303\251, 3 \302\265m off\nnot bad at all\n' |
    "$@" embed models/minilm-l6 - --precision fp32 --quiet --out -
}
agree() {
  (cd "$root" && embeddings build/release/mtnlp) >"$work/here.csv" || return 1
  embeddings chroot "$bare" /bin/sh -c 'cd /root/mtnlp && exec '"$emulator"' /root/build/mtnlp "$@"' mtnlp >"$work/arm64.csv" || return 1
  python3 - "$work/here.csv" "$work/arm64.csv" <<'END'
import csv, sys
here, there = ([[float(cell) for cell in row] for row in csv.reader(open(file))] for file in sys.argv[1:])
assert len(here) == len(there) == 3 and {len(row) for row in here + there} == {384}
worst = max(abs(a - b) for own, other in zip(here, there) for a, b in zip(own, other))
print(f"embeddings of both machines differ by {worst:.1e} at most")
sys.exit(worst > 1e-5)
END
}
check "embeddings are those of this machine" agree
train() {
  "$@" train --encoder tests/golden/encoders/tiny-distilbert --limit topic=40 --limit sentiment=40 --max-length 32 --epochs 2 --threads 1 \
    --precision fp32 --overwrite --quiet --out "$run"
}
trains_alike() {
  (cd "$root" && run=$work/here train build/release/mtnlp) >"$work/arm64-train.log" 2>&1 || return 1
  in_clone "$(declare -f train); run=/root/run; train $emulator /root/build/mtnlp-train" >>"$work/arm64-train.log" 2>&1 ||
    { tail -5 "$work/arm64-train.log"; return 1; }
  python3 - "$work/here/metrics.csv" "$bare/root/run/metrics.csv" <<'END'
import csv, sys
here, there = (list(csv.DictReader(open(file))) for file in sys.argv[1:])
for own, other in zip(here, there, strict=True):
    for name in own:
        if name.endswith("_loss"):
            print(f"epoch {own['epoch']} {name}: {own[name]} here, {other[name]} there")
            assert abs(float(own[name]) - float(other[name])) < 1e-3, name
END
}
check "it trains alike" trains_alike
echo "all $checks checks passed"
