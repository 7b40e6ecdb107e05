#!/usr/bin/env bash
# Runs the tests on a Citus cluster, and checks what only a cluster can show: tests/citus.sh COORDINATOR [ARGUMENTS OF Stoa.Tests...]
#
# COORDINATOR is a connection string as the program takes it, with a database in which the extension is and the machines are known, such as
#   tests/citus.sh "Host=10.0.0.1;Port=5432;Username=stoa;Database=city"
# Nothing in that database is changed. Others, called stoa_test_… and stoa_citus_…, are made on every machine and removed again: the user must
# be allowed to (superuser is simplest), from here and between the machines, and PostGIS must be installed on all of them.
#
# Needs bash, psql, curl and the .NET SDK. What can be set:
#   CITUS_STOP_WORKER, CITUS_START_WORKER   commands that stop and start one worker; without them the part about a lost worker is left out
#   CITUS_PLANS                             file for the plans of the statements (default: tests/citus-plans.txt, which git leaves out)
#   CITUS_SUITE=no                          leaves out the run of Stoa.Tests
# The last line is "N passed, M failed"; the exit code is 0 only when none failed.
# Addresses hold $ as OData has it.
# shellcheck disable=SC2016
set -euo pipefail
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
# shellcheck source-path=SCRIPTDIR/.. source=scripts/prepare.sh
. "$root/scripts/prepare.sh"

