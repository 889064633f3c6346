#!/bin/bash
# Trains models, one task after the other: teacher, then student. Start it again at any time: it goes on where it was.
# usage: run_all.sh OUT [TASK ...]        with SPARSEBIO_SHARED set; PYTHON names the interpreter, OPTIONS more options of `python -m train`.
# Several may run side by side on tasks of their own; OMP_NUM_THREADS says how many cores each has.
set -u
cd "$(dirname "$(readlink -f "$0")")/.." || exit
out=${1:?usage: run_all.sh OUT [TASK ...]}
shift
mkdir -p "$out"
export OMP_WAIT_POLICY=${OMP_WAIT_POLICY:-PASSIVE} # do not spin where others work
[ $# -gt 0 ] || set -- jnlpba chemprot-ner chemprot bc2gm ddi-ner ddi
for task in "$@"; do
	# shellcheck disable=SC2086
	flock -n "$out/$task.lock" nice -n "${NICE:-10}" "${PYTHON:-python3}" -m train --task $task --stage all --out "$out" --resume ${OPTIONS:-} >>"$out/$task.log" 2>&1
	rc=$?
	echo "$(date +%FT%T) $task: status $rc" >>"$out/run_all.log"
	[ $rc -eq 75 ] && exit 75
done
