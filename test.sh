#!/usr/bin/env bash
# Builds everything and runs every test. The last line is "N passed, M failed"; the exit code is 0 only when none failed.
# Arguments go to each test program, for example: ./test.sh -class "Stoa.Tests.Operations.*"
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")"
. scripts/prepare.sh

passed=0 failed=0 skipped=0
summary() {
    local line="$passed passed, $failed failed"
    [ "$skipped" = 0 ] || line="$line, $skipped skipped"
    echo "$line"
}

prepare sqlite3=sqlite3 chromium=chromium mosquitto_sub=mosquitto-clients

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
for project in tests/*/*.csproj; do
    # The conformance suite is a library: Stoa.Tests and the command `stoa conformance` run it.
    grep -q '<IsTestProject>true</IsTestProject>' "$project" || continue
    name=$(basename "$project" .csproj)
    code=0
    timeout --kill-after=30s 30m "tests/$name/bin/Release/net10.0/$name" "${run_options[@]}" "$@" </dev/null 2>&1 |
        tee "$log" || code=$?
    # The runner's closing line: "   Stoa.Tests  Total: 7, Errors: 0, Failed: 0, Skipped: 0, Not Run: 0, Time: 0.4s"
    if ! counts=$(grep -oE 'Total: [0-9]+, Errors: [0-9]+, Failed: [0-9]+, Skipped: [0-9]+' "$log" | tail -n 1) ||
        [ -z "$counts" ]; then
        echo "$name ended without a summary (exit code $code)."
        failed=$((failed + 1))
        continue
    fi
    read -r total errors failures skips <<<"$(grep -oE '[0-9]+' <<<"$counts" | tr '\n' ' ')"
    bad=$((errors + failures))
    # An exit code that the counts do not explain, such as a crash after the last test, is a failure too.
    if [ "$code" != 0 ] && [ "$bad" = 0 ]; then bad=1; fi
    failed=$((failed + bad))
    skipped=$((skipped + skips))
    passed=$((passed + total - failures - skips))
done

summary
[ "$failed" = 0 ] && [ "$passed" -gt 0 ]
