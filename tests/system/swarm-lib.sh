# shellcheck shell=bash
# What tests on a Swarm share; to be sourced by the files of tests in place of lib.sh
#
# A Swarm of three nodes, all of them managers, without IPVS. DOCKER_HOST is one of them.
. "$(dirname "$0")/lib.sh"

SWARM=$(mktemp -d "$TMPDIR/swarm.XXXX")
trap '"$TOP/tools/swarm" stop "$SWARM"' EXIT
trap 'exit 130' INT TERM
"$TOP/tools/swarm" start --managers 3 --images 3 "$SWARM" >/dev/null
host() { printf 'unix://%s' "$("$TOP/tools/swarm" socket "$1" "$SWARM")"; }
DOCKER_HOST=$(host 2)

on() { "$TOP/tools/swarm" on "$1" "$SWARM" "${@:2}"; }

# leader - the number of the node that leads; nothing while none does
leader() {
  docker node ls -q | xargs -r docker node inspect \
    -f '{{index .Spec.Labels "node"}} {{with .ManagerStatus}}{{.Leader}}{{end}}' | sed -n 's/ true$//p'
}

# choose_nodes - LEADER leads, WORKER is for what is cut off or ends, and the program asks MANAGER
choose_nodes() {
  local n
  LEADER=$(leader)
  [ -n "$LEADER" ] || fail 'no node leads'
  MANAGER=$([ "$LEADER" = 2 ] && echo 1 || echo 2)
  for n in 1 2 3; do
    [ "$n" = "$LEADER" ] || [ "$n" = "$MANAGER" ] || WORKER=$n
  done
  export DOCKER_HOST
  DOCKER_HOST=$(host "$MANAGER")
}

# What shows why a test failed
on_failure() {
  local file n
  for file in "$T"/up "$T"/first "$T"/second; do
    [ ! -e "$file" ] || { printf -- '--- %s\n' "${file##*/}" && cat "$file"; }
  done
  for n in 1 2 3; do
    printf -- '--- node %d\n' "$n"
    on "$n" timeout 30 docker node ls
    on "$n" docker ps -a --format '{{.Names}} | {{.Status}}'
    on "$n" docker volume ls -q
    grep -E 'level=fatal|module=raft|leader|dispatcher' "$SWARM/$n/log" |
      grep -v 'sending message to peer' | tail -n 15
  done
  printf -- '--- services\n'
  docker service ls -q | xargs -r timeout 30 docker service ps --no-trunc \
    --format '{{.Name}} {{.Node}} {{.DesiredState}} {{.CurrentState}} {{.Error}}'
  printf -- '--- slipway\n'
  timeout 60 slipway ps
  timeout 60 slipway events shop
  timeout 60 slipway status shop --why
}
readonly UP=(slipway up --engine swarm --without-ipvs)

# All nodes are there, and each leads or could
is_whole() {
  [ "$(docker node ls --format '{{.Status}} {{.ManagerStatus}}' |
    grep -cE '^Ready (Leader|Reachable)$')" = 3 ]
}

# mend - bring back the nodes that a test has ended or cut off
mend() {
  local n
  for n in 1 2 3; do
    "$TOP/tools/swarm" join "$n" "$SWARM"
    "$TOP/tools/swarm" revive "$n" "$SWARM"
  done
  until_true 90 is_whole
}

no_services() {
  local ids
  ids=$(docker service ls -q) || return
  # shellcheck disable=SC2086 # one word an id
  [ -z "$ids" ] || docker service rm $ids
  [ -z "$ids" ]
}

no_containers() {
  local n
  for n in 1 2 3; do
    [ -z "$(on "$n" docker ps -q)" ] || return
  done
}

