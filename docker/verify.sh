#!/bin/sh
# Runs the image sparsebio without a network, as its user, and says how large it is and how long it takes to the first highlight.
#
# usage: docker/verify.sh [--no-engine] [DIR]
#   DIR  where docker/build.sh worked without an engine (default: out/image)
set -eu
cd "$(dirname "$0")/.."

# What runs inside. The clock starts outside, before there is a container.
script='
set -eu
[ "$(id -un)" = jovyan ] || { echo "the user is $(id -un), not jovyan" >&2; exit 1; }
touch notebooks/written && rm notebooks/written
sparsebio doctor --offline --without-notebooks >/dev/null
python /opt/sparsebio/notebooks/tools/run.py --out /tmp/check notebooks/01_quickstart.ipynb | while read -r line; do
	case $line in
	"cell 1 of "*) echo "first highlight after $(($(date +%s) - began)) s" ;;
	*) ;;
	esac
	echo "$line"
done
[ -s /tmp/check/01_quickstart.html ]
jupyter lab --ip=127.0.0.1 --no-browser >/tmp/lab.log 2>&1 &
lab=$!
for _ in $(seq 60); do
	sleep 1
	python -c "import urllib.request; urllib.request.urlopen(\"http://127.0.0.1:8888/api\", timeout=8)" 2>/dev/null && break
done
python -c "import urllib.request; urllib.request.urlopen(\"http://127.0.0.1:8888/api\", timeout=8)"
kill $lab
echo "JupyterLab answers after $(($(date +%s) - began)) s in all"
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
if [ -n "$engine" ]; then
	"$engine" image inspect --format 'size {{.Size}}' sparsebio
	exec "$engine" run --rm --network none sparsebio sh -c "began=$(date +%s); $script"
fi

dir=$(cd "${1:-out/image}" && pwd)
b="buildah --storage-driver vfs --root $dir/root --runroot $dir/run"
$b images --format '{{.Name}}:{{.Tag}} {{.Size}}' | grep sparsebio
container=$($b from --pull-never localhost/sparsebio)
trap '$b rm "$container" >/dev/null' EXIT
# buildah has no --network none with chroot isolation; a namespace with nothing but loopback is the same.
unshare -n sh -c 'ip link set lo up; exec "$@"' sh $b run --isolation chroot --user jovyan "$container" -- sh -c "cd /home/jovyan; began=$(date +%s); $script"
