#!/bin/sh
# same-table.sh PROGRAM FILE: fails where a table that the program prints is not the file's
set -eu
"$1" compose >"${TMPDIR:-/tmp}/same-table.$$"
trap 'rm -f "${TMPDIR:-/tmp}/same-table.$$"' EXIT
sed -n '/^| key | one host | a Swarm | instead |$/,/^$/p' "$2" | sed '$d' |
  diff -u - "${TMPDIR:-/tmp}/same-table.$$" || {
  echo "the table in $2 is stale: $1 compose" >&2
  exit 1
}