usage="Usage: tests/citus.sh \"Host=…;Port=…;Username=…;Database=…\" [arguments of Stoa.Tests]"
[ $# -gt 0 ] || fail "$usage"
coordinator=$1
shift
[[ $coordinator == *=* ]] || fail "$usage"

# setting NAME...: the value of the first of these keys in the connection string.
setting() {
    local name pair key
    local -a pairs
    IFS=';' read -ra pairs <<<"$coordinator"
    for name in "$@"; do
        for pair in "${pairs[@]}"; do
            key=${pair%%=*}
            key=${key// /}
            if [ "${key,,}" = "$name" ]; then
                printf '%s\n' "${pair#*=}"
                return
            fi
        done
    done
}
host=$(setting host server)
database=$(setting database db)
if [ -z "$host" ] || [ -z "$database" ]; then fail "$usage"; fi
PGHOST=$host PGPORT=$(setting port) PGUSER=$(setting username userid user) PGPASSWORD=$(setting password)
export PGHOST PGPORT=${PGPORT:-5432} PGUSER=${PGUSER:-$(id -un)} PGPASSWORD PGCONNECT_TIMEOUT=10
for tool in psql curl dotnet; do command -v "$tool" >/dev/null || fail "tests/citus.sh needs $tool."; done

# ask DATABASE SQL: rows as lines, columns with | between.
ask() { psql -XqAt -v ON_ERROR_STOP=1 -d "$1" -c "$2"; }

passed=0 failed=0
# check WHAT COMMAND...: counts whether the command succeeds.
check() {
    local what=$1
    shift
    if "$@"; then
        passed=$((passed + 1))
        echo "ok      $what"
    else
        failed=$((failed + 1))
        echo "FAILED  $what"
    fi
}
is() { [ "$1" = "$2" ] || { printf '        expected %s\n        got      %s\n' "$2" "$1" && false; }; }

ask "$database" "SELECT 1" >/dev/null || fail "The coordinator cannot be reached as $PGUSER@$PGHOST:$PGPORT/$database."
version=$(ask "$database" "SELECT extversion FROM pg_extension WHERE extname = 'citus'")
[ -n "$version" ] || fail "The database $database has no extension citus: give the coordinator of a Citus cluster."
[ "${version%%[.-]*}" -ge 12 ] || fail "The database $database has Citus $version; 12 or later is needed."
own=$(ask "$database" "SELECT nodename || ':' || nodeport FROM pg_dist_node WHERE groupid = 0 AND noderole = 'primary'")
[ -n "$own" ] || fail "The workers do not know the coordinator: run SELECT citus_set_coordinator_host('HOST', PORT) in $database first."
mapfile -t workers < <(ask "$database" \
    "SELECT nodename || ':' || nodeport FROM pg_dist_node WHERE groupid <> 0 AND noderole = 'primary' AND isactive ORDER BY 1")
[ ${#workers[@]} -gt 0 ] || fail "The cluster has no worker."
echo "Citus $version, PostgreSQL $(ask "$database" "SHOW server_version"), coordinator $own, workers ${workers[*]}"

dotnet build "$root/Stoa.slnx" -c Release -v quiet --nologo
stoa=$root/src/Stoa.Host/bin/Release/net10.0/stoa
[ -x "$stoa" ] || fail "The program is not at $stoa."

work=$(mktemp -d)
name=stoa_citus_$$
server=
finish() {
    [ -z "$server" ] || kill "$server" 2>/dev/null || true
    [ -z "$server" ] || wait "$server" 2>/dev/null || true
    psql -Xq -d postgres -c "DROP DATABASE IF EXISTS $name WITH (FORCE)" >/dev/null 2>&1 || true
    for worker in "${workers[@]}"; do
        psql -Xq -h "${worker%:*}" -p "${worker##*:}" -d postgres -c "DROP DATABASE IF EXISTS $name WITH (FORCE)" >/dev/null 2>&1 || true
    done
    rm -rf "$work"
}
trap finish EXIT

# A database of the cluster: one on every machine, each with the extension, and all known in the coordinator's.
for worker in "${workers[@]}"; do
    psql -Xq -h "${worker%:*}" -p "${worker##*:}" -d postgres -c "CREATE DATABASE $name"
    psql -Xq -h "${worker%:*}" -p "${worker##*:}" -d "$name" -c "CREATE EXTENSION citus"
done
ask postgres "CREATE DATABASE $name"
ask postgres "ALTER DATABASE $name SET citus.shard_count = 8"
ask "$name" "CREATE EXTENSION citus"
ask "$name" "SELECT citus_set_coordinator_host('${own%:*}', ${own##*:})" >/dev/null
for worker in "${workers[@]}"; do ask "$name" "SELECT citus_add_node('${worker%:*}', ${worker##*:})" >/dev/null; done

# serve [OPTIONS]: starts the program on the database; $base is its address.
serve() {
    local address="Host=$PGHOST;Port=$PGPORT;Username=$PGUSER;Database=$name${PGPASSWORD:+;Password=$PGPASSWORD}${1:+;Options=$1}"
    STOA_DATABASE=$address "$stoa" serve --data "$work/data" --urls http://127.0.0.1:0 >"$work/log" 2>&1 &
    server=$!
    for _ in $(seq 600); do
        base=$(sed -nE 's/.*is ready at (http[^ ]*[0-9]).*/\1/p' "$work/log" | head -n 1)
        [ -z "$base" ] || return 0
        kill -0 "$server" 2>/dev/null || break
        sleep 0.5
    done
    cat "$work/log" >&2
    fail "The program did not start."
}
stop() {
    kill "$server"
    wait "$server" || true
    server=
}
token=
# status METHOD PATH [BODY]: the status of the answer, whose text is then in $work/answer.
status() {
    curl -sS -o "$work/answer" -w '%{http_code}' -X "$1" -H "Authorization: Bearer $token" -H 'Content-Type: application/json' \
        ${3:+--data "$3"} "$base/sensorthings/v1.1/$2"
}
observe() { status POST Observations "{\"phenomenonTime\":\"$2\",\"result\":$3,\"Datastream\":{\"@iot.id\":$1}}"; }
# answers: what the cluster must not change.
answers() {
    local path
    for path in 'Datastreams?$orderby=id' 'Observations?$top=50&$orderby=phenomenonTime%20desc,id%20desc' 'Observations?$count=true&$top=0' \
        'Datastreams(7)/Observations?$count=true&$orderby=phenomenonTime' 'Observations?$filter=result%20gt%2015&$orderby=id' \
        'Observations?$filter=Datastream/name%20eq%20%27d3%27&$orderby=id' 'Things(1)?$expand=Locations,Datastreams($expand=Observations($top=1))' \
        'Things?$filter=Datastreams/Observations/result%20gt%2019&$orderby=id' 'FeaturesOfInterest(1)/Observations?$orderby=id' \
        'Observations(5)?$expand=Datastream,FeatureOfInterest' "Locations?\$filter=st_within(location,geography'POLYGON((7%2051,8%2051,8%2052,7%2052,7%2051))')"; do
        echo "$path $(status GET "$path")"
        # The address of the server differs from run to run.
        sed "s#$base##g" "$work/answer"
        echo
    done
}

# A database that is filled before it is spread ------------------------------------------------------------------------
serve "-c stoa.distribute=off"
token=$("$stoa" token create --data "$work/data" --database "Host=$PGHOST;Port=$PGPORT;Username=$PGUSER;Database=$name${PGPASSWORD:+;Password=$PGPASSWORD}" \
    --name citus --admin 2>/dev/null | grep -oE '[A-Za-z0-9_-]{20,}' | tail -n 1)
thing='{"name":"t","description":"d","Locations":[{"name":"l","description":"d","encodingType":"application/geo+json","location":{"type":"Point","coordinates":[7.6,51.9]}}]'
sensor='"Sensor":{"name":"s","description":"d","encodingType":"text/html","metadata":"m"}'
property='"ObservedProperty":{"name":"o","definition":"https://example.org/o","description":"d"}'
streams=
for number in $(seq 20); do
    streams="$streams${streams:+,}{\"name\":\"d$number\",\"description\":\"d\",\"observationType\":\"http://www.opengis.net/def/observationType/OGC-OM/2.0/OM_Measurement\",\"unitOfMeasurement\":{\"name\":null,\"symbol\":null,\"definition\":null},$sensor,$property}"
done
check "a Thing with 20 Datastreams is made" is "$(status POST Things "$thing,\"Datastreams\":[$streams]}")" 201
codes=
for number in $(seq 20); do
    for month in 01 02 07; do codes="$codes $(observe "$number" "2026-$month-15T12:00:00Z" "$number")"; done
done
check "60 observations of three months are taken" is "$(tr ' ' '\n' <<<"$codes" | sort -u | tr -d '\n')" 201
answers >"$work/before"
stop
check "nothing was spread while it was forbidden" is "$(ask "$name" "SELECT count(*) FROM pg_dist_partition")" 0

serve
answers >"$work/after"
check "spread, it gives the same answers" diff "$work/before" "$work/after"
check "the rows lie in shards" is "$(ask "$name" "SELECT count(*) FROM observation")" 60
check "none is left behind on the coordinator" is \
    "$(ask "$name" "SELECT coalesce(sum(pg_relation_size(relid)), 0) FROM pg_partition_tree('observation') WHERE isleaf")" 0

# Where every table is -------------------------------------------------------------------------------------------------
while read -r table form; do
    case $form in
        Distributed) expected=h ;;
        Everywhere) expected=nt ;;
        *) expected= ;;
    esac
    check "$table is ${form,,}" is "$(ask "$name" \
        "SELECT CASE partmethod WHEN 'h' THEN 'h' ELSE partmethod::text || repmodel::text END FROM pg_dist_partition WHERE logicalrelid = to_regclass('$table')")" "$expected"
