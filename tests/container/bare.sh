#!/usr/bin/env bash
# The two commands of README.md on a bare Debian 12, timed: what is committed here, in a root with nothing installed. As
# root, with debootstrap:
#   tests/container/bare.sh WORK
# WORK keeps the base system. Folders that this machine's configuration of pip names are visible inside.
set -euo pipefail
here=$(cd -- "$(dirname -- "${BASH_SOURCE[0]}")" && pwd)
source "$here/base.sh"
root=$(cd -- "$here/../.." && pwd)
work=$(mkdir -p "$1" && cd "$1" && pwd)

bare=$work/bare
mounts=()
# attach PATH MOUNT-OPTION...: what this machine has at PATH, inside.
attach() {
  mkdir -p "$bare$1"
  mount "${@:2}" "$1" "$bare$1"
  mounts=("$bare$1" "${mounts[@]}")
}
detach() { for mounted in "${mounts[@]}"; do umount "$mounted" 2>/dev/null || umount -l "$mounted"; done; mounts=(); }
trap detach EXIT

bare_debian "$work/debian"
rm -rf --one-file-system "$bare"
cp -a "$work/debian" "$bare"
attach /proc -t proc
attach /dev --bind
attach /dev/pts --bind
while read -r folder; do
  [ ! -d "$folder" ] || attach "$folder" --bind -o ro
done < <(python3 -m pip config list | grep -o "/[^' ]*" | sed 's,^//*,/,; s,/simple$,,' | sort -u)
for file in /etc/resolv.conf /etc/hosts /etc/pip.conf /etc/xdg/pip; do
  [ ! -e "$file" ] || { mkdir -p "$bare${file%/*}"; cp -rL "$file" "$bare${file%/*}/"; }
done
# A network that puts its own certificate in front of pip's index has it among this machine's.
cp -L /etc/ssl/certs/ca-certificates.crt "$bare/etc/machine-certificates.crt"
git clone --quiet "$root" "$bare/root/mtnlp"

# in_clone COMMAND: in the clone, with this machine's settings of pip.
in_clone() {
  # shellcheck disable=SC2046  # one word per variable
  inside $(env | grep '^PIP_' || true) PIP_CERT=/etc/machine-certificates.crt sh -ec "cd /root/mtnlp && $1"
}
# timed COMMAND: its output goes to WORK/COMMAND.log.
timed() {
  local start=$SECONDS log=$work/${1//[!a-z]/-}.log
  in_clone "$1" >"$log" 2>&1 || { tail -50 "$log"; return 1; }
  echo "$1: $((SECONDS - start)) s"
}
check "./run test passes on a bare machine" timed "./run test"
grep "tests passed" "$work"/--run-test.log
check "./run train trains there" timed "./run train"
sed -n '/^test part/,$p' "$work"/--run-train.log
start=$(date +%s%N)
in_clone "./run build" >/dev/null 2>&1
echo "a second ./run build: $((($(date +%s%N) - start) / 1000000)) ms"
echo "all $checks checks passed"
