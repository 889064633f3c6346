#!/bin/sh
# Builds the image sparsebio, with Docker or Podman if there is one, else with buildah alone.
#
# usage: docker/build.sh [--no-engine] [DIR]
#   DIR  where buildah works and keeps the image (default: out/image); 6 GB
#
# Without an engine nothing can be pulled from a registry or run as a container, so buildah (Debian: apt-get install buildah
# debootstrap) builds in a chroot, as root: the base comes from debootstrap, Go from this machine's go command. The Dockerfile is the
# same. BUILD_OPTS holds more options of buildah, such as -v FOLDER:/etc/pki/tls/certs:ro for the certificates of a proxy (Go reads them
# there; pip wants a pip.conf that names them, -v FILE:/etc/pip.conf:ro).
set -eu
cd "$(dirname "$0")/.."

engine=
if [ "${1:-}" = --no-engine ]; then
	shift
else
	for name in docker podman; do
		if command -v "$name" >/dev/null && "$name" info >/dev/null 2>&1; then
			engine=$name
			break
		fi
	done
fi
if [ -n "$engine" ]; then
	exec "$engine" build -t sparsebio -f docker/Dockerfile .
fi

dir=${1:-out/image}
for name in buildah debootstrap go; do
	command -v "$name" >/dev/null || {
		echo "$name is needed to build without a container engine, and there is none in PATH" >&2
		exit 1
	}
done
mkdir -p "$dir"
dir=$(cd "$dir" && pwd)
b() { buildah --storage-driver vfs --root "$dir/root" --runroot "$dir/run" "$@"; }

if ! b inspect --type image localhost/base:bookworm >/dev/null 2>&1; then
	[ -e "$dir/base/.complete" ] || {
		rm -rf "$dir/base"
		debootstrap --variant=minbase bookworm "$dir/base"
		# What Debian's slim images leave out.
		rm -rf "$dir"/base/var/cache/apt/* "$dir"/base/var/lib/apt/lists/* "$dir"/base/var/log/*.log \
			"$dir"/base/usr/share/doc/* "$dir"/base/usr/share/man/* "$dir"/base/usr/share/locale/*
		touch "$dir/base/.complete"
	}
	container=$(b from scratch)
	# As an archive: buildah would leave owners behind that it cannot map.
	tar -C "$dir/base" -cf "$dir/base.tar" .
	b add -q "$container" "$dir/base.tar" /
	b config --cmd /bin/bash "$container"
	b commit -q --rm "$container" localhost/base:bookworm
	rm "$dir/base.tar"
fi

# The stage that brings Go is this machine's.
go=$dir/go
rm -rf "$go"
mkdir -p "$go/usr/local"
cp -a "$(go env GOROOT)" "$go/usr/local/go"

# docker build reads docker/Dockerfile.dockerignore by itself. The format of Docker knows health checks.
# shellcheck disable=SC2086 # BUILD_OPTS are several words
b bud --format docker --isolation chroot --pull-never --layers=false --ignorefile docker/Dockerfile.dockerignore ${BUILD_OPTS:-} \
	--build-arg BASE=localhost/base:bookworm --build-context "golang=$go" -t sparsebio -f docker/Dockerfile .
rm -rf "$go"
b images --format '{{.Name}}:{{.Tag}} {{.Size}}' | grep sparsebio
echo "docker/verify.sh --no-engine $dir runs it."
