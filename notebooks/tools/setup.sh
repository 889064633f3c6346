#!/bin/sh
# Sets up everything that the notebooks need inside one folder: a Python environment with JupyterLab, the GoNB kernel, and
# warm Go caches. Running it again is quick: what is there already is left alone.
#
# usage: setup.sh [VENV]      VENV is .venv in the checkout unless given
#   PYTHON    the Python to use, python3 unless set
#   PROGRAMS  a folder with gonb and goimports of go.mod's versions: they are copied, not built, and no modules are fetched but
#             those that the notebooks import
set -eu

root=$(cd "$(dirname "$0")/../.." && pwd)
venv=${1:-$root/.venv}
python=${PYTHON:-python3}
began=$(date +%s)

log=$(mktemp)
trap 'rm -f "$log"' EXIT

die() {
	echo "$*" >&2
	exit 1
}

# step TEXT COMMAND... says what happens, and how long it took; what the command prints is shown only if it fails.
step() {
	text=$1
	shift
	t=$(date +%s)
	printf '  %s ... ' "$text"
	if "$@" >"$log" 2>&1; then
		echo "$(($(date +%s) - t)) s"
	else
		echo "failed"
		cat "$log" >&2
		die "set-up stopped at: $text"
	fi
}

# --- what must be there -------------------------------------------------------------------------------------------------
command -v go >/dev/null || die "Go 1.26 or newer is needed, and there is no go command in PATH: install Go and try again."
# Asked outside the module and with the toolchain at hand, so that an old Go answers instead of downloading a new one.
have=$(cd / && GOTOOLCHAIN=local go version | cut -d ' ' -f 3)
case $have in
devel*) minor=999 ;;
go1.*) minor=$(echo "$have" | sed 's/^go1\.\([0-9]*\).*/\1/') ;;
*) minor=0 ;;
esac
[ "$minor" -ge 26 ] || die "Go 1.26 or newer is needed, and this is $have ($(command -v go)): install a newer Go and try again."

command -v "$python" >/dev/null || die "Python 3.10 or newer is needed, and there is no $python command in PATH: install Python, or name yours with PYTHON=..., and try again."
pyversion=$("$python" -c 'import platform; print(platform.python_version())') || die "$python does not run: name a working Python 3.10 or newer with PYTHON=... and try again."
"$python" -c 'import sys; sys.exit(sys.version_info < (3, 10))' || die "Python 3.10 or newer is needed, and $python is $pyversion: name a newer one with PYTHON=... and try again."
"$python" -c 'import ensurepip, venv' 2>/dev/null || die "Python's venv module is missing: install it (on Debian and Ubuntu: apt-get install python3-venv) and try again."

# --- how Go builds, here and in every cell ------------------------------------------------------------------------------
# The same settings as in the kernel's cells, so that what is compiled here is not compiled again there.
export GOTOOLCHAIN=local CGO_ENABLED=0 GOFLAGS='-buildvcs=false -ldflags=-s' GOWORK=off

cd "$root"

# --- the Python environment, in the background while Go builds ----------------------------------------------------------
key=$(
	{
		echo "$root" "$venv" "$have" "$(command -v go)" "$pyversion" "$(command -v "$python")"
		cat "$root/notebooks/requirements.txt" "$0" "$root/notebooks/tools/kernelspec.py"
		go env GOPROXY GOMODCACHE
		# The kernel and goimports follow go.mod; the rest of it may change without a new set-up.
		grep -E 'janpfeifer/gonb|golang.org/x/tools' "$root/go.mod"
	} | cksum
)
stamp=$venv/.sparsebio
pip=
if [ "$(cat "$stamp" 2>/dev/null)" != "$key" ]; then
	echo "Setting up JupyterLab and the Go kernel in $venv (once: about two minutes on two cores)"
	step "Python environment (about 5 s)" "$python" -m venv --clear "$venv"
	"$venv/bin/python" -m pip install --quiet --no-input --disable-pip-version-check -r "$root/notebooks/requirements.txt" >"$venv/pip.log" 2>&1 &
	pip=$!
	trap 'kill $pip 2>/dev/null || true; rm -f "$log"' EXIT
	echo "  JupyterLab and nbconvert (about 40 s): begun in the background"
fi

if [ -n "$pip" ] && [ -n "${PROGRAMS:-}" ]; then
	step "GoNB, the Go kernel, and goimports" cp "$PROGRAMS/gonb" "$PROGRAMS/goimports" "$venv/bin/"
elif [ -n "$pip" ]; then
	step "Go modules (about 10 s)" go mod download
	step "GoNB, the Go kernel (about 60 s)" go build -o "$venv/bin/gonb" github.com/janpfeifer/gonb
	step "goimports, which GoNB calls (about 5 s)" go build -o "$venv/bin/goimports" golang.org/x/tools/cmd/goimports
fi

# --- the packages that the notebooks import, built the way a cell builds them -------------------------------------------
# A cell is a module of its own beside ours, in one workspace. The imports are read out of our notebooks, those in the folded
# solutions too; to them come the parts of the standard library that a cell imports without being told to.
warm() {
	dir=$(mktemp -d)
	{
		echo 'package main'
		grep -ho 'github\.com/sparsebio/sparsebio/[a-z0-9/]*\\"' "$root"/notebooks/[0-9]*.ipynb | tr -d '\\"' | sort -u | sed 's/.*/import _ "&"/'
		for name in bufio bytes cmp context encoding/csv encoding/json errors fmt html io io/fs iter maps math math/bits \
			math/rand/v2 os path/filepath regexp runtime slices sort strconv strings sync text/tabwriter time unicode unicode/utf8; do
			echo "import _ \"$name\""
		done
		echo 'func main() {}'
	} >"$dir/main.go"
	ok=0
	(
		cd "$dir" && unset GOWORK &&
			go mod init warm &&
			go mod edit -replace "github.com/sparsebio/sparsebio=$root" &&
			go work init &&
			go work use . "$root" &&
			go get &&
			go build -o "$dir/warm" .
	) || ok=1
	rm -rf "$dir"
	return $ok
}
step "SparseBio itself, as the notebooks will (about 30 s the first time)" warm

if [ -n "$pip" ]; then
	printf '  JupyterLab and nbconvert ... '
	if ! wait "$pip"; then
		echo failed
		cat "$venv/pip.log" >&2
		die "set-up stopped at: installing notebooks/requirements.txt"
	fi
	trap 'rm -f "$log"' EXIT
	echo "there"
	"$venv/bin/python" "$root/notebooks/tools/kernelspec.py" "$root" "$venv"
	# JupyterLab asks a new reader whether to fetch news; no.
	mkdir -p "$venv/share/jupyter/lab/settings"
	echo '{"@jupyterlab/apputils-extension:notification": {"fetchNews": "false", "checkForUpdates": false}}' >"$venv/share/jupyter/lab/settings/overrides.json"
	echo "$key" >"$stamp"
	echo "Set-up took $(($(date +%s) - began)) s."
fi