# Called by the runner after each test
wipe_engine() {
  local n
  (mend) || printf '# the nodes did not come back\n'
  (until_true 60 no_services) || printf '# services are left\n'
  (until_true 20 no_containers) || for n in 1 2 3; do
    on "$n" docker ps -aq | xargs -r "$TOP/tools/swarm" on "$n" "$SWARM" docker rm -f >/dev/null 2>&1
  done
  for n in 1 2 3; do
    on "$n" docker container prune -f >/dev/null 2>&1
    on "$n" docker volume prune -af >/dev/null 2>&1 || on "$n" docker volume prune -f >/dev/null 2>&1
  done
  docker config ls -q | xargs -r docker config rm >/dev/null 2>&1
  docker secret ls -q | xargs -r docker secret rm >/dev/null 2>&1
  docker network prune -f >/dev/null 2>&1
  return 0
}

# versions - "name index" of each service, sorted
versions() {
  docker service ls -q | xargs -r docker service inspect -f '{{.Spec.Name}} {{.Version.Index}}' | sort
}

# tasks SERVICE FILTER - of its tasks, as the API has them, through jq
tasks() {
  curl -sf -G --unix-socket "${DOCKER_HOST#unix://}" http://engine/v1.41/tasks \
    --data-urlencode "filters={\"service\":{\"$1\":true}}" | jq -r "$2"
}

# job WORKLOAD [APP] - the name of its newest job
job() {
  docker service ls --filter "label=slipway.workload=$1" --format '{{.Name}}' | sort -V | tail -n 1
}

running_tasks() { tasks "$1" '[.[] | select(.Status.State == "running" and .DesiredState != "shutdown")] | length'; }
has_running() { [ "$(running_tasks "$1")" -ge "$2" ]; }

# The application answers on a node that runs a task of it.
page_answers() {
  local n
  for n in 1 2 3; do
    if on "$n" curl -sf --max-time 5 http://127.0.0.1:5000/ 2>/dev/null |
      grep -q 'Written by migration 0002'; then
      return
    fi
  done
  return 1
}

# services YAML - write $T/compose.yml of these services of the project `shop`
services() { printf 'name: shop\nservices:\n%s\n' "$1" >"$T/compose.yml"; }

# pinned N - YAML that keeps a service on node N
pinned() { printf 'deploy: {placement: {constraints: [node.labels.node==%s]}}' "$1"; }

# A migration on the node WORKER that writes a line into a volume, and ends when it is told; what
# waits for it is to run on MANAGER
migration() {
  services "
  migrate:
    image: bb:1
    command: [sh, -c, 'echo ran >>/v/log; $UNTIL_GO; echo done >>/v/log']
    labels: {com.replicated.ephemeral: 'true'}
    volumes: ['data:/v']
    ${1:-}
    deploy: {placement: {constraints: [node.labels.node==$WORKER]}}
  app:
    image: bb:1
    command: [sh, -c, 'trap \"exit 0\" TERM; while :; do sleep 1 & wait; done']
    deploy: {placement: {constraints: [node.labels.node==$MANAGER]}}
    depends_on: {migrate: {condition: service_completed_successfully}}
volumes: {data: {}}"
}

# begin_migration FILE - bring it up in the background, as process PID; what it says goes to FILE
begin_migration() {
  "${UP[@]}" "$T/compose.yml" >"$1" 2>&1 &
  PID=$!
  until_true 30 job_runs_or_up_ended
  has_job_running || fail 'the migration was not begun'
}
has_job_running() { has_running "$(job migrate)" 1; }
job_runs_or_up_ended() { has_job_running || ! kill -0 "$PID"; }

# comes_up FILE - what was begun ends well
comes_up() { wait "$PID" || fail "$(cat "$1")"; }

# The answer to `exec` may be lost, when what it lets go has ended before: then it is gone.
let_migration_go() {
  local id
  id=$(on "$WORKER" docker ps -q --filter label=slipway.workload=migrate | head -n 1)
  [ -n "$id" ] || return
  on "$WORKER" docker exec "$id" touch /tmp/go ||
    [ "$(on "$WORKER" docker inspect -f '{{.State.Running}}' "$id")" != true ]
}

# migration_log N - what the runs have written there
migration_log() { on "$1" docker run --rm --network none -v shop_data:/v bb:1 cat /v/log | tr '\n' ' '; }
