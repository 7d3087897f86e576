#!/bin/sh
# Runs Postgres on the cluster below $POSTGRES_DATA, and creates the cluster first if it doesn't exist.
# Also reads POSTGRES_BIN, POSTGRES_PASSWORD and PGPORT from the environment.
set -eu
umask 077

# Postgres refuses to run as root. The script is passed as text, because the user postgres may not be allowed to read this file.
if [ "$(id -u)" = 0 ]; then
  install -d -m 0700 -o postgres -g postgres "$POSTGRES_DATA"
  exec setpriv --reuid=postgres --regid=postgres --init-groups /bin/sh -c "$(cat "$0")"
fi

mkdir -p "$POSTGRES_DATA"
chmod 0700 "$POSTGRES_DATA"
cluster=$POSTGRES_DATA/cluster

# Renamed only when it is complete, so that an interrupted creation starts over.
if [ ! -d "$cluster" ]; then
  rm -rf "$cluster.new"
  printf '%s\n' "$POSTGRES_PASSWORD" | "$POSTGRES_BIN/initdb" --pgdata="$cluster.new" --username=postgres \
    --pwfile=/dev/stdin --auth=scram-sha-256 --encoding=UTF8 --locale=C.UTF-8 >/dev/null
  mv "$cluster.new" "$cluster"
fi

"$POSTGRES_BIN/postgres" -D "$cluster" -c listen_addresses=localhost -c unix_socket_directories= &
server=$!

# On SIGTERM Postgres would wait for all clients to disconnect; on SIGINT it disconnects them.
trap 'kill -INT "$server"' TERM INT
code=0
wait "$server" || code=$?
trap '' TERM INT
while kill -0 "$server" 2>/dev/null; do wait "$server" || code=$?; done
exit "$code"