done < <(sed -nE 's/^ +\((Leading|"([a-z_]+)"), TableForm\.([A-Za-z]+)\),$/\1 \2 \3/p' "$root/src/Stoa.Storage/Postgres/Distribution.cs" |
    sed -E 's/^Leading +/observation /; s/^"[a-z_]+" //')
check "both distributed tables lie side by side" is "$(ask "$name" \
    "SELECT count(DISTINCT colocationid) FROM pg_dist_partition WHERE logicalrelid IN ('observation'::regclass, 'datastream_feature_of_interest'::regclass)")" 1

# Partitions that are made while it runs -------------------------------------------------------------------------------
check "an observation of a new month is taken" is "$(observe 3 2031-05-05T00:00:00Z 1)" 201
check "its partition is distributed" is "$(ask "$name" "SELECT count(*) = 0 FROM pg_partition_tree('observation') t
    WHERE isleaf AND NOT EXISTS (SELECT 1 FROM pg_dist_partition p WHERE p.logicalrelid = t.relid AND p.partmethod = 'h')")" t
check "entities are made and removed" is "$(status POST Things "$thing}") $(status DELETE 'Things(2)')" "201 200"
check "an observation is changed and removed" is "$(status PATCH 'Observations(61)' '{"result":2}') $(status DELETE 'Observations(61)')" "200 200"
stop
serve
check "it starts again with nothing to do" is "$(status GET 'Datastreams(3)/Observations?$top=1')" 200

