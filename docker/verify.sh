#!/bin/sh
# Runs the image sparsebio without a network, as its user: JupyterLab, the health check, all notebooks. Says how large the image is and
# how long it takes from the start of a container to the first highlight, and fails if anything is not as README.md says.
#
# usage: docker/verify.sh [--no-engine] [DIR]
#   DIR  where docker/build.sh worked without an engine (default: out/image)
set -eu
cd "$(dirname "$0")/.."

# What runs inside, with the words of the health check as arguments. The clock starts outside, before there is a container.
# shellcheck disable=SC2016 # for the shell in the container
script='
set -eu
die() { echo "verify: $*" >&2; exit 1; }
since() { awk "BEGIN { printf \"%.1f s\", $(date +%s.%N) - $began }"; }

size=$(du -sbx --exclude=/proc --exclude=/sys --exclude=/dev / 2>/dev/null | cut -f 1) || :
echo "$((size / 1000000)) MB of files"
[ "$size" -lt 1500000000 ] || die "the image is to stay below 1.5 GB"

[ "$1" = CMD ] || die "the image has no health check"
shift
"$@" 2>/dev/null && die "healthy before JupyterLab runs"
cd /home/jovyan
jupyter lab --ip=127.0.0.1 --no-browser >/tmp/lab.log 2>&1 &
lab=$!
trap "kill $lab 2>/dev/null || :" EXIT
for _ in $(seq 600); do
	"$@" 2>/dev/null && break
	sleep 0.1
done
"$@" || die "never healthy: $(cat /tmp/lab.log)"
echo "healthy, for JupyterLab answers, after $(since)"

run() { python /opt/sparsebio/notebooks/tools/run.py --check --out /tmp/check "$@" || echo "run.py failed"; }
run notebooks/01_*.ipynb | while IFS= read -r line; do
	case $line in
	"  cell 1 of "*) echo "$line"; echo "first highlight after $(since)" ;;
	"run.py failed") exit 1 ;;
	*) echo "$line" ;;
	esac
done
run notebooks/0[2-9]*.ipynb | while IFS= read -r line; do
	[ "$line" != "run.py failed" ] || exit 1
	echo "$line"
done
"$@" || die "not healthy after the notebooks"
kill $lab
wait $lab || :
"$@" 2>/dev/null && die "healthy though JupyterLab was stopped"

[ "$(id -un) $(id -u)" = "jovyan 1000" ] || die "the user is $(id -un), $(id -u), not jovyan, 1000"
for dir in / /etc /usr/bin /usr/local/go/bin; do
	[ ! -w $dir ] || die "$dir can be written"
done
for dir in notebooks notebooks/data /tmp; do
	touch $dir/written && rm $dir/written
done
if grep -v -e "^ *lo:" -e "|" /proc/net/dev; then
	die "there is a network: this proves nothing about working without one"
fi
VIRTUAL_ENV=/opt/jupyter sparsebio doctor --offline | grep -v "^ok" || :
echo "all as it should be after $(since)"
'

engine=
if [ "${1:-}" = --no-engine ]; then
	shift
else
	for name in docker podman; do
		if command -v "$name" >/dev/null && "$name" image inspect sparsebio >/dev/null 2>&1; then
			engine=$name
			break
		fi
	done
fi

# words COMMAND... runs the command with the lines of standard input as further arguments.
words() {
	while IFS= read -r line; do
		set -- "$@" "$line"
	done
	"$@" </dev/null
}

if [ -n "$engine" ]; then
	"$engine" image inspect --format '{{.Size}} bytes, as the engine counts' sparsebio
	"$engine" image inspect --format '{{range .Config.Healthcheck.Test}}{{println .}}{{end}}' sparsebio | grep . |
		words "$engine" run --rm --network none --cap-drop ALL --security-opt no-new-privileges sparsebio sh -c "began=$(date +%s.%N); $script" sh
	exit
fi

dir=$(cd "${1:-out/image}" && pwd)
b() { buildah --storage-driver vfs --root "$dir/root" --runroot "$dir/run" "$@"; }
b images --format '{{.Name}}:{{.Tag}} {{.Size}}' | grep sparsebio
container=$(b from --pull-never localhost/sparsebio)
trap 'b rm "$container" >/dev/null' EXIT
# buildah has no --network none with chroot isolation; a namespace with nothing but loopback is the same.
b inspect --type image --format '{{range .Docker.Config.Healthcheck.Test}}{{println .}}{{end}}' localhost/sparsebio | grep . |
	words unshare -n sh -c 'ip link set lo up; exec "$@"' sh \
		buildah --storage-driver vfs --root "$dir/root" --runroot "$dir/run" run --isolation chroot "$container" -- sh -c "began=$(date +%s.%N); $script" sh
