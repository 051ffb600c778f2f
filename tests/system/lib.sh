# shellcheck shell=bash
# System tests: a small library. Tests are run by tests/system/run, inside the network of an engine
# of our own, with these set: SLIPWAY (the program), ENGINE (directory for tools/engine), TOP (the
# root of the repository), DOCKER_HOST.
#
# A test file is:
#
#   . "$(dirname "$0")/lib.sh"
#   second_up_starts_nothing() {
#     ok slipway up "$TOP/examples/django-migration/app.yml"
#     ...
#   }
#   tests second_up_starts_nothing ...
#
# Each function is one test, named after it. It runs in a shell of its own under `set -e` in an
# empty directory, with an empty state directory; what it leaves in the engine is removed after it.
# TAP goes to stdout; the log of a test that failed goes to stderr, and behind it what the function
# `on_failure` prints, where the file has one.

set -u
: "${SLIPWAY:?is set by tests/system/run}" "${ENGINE:?}" "${TOP:?}" "${DOCKER_HOST:?}"
export LC_ALL=C NO_COLOR=1

# -- running the program ----------------------------------------------------------------------

PATH=$(dirname "$SLIPWAY"):$PATH

# Ends as unsuccessful a test whose expectation failed, saying what was seen.
fail() {
  printf 'FAILED: %s\n' "$*" >&2
  if [ -e "$T/out" ]; then
    printf -- '--- stdout\n' >&2
    tail -n 60 "$T/out" >&2
  fi
  if [ -e "$T/err" ]; then
    printf -- '--- stderr\n' >&2
    tail -n 60 "$T/err" >&2
  fi
  exit 1
}

# skip WHY - the test can't run here; it counts as skipped
skip() {
  printf '%s\n' "$*" >"$T/skipped"
  exit 0
}

# status N COMMAND... - expect that exit status; the output is in $T/out and $T/err
status() {
  local want=$1 got=0
  shift
  printf '+ %s\n' "$*" >&2
  timeout 300 "$@" >"$T/out" 2>"$T/err" </dev/null || got=$?
  cat "$T/out" "$T/err" >&2
  [ "$got" = "$want" ] || fail "exit status $got, expected $want: $*"
}

ok() { status 0 "$@"; }

# out PATTERN, err PATTERN - the last command's output has a line matching the extended regex
out() { grep -qE -- "$1" "$T/out" || fail "nothing on stdout matches: $1"; }
err() { grep -qE -- "$1" "$T/err" || fail "nothing on stderr matches: $1"; }
no_out() { ! grep -qE -- "$1" "$T/out" || fail "stdout must not match: $1"; }
no_err() { ! grep -qE -- "$1" "$T/err" || fail "stderr must not match: $1"; }

same() { [ "$1" = "$2" ] || fail "${3:-value}: expected '$2', got '$1'"; }

# json FILTER WANT - the last command's stdout, through jq, is WANT
json() {
  local got
  got=$(jq -r "$1" "$T/out") || fail "not JSON, or jq has no $1"
  same "$got" "$2" "$1"
}

# How many times as long as usual a busy machine may take
readonly PATIENCE=${SLIPWAY_TEST_PATIENCE:-5}

# until_true SECONDS COMMAND... - wait for a condition, not for time
until_true() {
  local end=$((SECONDS + $1 * PATIENCE))
  shift
  until "$@" >/dev/null 2>&1; do
    [ "$SECONDS" -lt "$end" ] || fail "did not come true: $*"
    sleep 0.05
  done
}

# let_go PID APP WORKLOAD - what runs of it waits for /tmp/go: give it that, and whatever is
# started after it, until the process has ended
let_go() {
  local id
  while kill -0 "$1" 2>/dev/null; do
    id=$(running "$2" "$3")
    [ -z "$id" ] || docker exec "$id" touch /tmp/go >/dev/null 2>&1 || :
    sleep 0.1
  done
}

# note TEXT - a line for whoever reads the report
note() { printf '%s\n' "$*" >>"$T/notes"; }

# -- asking the engine, not the program ---------------------------------------------------------

# container APP WORKLOAD - the id of its newest container, running or not
container() {
  docker ps -aq --no-trunc --filter "label=slipway.app=$1" --filter "label=slipway.workload=$2" |
    head -n 1
}

running() {
  docker ps -q --no-trunc --filter "label=slipway.app=$1" --filter "label=slipway.workload=$2"
}

# running_one APP WORKLOAD - true if one of it runs
running_one() { [ -n "$(running "$1" "$2")" ]; }

# now - an instant for `starts`; the engine's clock is ours
now() { date +%s.%N; }

