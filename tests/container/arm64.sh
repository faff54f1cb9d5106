#!/usr/bin/env bash
# What is committed here, cross-compiled for arm64 in a bare Debian 12, and its tests under qemu. As root, with debootstrap:
#   tests/container/arm64.sh WORK
# WORK keeps the system with its packages and the build. qemu has no SVE2 here, so the kernels run as on a CPU with NEON alone.
set -euo pipefail
here=$(cd -- "$(dirname -- "${BASH_SOURCE[0]}")" && pwd)
source "$here/base.sh"
root=$(cd -- "$here/../.." && pwd)
work=$(mkdir -p "$1" && cd "$1" && pwd)
source "$root/.versions"

MTNLP_MACHINE=aarch64 "$root/run" setup
libtorch=${XDG_CACHE_HOME:-$HOME/.cache}/mtnlp/libtorch-$TORCH_VERSION-${TORCH_SHA256_AARCH64:0:8}
bare_debian "$work/debian"
bare=$work/arm64
mounts=()
trap 'for mounted in "${mounts[@]}"; do umount "$mounted" 2>/dev/null || true; done' EXIT
# attach PATH INSIDE: what this machine has at PATH.
attach() { mkdir -p "$bare$2"; mount --bind "$1" "$bare$2"; mounts=("$bare$2" "${mounts[@]}"); }

[ -d "$bare" ] || cp -a "$work/debian" "$bare"
cp -L /etc/resolv.conf /etc/hosts "$bare/etc/"
attach /proc /proc
attach /dev /dev
libraries=$(awk '$1 == "build" || $1 == "test" {print $2}' <<<"$DEBIAN_PACKAGES" | grep -- -dev | grep -v 'cli11\|nlohmann\|toml' | sed 's/$/:arm64/')
if [ ! -e "$bare/installed" ]; then
  inside dpkg --add-architecture arm64
  inside apt-get update -qq
  # shellcheck disable=SC2086  # one word per package
  inside DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends g++-aarch64-linux-gnu cmake ninja-build ccache \
    qemu-user-static python3 libcli11-dev nlohmann-json3-dev libtomlplusplus-dev $libraries >/dev/null
  touch "$bare/installed"
fi
rm -rf "$bare/root/mtnlp"
git clone --quiet "$root" "$bare/root/mtnlp"
attach "$libtorch" /root/libtorch
attach "$root/models/minilm-l6" /root/mtnlp/models/minilm-l6

in_clone() { inside sh -ec "cd /root/mtnlp && $1"; }
build() {
  in_clone "cmake -S . --preset release -B /root/build --toolchain tests/container/arm64.cmake -DTorch_DIR=/root/libtorch/share/cmake/Torch &&
    cmake --build /root/build --parallel $(nproc)"
}
check "it is built for arm64, with libtorch" build >"$work/arm64-build.log"
emulated() { in_clone "OMP_WAIT_POLICY=PASSIVE qemu-aarch64-static $1"; }
check "the tests of files, texts and tokenizers pass" emulated "/root/build/tests/core_tests --gtest_brief=1"
check "the tests of kernels and engine pass" emulated "/root/build/tests/model_tests --gtest_brief=1 \
  --gtest_filter='*Linear*:*Quantize*:*Engine*:*Ops*:*Attention*:*Dropout*:*Pooling*'"
answers() { [ "$(emulated "/root/build/mtnlp --version")" = "$("$root/build/release/mtnlp" --version)" ]; }
check "the executable starts" answers
echo "all $checks checks passed"
