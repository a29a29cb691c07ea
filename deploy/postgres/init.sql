-- Provisions the database of one subgraph: the one place that says what its roles are. What they may do with tables,
-- migrations say. A superuser runs it, with psql (init.sh) or through packages/database; it may be repeated.
-- Variables: database, owner, owner_password, service, service_password.

-- PostgreSQL's image runs every file beside init.sh; without variables there is nothing to do.
\if :{?database}
\else
  \quit
\endif

-- The owner makes and changes tables: migrations run as it.
SELECT format('CREATE ROLE %I', :'owner')
WHERE NOT EXISTS (SELECT FROM pg_roles WHERE rolname = :'owner')
\gexec

ALTER ROLE :"owner" WITH LOGIN PASSWORD :'owner_password';

-- The service uses what migrations grant to it.
SELECT format('CREATE ROLE %I', :'service')
WHERE NOT EXISTS (SELECT FROM pg_roles WHERE rolname = :'service')
\gexec

ALTER ROLE :"service" WITH LOGIN PASSWORD :'service_password';

-- An open transaction holds back the commit horizon of the whole cluster, below which timelines are read.
ALTER ROLE :"service" SET transaction_timeout = '10s';
ALTER ROLE :"service" SET idle_in_transaction_session_timeout = '10s';

-- Text is compared by code point, the same on every machine.
SELECT format('CREATE DATABASE %I OWNER %I TEMPLATE template0 ENCODING %L LOCALE_PROVIDER builtin BUILTIN_LOCALE %L LOCALE %L',
              :'database', :'owner', 'UTF8', 'C.UTF-8', 'C')
WHERE NOT EXISTS (SELECT FROM pg_database WHERE datname = :'database')
\gexec

REVOKE ALL ON DATABASE :"database" FROM PUBLIC;
GRANT CONNECT ON DATABASE :"database" TO :"service";