# starts SINCE APP [WORKLOAD] - how many containers the engine has started since then
starts() {
  docker events --since "$1" --until "$(now)" --filter type=container --filter event=start \
    --filter "label=slipway.app=$2" ${3:+--filter "label=slipway.workload=$3"} --format '{{.ID}}' |
    wc -l
}

# in_volume VOLUME COMMAND... - run a command of busybox with the volume at /v
in_volume() {
  local volume=$1
  shift
  docker run --rm --network none -v "$volume:/v" bb:1 "$@"
}

wipe_engine() {
  local ids
  ids=$(docker ps -aq)
  # shellcheck disable=SC2086 # one word an id
  [ -z "$ids" ] || docker rm -fv $ids >/dev/null 2>&1
  ids=$(docker volume ls -q)
  # shellcheck disable=SC2086
  [ -z "$ids" ] || docker volume rm -f $ids >/dev/null 2>&1
  docker network prune -f >/dev/null 2>&1
  return 0
}

# -- writing applications -----------------------------------------------------------------------

# app NAME [FILE] - begin an application file, $T/app.yml unless told; `workload` adds to it
app() {
  FILE=$T/${2:-app.yml}
  printf 'replicated_api_version: 2.8.0\nname: %s\ncomponents:\n' "$1" >"$FILE"
}

# workload COMPONENT COMMAND [YAML...] - a component with one busybox container that runs a shell
# command; each YAML has further keys of the container
workload() {
  {
    printf '  - name: %s\n    containers:\n      - source: public\n        image_name: bb\n' "$1"
    printf '        version: "1"\n'
    printf '        cmd: %s\n' "$(jq -nc --arg c "$2" '["sh", "-c", $c] | tojson')"
    if [ $# -gt 2 ]; then printf '%s\n' "${@:3}" | sed 's/^/        /'; fi
  } >>"$FILE"
}

# starts_on TRIGGER COMPONENT [DATA] - YAML of an event that starts COMPONENT's busybox
starts_on() {
  printf 'publish_events:\n  - name: %s\n    trigger: %s\n' "$1 of $2" "$1"
  [ -z "${3:-}" ] || printf '    data: "%s"\n' "$3"
  printf '    timeout: 60\n    subscriptions:\n'
  printf '      - {component: %s, container: bb, action: start}\n' "$2"
}

# port PRIVATE [PUBLIC] - YAML of a published port; without a public one the engine chooses it
port() {
  printf 'ports:\n  - {private_port: "%s", public_port: "%s", port_type: tcp}\n' "$1" "${2:-}"
}

# volume NAME - YAML that mounts a volume, or a directory of the host, at /v
volume() { printf 'volumes:\n  - {host_path: %s, container_path: /v}\n' "$1"; }

# What a migration does that ends when it is told: see let_go
# shellcheck disable=SC2034 # used by tests
UNTIL_GO='until [ -e /tmp/go ]; do sleep 0.1; done'

# What a service does that stays up and stops when told.
# shellcheck disable=SC2034 # used by tests
STAY='trap "exit 0" TERM; while :; do sleep 1 & wait; done'

# serves PORT - the same with a port that listens; as the first process the server would ignore SIGTERM
serves() { printf 'trap "exit 0" TERM; nc -ll -p %s -e true & wait' "$1"; }

# -- the runner ---------------------------------------------------------------------------------

one_test() {
  local name=$1 rc=0 begin=$SECONDS
  T=$(mktemp -d "${TMPDIR:-/tmp}/t.XXXXXX")
  export T SLIPWAY_STATE_DIR=$T/state
  mkdir "$SLIPWAY_STATE_DIR"
  number=$((number + 1))
  (
    cd "$T" || exit 1
    # What it left in the background must not work on while the next one runs.
    trap 'jobs -p | xargs -r kill -KILL 2>/dev/null || :' EXIT
    set -e
    "$name"
  ) >"$T/log" 2>&1
  rc=$?
  if [ -e "$T/skipped" ]; then
    printf 'ok %d - %s # SKIP %s\n' "$number" "$name" "$(cat "$T/skipped")"
  elif [ "$rc" = 0 ]; then
    printf 'ok %d - %s # %d s\n' "$number" "$name" $((SECONDS - begin))
  else
    [ "$(type -t on_failure)" != function ] || on_failure >>"$T/log" 2>&1
    printf 'not ok %d - %s\n' "$number" "$name"
    sed 's/^/  | /' "$T/log" >&2
    failures=$((failures + 1))
  fi
  [ ! -e "$T/notes" ] || sed 's/^/# /' "$T/notes"
  wipe_engine
  rm -rf "$T"
}

# tests NAME... - run them; with ONLY set, those whose name contains it
tests() {
  number=0 failures=0
  for name; do
    case $name in
      *"${ONLY:-}"*) one_test "$name" ;;
    esac
  done
  printf '1..%d\n' "$number"
  [ "$failures" = 0 ]
}
