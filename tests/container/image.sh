#!/usr/bin/env bash
# The container image from nothing, and what README.md promises of it. As root, with podman, runc and debootstrap:
#   tests/container/image.sh WORK [WHEELS]
# WORK keeps the base system and the image between calls, and needs 40 GB: the vfs driver copies every layer. WHEELS is a
# folder with the two wheels of .versions.
set -euo pipefail
here=$(cd -- "$(dirname -- "${BASH_SOURCE[0]}")" && pwd)
source "$here/base.sh"
root=$(cd -- "$here/../.." && pwd)
work=$(mkdir -p "$1" && cd "$1" && pwd)
wheels=${2:-}

podman() { command podman --root "$work/storage" --runroot "$work/run" --storage-driver vfs "$@"; }
image=mtnlp
# run [podman options] -- [mtnlp arguments]: in a container of $image.
run() {
  local options=()
  while [ "$1" != -- ]; do options+=("$1"); shift; done
  podman --runtime runc run --rm --ulimit nofile=1024:1024 --ulimit nproc=1000:1000 "${options[@]}" "$image" "${@:2}"
}

base=docker.io/library/debian:bookworm-slim
podman image exists $base || podman pull -q $base || {
  bare_debian "$work/debian"
  tar -C "$work/debian" -c . | podman import - $base
}

# The files that git knows, as they are now; so that wheels can lie among them.
context=$work/context
rm -rf "$context"
mkdir -p "$context/wheels"
(cd "$root" && git ls-files -z | xargs -0 cp --parents -t "$context")
arguments=()
if [ -n "$wheels" ]; then
  cp "$wheels"/*.whl "$context/wheels"
  arguments=(--build-arg WHEELS=wheels)
fi
# build NAME [podman options]
build() { podman build --isolation=chroot --network=host --layers "${arguments[@]}" -t "$@" "$context" 2>&1 | tee "$work/build.log"; }
build mtnlp
size=$(podman image inspect mtnlp --format '{{.Size}}')
check "the image has $((size / 1000000)) MB, under 800" [ "$size" -lt 800000000 ]

check "nobody is root in it" [ "$(podman image inspect mtnlp --format '{{.User}}')" = mtnlp ]
check "no compiler, Python or curl in it" \
  run --network=host --entrypoint sh -- -c '! command -v g++ cmake python3 pip curl'
check "licences are in it" \
  run --network=host --entrypoint sh -- -c 'ls /usr/local/share/doc/mtnlp/licenses/libtorch/LICENSE /usr/local/share/doc/mtnlp/LICENSE'

mount=$work/mount
rm -rf "$mount"
mkdir "$mount"
chown 1000:1000 "$mount"
small=(train --limit topic=80 --limit sentiment=80 --epochs 1 --out runs/demo)
check "it trains on the embedded data" run --network=host --
check "it trains onto a mount, without network" run --network=none -v "$mount:/data" -- "${small[@]}"
check "files on the mount are the user's" [ "$(stat -c %u:%g "$mount/runs/demo/test.json")" = 1000:1000 ]
check "it evaluates a run on a mount" run --network=none -v "$mount:/data" -- eval runs/demo
echo "The striker scored twice." >"$mount/lines.txt"
check "it predicts on a mount" run --network=none -v "$mount:/data" -- predict runs/demo lines.txt --out guess.csv
check "... into a file" [ -s "$mount/guess.csv" ]
check "with a read-only root" run --network=none --read-only --read-only-tmpfs=false -v "$mount:/data" -- "${small[@]}" --overwrite

chown -R 4321:4321 "$mount"
check "as another user by --user" run --network=none --user 4321:4321 -v "$mount:/data" -- "${small[@]}" --overwrite
check "... whose files they are" [ "$(stat -c %u:%g "$mount/runs/demo/test.json")" = 4321:4321 ]
chmod 755 "$mount" "$mount/runs"
wrong_user() {
  local code=0
  run --network=none -v "$mount:/data" -- "${small[@]}" --overwrite 2>"$work/error" || code=$?
  cat "$work/error"
  [ "$code" = 1 ] && [ "$(grep -c . "$work/error")" = 1 ]
}
check "the wrong user gets one line and exit code 1" wrong_user

build mtnlp-infer --target infer
size=$(podman image inspect mtnlp-infer --format '{{.Size}}')
check "the image of inference has $((size / 1000000)) MB, under 60" [ "$size" -lt 60000000 ]
image=mtnlp-infer
check "it predicts as the other does" \
  cmp "$mount/guess.csv" <(run --network=none --user 4321:4321 -v "$mount:/data" -- predict runs/demo lines.txt)

echo "// a change of $(date)" >>"$context/src/main.cc"
build mtnlp >/dev/null
check "a change of a source fetches nothing" bash -c '! grep -q "run: \(downloading\|installing\)" "$1"' - "$work/build.log"
check "... but builds again" grep -q "Building CXX object CMakeFiles/mtnlp.dir/" "$work/build.log"
echo "all $checks checks passed"
