#!/bin/sh
# Writes the copyright notices and licences of the Go modules that the program contains, of Go
# itself, and of hls.js where it is built in, to standard output.
set -eu
module() {
	printf '%s\n\n' "==== $1"
	find "$2" -maxdepth 1 -type f \( -iname 'licen[cs]e*' -o -iname 'copying*' -o -iname 'notice*' \) | LC_ALL=C sort | xargs -r cat
	printf '\n'
}
module "Go" "$(${GO:-go} env GOROOT)"
for os in linux darwin; do
	GOOS=$os ${GO:-go} list -deps -f '{{with .Module}}{{if not .Main}}{{.Path}} {{.Version}}{{"\t"}}{{.Dir}}{{end}}{{end}}' .
done | LC_ALL=C sort -u | while IFS='	' read -r name dir; do
	[ -z "$dir" ] || module "$name" "$dir"
done
hls=$(sh packaging/hls-version.sh)
[ -z "$hls" ] || module "hls.js $hls" node_modules/hls.js
