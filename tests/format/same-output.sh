#!/bin/sh
# same-output.sh PROGRAM FILE: fails where the program's output is not what stands in the file
set -eu
"$1" | diff -u "$2" - || { echo "$2 is stale: $1 >$2" >&2; exit 1; }
