#!/usr/bin/env bash
# Runs a command with a PostgreSQL server of its own: scripts/postgres.sh COMMAND ARGUMENTS...
# The command finds the server in STOA_TEST_DATABASE. The server listens on 127.0.0.1 only, keeps its files in a new folder, and both are
# gone when the command ends. It is made for tests: what it stores does not survive a power failure.
# The newest PostgreSQL of the machine is taken, or the one whose programs lie in the folder STOA_POSTGRES_BIN; STOA_POSTGRES_ROOT names
# the folder of another Debian whose PostgreSQL is started there by chroot (docs/testing.md).
set -euo pipefail
# shellcheck source=prepare.sh
. "$(dirname "${BASH_SOURCE[0]}")/prepare.sh"
[ $# -gt 0 ] || fail "Usage: scripts/postgres.sh COMMAND ARGUMENTS..."

root=${STOA_POSTGRES_ROOT:-}
bin=$(find_postgres "$root") ||
    fail "Please install PostgreSQL 15 or later with PostGIS (on Debian: apt-get install postgresql postgresql-postgis)."

# PostgreSQL refuses to run as root.
as_user=()
[ -z "$root" ] || as_user=(chroot "$root")
if [ "$(id -u)" = 0 ]; then
    user=postgres
    "${as_user[@]}" id -u "$user" >/dev/null 2>&1 || user=nobody
    as_user+=(runuser -u "$user" --)
fi

# In memory where there is enough of it: a database is a thousand files, and each exchange of the tests makes one. Else directly under
# /tmp: others cannot enter the folders of root.
base=$root/tmp
if [ -z "$root" ] && [ -w /dev/shm ] && [ "$(df --output=avail -k /dev/shm | tail -n 1)" -gt $((6 * 1024 * 1024)) ]; then base=/dev/shm; fi
folder=$(mktemp -d "$base/stoa-postgres-XXXXXX")
data=${folder#"$root"}/data
stop() {
    if [ -f "$folder/data/postmaster.pid" ]; then
        "${as_user[@]}" "$bin/pg_ctl" -D "$data" -m immediate -w stop >/dev/null 2>&1 || true
    fi
    # The last of its processes may still be writing.
    rm -rf "$folder" 2>/dev/null || { sleep 1 && rm -rf "$folder"; }
}
trap stop EXIT
trap 'exit 130' INT
trap 'exit 143' TERM
[ "$(id -u)" != 0 ] || chown "$("${as_user[@]}" id -u)" "$folder"
[ -n "$root" ] || cd "$folder"

# A language's order of letters, as a city's server has it: what relies on the order of bytes must say so itself.
"${as_user[@]}" "$bin/initdb" -D "$data" -U stoa --auth=trust --encoding=UTF8 --locale=C.UTF-8 \
    --locale-provider=icu --icu-locale=de-DE --no-sync >"$folder/log" 2>&1 || fail "initdb failed: $(cat "$folder/log")"
cat >>"$folder/data/postgresql.conf" <<SETTINGS
listen_addresses = '127.0.0.1'
unix_socket_directories = ''
max_connections = 400
shared_buffers = 256MB
fsync = off
full_page_writes = off
wal_level = minimal
max_wal_senders = 0
max_wal_size = 1GB
checkpoint_timeout = 1h
SETTINGS
echo "host all all 127.0.0.1/32 trust" >"$folder/data/pg_hba.conf"

# Another program may take the port between the look and the start: a few are tried.
started=false
for _ in 1 2 3 4 5 6 7 8; do
    port=$((20000 + RANDOM % 12000))
    if (exec 3<>"/dev/tcp/127.0.0.1/$port") 2>/dev/null; then continue; fi
    # Nothing of what is started here may be inherited by the server: it outlives the pipe that a caller reads.
    if "${as_user[@]}" "$bin/pg_ctl" -D "$data" -l "$data/log" -o "-p $port" -w -t 60 start </dev/null >/dev/null 2>&1; then
        started=true
        break
    fi
done
[ "$started" = true ] || fail "PostgreSQL did not start: $(cat "$folder/data/log" 2>/dev/null)"
[ -n "$root" ] || cd "$OLDPWD"

export STOA_TEST_DATABASE="Host=127.0.0.1;Port=$port;Username=stoa"
code=0
"$@" || code=$?
exit "$code"
