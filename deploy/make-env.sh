#!/bin/sh
# Writes .env from .env.example: this machine's address, and a fresh secret for everything that needs one.
#   sh deploy/make-env.sh 203.0.113.5                the address that callers and browsers see
#   sh deploy/make-env.sh 203.0.113.5 10.0.0.4       behind a 1:1 NAT: the machine's own one too
set -eu
cd "$(dirname "$0")/.."

public=${1:-}
own=${2:-$public}
for address in "$public" "$own"; do
  case $address in
    '' | *[!0-9a-fA-F.:]*)
      echo "Usage: sh deploy/make-env.sh <IP address that callers see> [<the machine's own, where it is another>]" >&2
      exit 2
      ;;
  esac
done
if [ -e .env ]; then
  echo ".env is there already, and its secrets are in use: nothing was changed. Edit it, or move it away first." >&2
  exit 1
fi

secret() {
  od -A n -N 24 -t x1 /dev/urandom | tr -d ' \n'
}

umask 077
while IFS= read -r line; do
  case $line in
    \#*) echo "$line" ;;
    PUBLIC_IP=) echo "$line$public" ;;
    HOST_IP=) echo "$line$own" ;;
    *_SECRET= | *_PASSWORD= | *_TOKEN= | *_KEY=) echo "$line$(secret)" ;;
    *) echo "$line" ;;
  esac
done <.env.example >.env.new
mv .env.new .env
echo ".env is written. Keep it: the database and LiveKit know these secrets."
