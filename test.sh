#!/usr/bin/env bash
# Builds everything and runs every test, first on SQLite, then on a PostgreSQL server of its own. The last line is "N passed, M failed" of both
# together; the exit code is 0 only when none failed.
# Arguments go to each run of each test program, for example: ./test.sh -class "Stoa.Tests.Operations.*"
# STOA_TEST_ENGINES="sqlite" or "postgres" runs one of them alone.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")"
. scripts/prepare.sh

passed=0 failed=0 skipped=0 names=()
# The names of what failed stand right above the last line, where the end of a long log still shows them.
summary() {
    local line name
    for name in "${names[@]}"; do echo "failed: $name"; done
    line="$passed passed, $failed failed"
    [ "$skipped" = 0 ] || line="$line, $skipped skipped"
    echo "$line"
}

engines=${STOA_TEST_ENGINES:-sqlite postgres}
needed=(sqlite3=sqlite3 openssl=openssl chromium=chromium mosquitto_sub=mosquitto-clients /usr/sbin/nginx=nginx-light)
if [[ $engines == *postgres* ]] && ! find_postgres >/dev/null; then needed+=(postgres=postgresql postgres=postgresql-postgis); fi
# Go's own package of transparency logs reads ours.
[ -d /usr/share/gocode/src/golang.org/x/mod/sumdb/tlog ] || needed+=(golang-x-mod=golang-golang-x-mod-dev)
needed+=(go=golang-go)
prepare "${needed[@]}"

build_options=(-c Release -v quiet --nologo)
run_options=(-noColor)
if [ "${CI:-}" = true ]; then
    # On the build server the lock files decide, and a skipped test is a failure.
    build_options+=(-p:RestoreLockedMode=true)
    run_options+=(-failSkips)
fi
if ! dotnet build Stoa.slnx "${build_options[@]}"; then
    failed=1
    summary
    exit 1
fi

log=$(mktemp)
trap 'rm -f "$log"' EXIT

# run_tests NAME TRAIT PREFIX... -- ARGUMENTS...: runs the program NAME without the tests of that engine, and counts.
run_tests() {
    local name=$1 left_out=$2 prefix=() code=0 counts total errors failures skips bad
    shift 2
    while [ "$1" != -- ]; do
        prefix+=("$1")
        shift
    done
    shift
    timeout --kill-after=30s 30m "${prefix[@]}" "tests/$name/bin/Release/net10.0/$name" "${run_options[@]}" \
        -trait- "Engine=$left_out" "$@" </dev/null 2>&1 | tee "$log" || code=$?
    # The runner's closing line: "   Stoa.Tests  Total: 7, Errors: 0, Failed: 0, Skipped: 0, Not Run: 0, Time: 0.4s"
    if ! counts=$(grep -oE 'Total: [0-9]+, Errors: [0-9]+, Failed: [0-9]+, Skipped: [0-9]+' "$log" | tail -n 1) ||
        [ -z "$counts" ]; then
        echo "$name ended without a summary (exit code $code)."
        failed=$((failed + 1))
        return
    fi
    mapfile -t -O "${#names[@]}" names < <(awk -v engine="$engine" '
        # Its message begins below its name; three lines of it say most.
        sub(/ \[FAIL\]$/, "") { sub(/^ +/, ""); name = $0 " on " engine; said = ""; lines = 3; next }
        lines > 0 { sub(/^ +/, ""); if ($0 == "Stack Trace:") lines = 1; else said = said " | " substr($0, 1, 200)
                    if (--lines == 0) print name ":" said }' "$log")
    read -r total errors failures skips <<<"$(grep -oE '[0-9]+' <<<"$counts" | tr '\n' ' ')"
    bad=$((errors + failures))
    # An exit code that the counts do not explain, such as a crash after the last test, is a failure too.
    if [ "$code" != 0 ] && [ "$bad" = 0 ]; then bad=1; fi
    failed=$((failed + bad))
    skipped=$((skipped + skips))
    passed=$((passed + total - failures - skips))
}

for engine in $engines; do
    for project in tests/*/*.csproj; do
        # The conformance suite is a library: Stoa.Tests and the command `stoa conformance` run it.
        grep -q '<IsTestProject>true</IsTestProject>' "$project" || continue
        name=$(basename "$project" .csproj)
        echo "$name on $engine"
        case $engine in
            sqlite) run_tests "$name" Postgres env -u STOA_TEST_DATABASE -- "$@" ;;
            postgres) run_tests "$name" SQLite scripts/postgres.sh -- "$@" ;;
            *) fail "There is no engine $engine: STOA_TEST_ENGINES is made of sqlite and postgres." ;;
        esac
    done
done

summary
[ "$failed" = 0 ] && [ "$passed" -gt 0 ]
