#!/bin/sh
# Writes the version of the hls.js that is built into the program to standard output; nothing
# where none is. Fails unless that is the file of the package beside it, whose licence goes
# with it.
set -eu
built=services/proxy/page/files/hls.min.js
package=node_modules/hls.js
[ -e $built ] || exit 0
if ! cmp -s $built $package/dist/hls.min.js || [ ! -e $package/LICENSE ]; then
	echo "hls-version.sh: $built is not the file of $package: make clean page" >&2
	exit 1
fi
sed -n 's/^ *"version": *"\([^"]*\)".*/\1/p' $package/package.json
