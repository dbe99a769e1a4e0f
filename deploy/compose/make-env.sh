#!/bin/sh
# Writes deploy/compose/.env with new secrets, for `docker compose` to find. Keeps one that is there.
set -eu
cd "$(dirname "$0")"
if [ -e .env ]; then
  echo "$PWD/.env is there already: its secrets are in use. Delete it to have new ones."
  exit
fi

# A letter first: the configuration of NATS would take some of these for numbers.
secret() {
  printf 's%s' "$(od -An -N24 -tx1 /dev/urandom | tr -d ' \n')"
}

umask 077
cat >.env <<END
# Secrets of this installation; nobody else's. Made by make-env.sh.
MINIO_ROOT_USER=root
MINIO_ROOT_PASSWORD=$(secret)
AWS_ACCESS_KEY_ID=atelier
AWS_SECRET_ACCESS_KEY=$(secret)
NATS_USER=atelier
NATS_PASSWORD=$(secret)
ATELIER_PAGE_TOKEN=$(secret)
GF_SECURITY_ADMIN_USER=admin
GF_SECURITY_ADMIN_PASSWORD=$(secret)
END
echo "Wrote $PWD/.env."
