# shellcheck shell=bash
# Debian 12 from nothing, for the scripts beside this one. Sourced.

# bare_debian FOLDER: a root folder with the essential packages and apt.
bare_debian() {
  [ ! -e "$1/etc/debian_version" ] || return 0
  debootstrap --variant=minbase bookworm "$1" >&2
  rm -rf "$1"/var/cache/apt/*.bin "$1"/var/cache/apt/archives/*.deb "$1"/var/lib/apt/lists/* "$1"/usr/share/{doc,man,locale}/*
}

# inside [NAME=VALUE...] COMMAND...: in the root folder $bare, with these variables alone.
inside() { chroot "$bare" /usr/bin/env -i PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin HOME=/root "$@"; }

checks=0
# check TEXT COMMAND...: the command must succeed.
check() {
  checks=$((checks + 1))
  if "${@:2}"; then echo "ok $checks: $1"; else echo "not ok $checks: $1"; exit 1; fi
}
