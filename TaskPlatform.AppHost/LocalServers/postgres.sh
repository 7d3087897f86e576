# Runs Postgres on the cluster below $POSTGRES_DATA, which is made first where there is none. Given besides:
# POSTGRES_BIN, POSTGRES_PASSWORD, PGPORT. The text is handed to a shell as it is, for the user postgres may not be able
# to read the checkout.
set -eu
cluster=$POSTGRES_DATA/cluster

# Renamed only when it is whole, so that one whose making was interrupted is made again.
if [ ! -d "$cluster" ]; then
  mkdir -p "$POSTGRES_DATA"
  rm -rf "$cluster.new"
  printf '%s\n' "$POSTGRES_PASSWORD" | "$POSTGRES_BIN/initdb" --pgdata="$cluster.new" --username=postgres \
    --pwfile=/dev/stdin --auth=scram-sha-256 --encoding=UTF8 --locale=C.UTF-8 >/dev/null
  mv "$cluster.new" "$cluster"
fi

"$POSTGRES_BIN/postgres" -D "$cluster" -c listen_addresses=localhost -c unix_socket_directories= &
server=$!

# Asked to stop, Postgres itself would wait for every client to leave; INT makes it say goodbye to them.
trap 'kill -INT "$server"' TERM INT
code=0
wait "$server" || code=$?
trap '' TERM INT
while kill -0 "$server" 2>/dev/null; do wait "$server" || code=$?; done
exit "$code"
