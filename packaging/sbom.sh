#!/bin/sh
# Writes the SBOM (CycloneDX, JSON) of the program BINARY, whose version is VERSION, to OUT:
# the Go modules and the Go that it is built from, and hls.js where it is built in.
#
#   sh sbom.sh BINARY VERSION OUT
#
#   CYCLONEDX_GOMOD  that tool, where it is installed; else go fetches it
set -eu
binary=$1 version=$2 out=$3
tool=${CYCLONEDX_GOMOD:-${GO:-go} run -trimpath github.com/CycloneDX/cyclonedx-gomod/cmd/cyclonedx-gomod@v1.10.0}
$tool bin -json -noserial -notimestamp -std -version "$version" -output "$out" "$binary"
hls=$(sh packaging/hls-version.sh)
[ -n "$hls" ] || exit 0

sum=$(sha256sum services/proxy/page/files/hls.min.js | cut -d' ' -f1)
awk -v version="$hls" -v sum="$sum" -v main="\"ref\": \"pkg:golang/livestream-tui@" '
	{ print }
	/^  "components": \[$/ {
		print "    {"
		print "      \"bom-ref\": \"pkg:npm/hls.js@" version "\","
		print "      \"type\": \"library\","
		print "      \"name\": \"hls.js\","
		print "      \"version\": \"" version "\","
		print "      \"scope\": \"required\","
		print "      \"hashes\": [{\"alg\": \"SHA-256\", \"content\": \"" sum "\"}],"
		print "      \"licenses\": [{\"license\": {\"id\": \"Apache-2.0\"}}],"
		print "      \"copyright\": \"Copyright (c) 2017 Dailymotion\","
		print "      \"purl\": \"pkg:npm/hls.js@" version "\","
		print "      \"externalReferences\": [{\"url\": \"https://github.com/video-dev/hls.js\", \"type\": \"vcs\"}]"
		print "    },"
		components = 1
	}
	index($0, main) { ours = 1 }
	ours && /"dependsOn": \[$/ {
		print "        \"pkg:npm/hls.js@" version "\","
		ours = 0
		dependency = 1
	}
	END { exit !(components && dependency) }
' "$out" >"$out.new" || { echo "sbom.sh: cyclonedx-gomod writes another form than before: hls.js cannot be added" >&2; exit 1; }
mv "$out.new" "$out"