# A worker that is away ------------------------------------------------------------------------------------------------
if [ -n "${CITUS_STOP_WORKER:-}" ] && [ -n "${CITUS_START_WORKER:-}" ]; then
    bash -c "$CITUS_STOP_WORKER"
    codes=
    for number in $(seq 20); do codes="$codes $(observe "$number" 2026-08-01T00:00:00Z 5)"; done
    check "some Datastreams take observations and some do not" is "$(tr ' ' '\n' <<<"$codes" | sed '/^$/d' | sort -u | tr '\n' ' ')" "201 503 "
    check "the server is ready" is "$(curl -sS -o /dev/null -w '%{http_code}' "$base/health/ready")" 200
    check "entities are read" is "$(status GET 'Things?$expand=Datastreams')" 200
    reads=
    for number in $(seq 20); do reads="$reads $(status GET "Datastreams($number)/Observations?\$top=1")"; done
    check "the same Datastreams can be read as be written" is "$(tr 2 x <<<"${reads//200/201}")" "$(tr 2 x <<<"$codes")"
    bash -c "$CITUS_START_WORKER"
    for _ in $(seq 60); do
        codes=
        for number in $(seq 20); do codes="$codes $(observe "$number" 2026-09-01T00:00:00Z 6)"; done
        [[ $codes != *503* ]] && break
        sleep 1
    done
    check "all take observations when it is back" is "$(tr ' ' '\n' <<<"$codes" | sed '/^$/d' | sort -u | tr '\n' ' ')" "201 "
else
    echo "left out: a lost worker (CITUS_STOP_WORKER and CITUS_START_WORKER are not set)"
fi
stop

# The statements and the suite -----------------------------------------------------------------------------------------
export STOA_TEST_DATABASE="Host=$PGHOST;Port=$PGPORT;Username=$PGUSER${PGPASSWORD:+;Password=$PGPASSWORD}" STOA_TEST_CITUS="$own ${workers[*]}"
# run ARGUMENTS...: runs Stoa.Tests and adds its counts.
run() {
    local counts total errors failures skips code=0
    "$root/tests/Stoa.Tests/bin/Release/net10.0/Stoa.Tests" -noColor -trait- Engine=SQLite "$@" </dev/null 2>&1 | tee "$work/tests" || code=$?
    counts=$(grep -oE 'Total: [0-9]+, Errors: [0-9]+, Failed: [0-9]+, Skipped: [0-9]+' "$work/tests" | tail -n 1 || true)
    if [ -z "$counts" ]; then
        echo "Stoa.Tests ended without a summary (exit code $code)."
        failed=$((failed + 1))
        return
    fi
    read -r total errors failures skips <<<"$(grep -oE '[0-9]+' <<<"$counts" | tr '\n' ' ')"
    failed=$((failed + errors + failures))
    passed=$((passed + total - failures - skips))
}
STOA_PLANS_FILE=${CITUS_PLANS:-$root/tests/citus-plans.txt} run -class Stoa.Tests.Storage.Statements_over_machines
if [ "${CITUS_SUITE:-yes}" != no ]; then run -class- Stoa.Tests.Storage.Statements_over_machines "$@"; fi

echo "$passed passed, $failed failed"
[ "$failed" = 0 ] && [ "$passed" -gt 0 ]
