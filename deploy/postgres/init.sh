#!/usr/bin/env bash
# Provisions the databases of all subgraphs: PostgreSQL's image runs it when it makes a cluster, and it may be run again
# by hand. Passwords come from OWNER_PASSWORD and SERVICE_PASSWORD; the server from psql's own variables (PGHOST, …).
set -euo pipefail
: "${OWNER_PASSWORD:?the password of the owner roles}" "${SERVICE_PASSWORD:?the password of the service roles}"

for name in profile wallet ledger payment forex risk; do
  psql --no-psqlrc --quiet --username="${POSTGRES_USER:-postgres}" --dbname=postgres --set=ON_ERROR_STOP=1 \
    --set=database="$name" \
    --set=owner="${name}_owner" --set=owner_password="$OWNER_PASSWORD" \
    --set=service="${name}_service" --set=service_password="$SERVICE_PASSWORD" \
    --file="$(dirname "${BASH_SOURCE[0]}")/init.sql"
done
