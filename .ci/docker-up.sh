#!/usr/bin/env bash
# usage: docker-up.sh FOLDER
# Sees to a Docker engine and prints its address (DOCKER_HOST) on stdout. One that answers is taken; else dockerd is
# started with everything it has below FOLDER and its process id in FOLDER/dockerd.pid, installed first where it is
# missing. The test servers share the machine's network: it needs no bridge, and so several may run on one machine.
set -euo pipefail
folder=$1

if docker info >/dev/null 2>&1; then
  echo "${DOCKER_HOST:-unix:///var/run/docker.sock}"
  exit
fi
if [ "$(id -u)" != 0 ]; then
  echo 'No Docker engine answers, and only root can start one.' >&2
  exit 1
fi
if ! command -v dockerd >/dev/null || ! command -v docker >/dev/null; then
  echo 'Installing docker.io' >&2
  export DEBIAN_FRONTEND=noninteractive
  apt-get update -qq >&2
  apt-get install -qq --no-install-recommends docker.io >&2
  # Later Debians have the command in a package of its own.
  command -v docker >/dev/null || apt-get install -qq --no-install-recommends docker-cli >&2
fi

mkdir -p "$folder"
export DOCKER_HOST="unix://$folder/docker.sock"
setsid dockerd --host "$DOCKER_HOST" --data-root "$folder/data" --exec-root "$folder/exec" \
  --pidfile "$folder/dockerd.pid" --bridge none --iptables=false --ip-forward=false --ip-masq=false \
  >"$folder/dockerd.log" 2>&1 </dev/null &
dockerd=$!
for _ in $(seq 60); do
  if docker info >/dev/null 2>&1; then
    echo "$DOCKER_HOST"
    exit
  fi
  kill -0 "$dockerd" 2>/dev/null || break
  sleep 1
done
echo 'dockerd ended, or does not answer after a minute. The end of its log:' >&2
tail -n 20 "$folder/dockerd.log" >&2
exit 1
