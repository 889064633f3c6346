#!/bin/sh
# Builds echarts.min.js: the parts of ECharts named in entry.js, as one script.
# Needs npm and, for two packages, a registry. Run it only to change the version;
# the result is committed, and README.md records its checksum.
set -eu
cd "$(dirname "$0")"
out=$(pwd)/echarts.min.js
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cp entry.js "$work"
cd "$work"
echo '{"private":true}' >package.json
npm install --silent --no-fund --no-audit --save-exact esbuild@0.28.2 echarts@5.6.0 zrender@5.6.1 tslib@2.3.0
npx esbuild entry.js --bundle --minify --format=iife --target=es2018 --charset=utf8 --legal-comments=none --outfile=body.js
{
	cat <<'NOTICE'
/*!
 * Apache ECharts 5.6.0 (a selection, bundled by build.sh), https://echarts.apache.org
 * Copyright 2017-2024 The Apache Software Foundation. Licensed under the Apache License, Version 2.0.
 * You may obtain a copy of the License at https://www.apache.org/licenses/LICENSE-2.0
 * This product includes software developed at The Apache Software Foundation (https://www.apache.org/).
 * Contains ZRender 5.6.1, Copyright (c) 2017, Baidu Inc., BSD 3-Clause, and tslib 2.3.0,
 * Copyright (c) Microsoft Corporation, 0BSD.
 * Contains color scheme code from d3, Copyright 2010-2016 Mike Bostock, BSD 3-Clause.
 */
NOTICE
	cat body.js
} >"$out"
wc -c "$out"
sha256sum "$out"
