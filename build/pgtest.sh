#!/usr/bin/env bash
# Runs a command with a private PostgreSQL server:  build/pgtest.sh CMD...
# The command finds its address in CHARGEWRIGHT_TEST_POSTGRES. The server listens
# on a Unix socket in a temporary folder alone, never runs as root, keeps fsync
# on, and is stopped and removed at the end.
set -euo pipefail

[ $# -gt 0 ] || { echo "usage: $0 CMD..." >&2; exit 2; }

find_bin() {
	local d
	for d in $(ls -d /usr/lib/postgresql/*/bin /usr/pgsql-*/bin 2>/dev/null | sort -rV); do
		[ -x "$d/initdb" ] && [ -x "$d/postgres" ] && { echo "$d"; return; }
	done
	d=$(command -v initdb || true)
	[ -n "$d" ] && d=$(dirname "$(readlink -f "$d")") && [ -x "$d/postgres" ] && echo "$d"
	return 0
}

bin=$(find_bin)
if [ -z "$bin" ] && [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
	echo "pgtest: installing postgresql" >&2
	{ apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends postgresql; } >&2 || true
	bin=$(find_bin)
fi
if [ -z "$bin" ]; then
	echo "pgtest: PostgreSQL is not installed: apt-get install postgresql (or dnf install postgresql-server)" >&2
	exit 1
fi

dir=$(mktemp -d /tmp/pgtest.XXXXXX)
as=(env)
if [ "$(id -u)" = 0 ]; then
	user=nobody
	id postgres >/dev/null 2>&1 && user=postgres
	chown "$user" "$dir"
	if command -v setpriv >/dev/null; then
		as=(setpriv --reuid "$user" --regid "$(id -g "$user")" --clear-groups)
	else
		as=(runuser -u "$user" --)
	fi
fi

started=
stop() {
	trap - EXIT INT TERM
	[ -z "$started" ] || "${as[@]}" "$bin/pg_ctl" -D "$dir/data" -m immediate -w stop >/dev/null 2>&1 || true
	rm -rf "$dir"
}
trap stop EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

cd /
"${as[@]}" env LC_ALL=C "$bin/initdb" -D "$dir/data" -U chargewright -A trust -E UTF8 --locale=C >"$dir/initdb.log" 2>&1 ||
	{ cat "$dir/initdb.log" >&2; exit 1; }
cat >>"$dir/data/postgresql.conf" <<CONF
listen_addresses = ''
unix_socket_directories = '$dir'
unix_socket_permissions = 0777
max_connections = 200
max_pred_locks_per_transaction = 128
fsync = on
CONF
chmod 0711 "$dir"
"${as[@]}" "$bin/pg_ctl" -D "$dir/data" -l "$dir/server.log" -w start >/dev/null ||
	{ cat "$dir/server.log" >&2; exit 1; }
started=yes
cd "$OLDPWD"

export CHARGEWRIGHT_TEST_POSTGRES="postgres:///postgres?host=$dir&user=chargewright&sslmode=disable"
status=0
"$@" || status=$?
exit $status
