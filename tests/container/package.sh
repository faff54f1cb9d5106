#!/usr/bin/env bash
# The tar.gz and the .deb in a bare Debian 12, and the versions of the C and C++ libraries they need. As root, with debootstrap:
#   tests/container/package.sh WORK
# after ./run build. WORK keeps the base system and the packages.
set -euo pipefail
here=$(cd -- "$(dirname -- "${BASH_SOURCE[0]}")" && pwd)
source "$here/base.sh"
root=$(cd -- "$here/../.." && pwd)
work=$(mkdir -p "$1" && cd "$1" && pwd)

cpack --config "$root/build/release/CPackConfig.cmake" -B "$work/packages"
bare_debian "$work/debian"
bare=$work/bare
trap 'umount "$work/bare/proc" 2>/dev/null || true' EXIT  # where bare.sh makes its own
fresh() {
  umount "$bare/proc" 2>/dev/null || true
  rm -rf "$bare"
  cp -a "$work/debian" "$bare"
  mount -t proc proc "$bare/proc"
}
trains_and_predicts() {  # the executable
  inside sh -ec "rm -rf /root/work; mkdir /root/work; cd /root/work
    $1 train --limit topic=80 --limit sentiment=80 --epochs 1 --out runs/demo
    test -s runs/demo/test.json
    echo 'The striker scored twice.' | $1 predict runs/demo"
}

fresh
tar -C "$bare/opt" -xzf "$work"/packages/mtnlp-*.tar.gz
check "the tar.gz works where it is unpacked" trains_and_predicts "$(cd "$bare" && echo /opt/mtnlp-*)/bin/mtnlp"
mv "$bare"/opt/mtnlp-* "$bare/srv/elsewhere"
check "... and elsewhere" trains_and_predicts /srv/elsewhere/bin/mtnlp

# newest PREFIX: the newest version with this prefix that anything in it asks for.
newest() {
  find "$bare"/srv/elsewhere/{bin,lib} -type f \( -name '*.so*' -o -name mtnlp -o -name mtnlp-train \) -exec objdump -T {} + 2>/dev/null |
    grep -o "$1_[0-9.]*" | sed "s/$1_//" | sort -uV | tail -1
}
at_most() { [ "$(printf '%s\n%s\n' "$1" "$2" | sort -V | tail -1)" = "$2" ]; }
glibc=$(newest GLIBC) glibcxx=$(newest GLIBCXX)
check "it needs GLIBC $glibc, Ubuntu 22.04 has 2.35" at_most "$glibc" 2.35
check "it needs GLIBCXX $glibcxx, Ubuntu 22.04 has 3.4.30" at_most "$glibcxx" 3.4.30

fresh
cp "$work"/packages/mtnlp_*.deb "$bare/mtnlp.deb"
check "dpkg installs the .deb" inside dpkg --install /mtnlp.deb
check "the .deb works" trains_and_predicts mtnlp
check "mtnlp-fetch is there" inside mtnlp-fetch --help
check "... and what looks at its files" inside sh -c 'echo "{}" >/root/a.json; test -z "$(mtnlp-fetch-check /root/a.json)"'
for file in man/man1/mtnlp.1 bash-completion/completions/mtnlp zsh/vendor-completions/_mtnlp; do
  check "/usr/share/$file is there" test -s "$bare/usr/share/$file"
done
for file in include/mtnlp/model.h lib/libmtnlp.so lib/libmtnlp_train.so lib/cmake/mtnlp/mtnlp-config.cmake; do
  check "/usr/$file is there" test -s "$bare/usr/$file"
done
check "dpkg removes it" inside dpkg --remove mtnlp
check "... wholly" [ ! -e "$bare/usr/lib/mtnlp" ] && [ ! -e "$bare/usr/share/mtnlp" ]

cmake --build "$root/build/release" --target infer-package
bare=$work/empty
rm -rf "$bare"
mkdir "$bare"
package=$(ls "$root"/build/release/packages/mtnlp-infer-*.tar.gz)
tar -C "$bare" --strip-components 1 -xzf "$package"
size=$(stat -c %s "$bare/bin/mtnlp")
check "the executable of mtnlp-infer has $((size / 1000000)) MB, under 15" [ "$size" -lt 15000000 ]
echo "The striker scored twice." >"$bare/lines.txt"
check "it runs where there is nothing else" chroot "$bare" /bin/mtnlp embed /share/mtnlp/models/minilm-l6 lines.txt --out x.npy
"$root/build/release/mtnlp" embed "$bare/share/mtnlp/models/minilm-l6" "$bare/lines.txt" --out "$work/full.npy"
check "... with the answers of mtnlp" cmp "$bare/x.npy" "$work/full.npy"
echo "all $checks checks passed"
