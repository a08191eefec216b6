#!/bin/sh
# Makes the secrets of docker-compose.yml that are not there, in secrets/ of the checkout or in the folder SECRETS names.
# The folder is its owner's alone. Its files are readable by all, for a container's user has another number than you.
set -eu
folder=${SECRETS:-$(dirname "$0")/../../secrets}
mkdir -p -m 700 "$folder"
for name in kafka cassandra ingest speed batch serving analyst token zeppelin grafana grafana-postgres; do
    [ -s "$folder/$name" ] && continue
    od -An -N24 -tx1 /dev/urandom | tr -d ' \n' > "$folder/.part"
    chmod 444 "$folder/.part"
    mv "$folder/.part" "$folder/$name"
done
echo "The secrets are in $folder. Zeppelin's user is analyst, with the password in $folder/zeppelin."
