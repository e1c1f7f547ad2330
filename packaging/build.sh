#!/bin/sh
# Makes what is published of a version in the folder OUT (dist): a static binary for each of
# TARGETS (OS/ARCH), with an SBOM, and packages for Debian and Fedora where the OS is linux,
# with a SHA256SUMS of them all. The same source, version and Go give the same bytes.
#
#   VERSION                what the program says of itself; VERSION of the Makefile
#   NFPM, CYCLONEDX_GOMOD  these tools, where they are installed; else go fetches them
set -eu
cd "$(dirname "$0")/.."
here=$PWD/packaging
go=${GO:-go}
out=${OUT:-dist}
targets=${TARGETS:-linux/amd64 linux/arm64 darwin/amd64 darwin/arm64}
nfpm=${NFPM:-$go run -trimpath github.com/goreleaser/nfpm/v2/cmd/nfpm@v2.48.0}

# What dates the files: the commit, not the clock.
SOURCE_DATE_EPOCH=${SOURCE_DATE_EPOCH:-$(git log -1 --format=%ct 2>/dev/null || echo 0)}
# Package managers compare versions: v1.2-3-gabc is 1.2+3.gabc, which is later than 1.2, and
# a commit without a tag is earlier than any version.
case $VERSION in
v[0-9]* | [0-9]*.*) PACKAGE_VERSION=$(echo "${VERSION#v}" | sed -e 's/-/+/' -e 's/-/./g') ;;
*) PACKAGE_VERSION=0~$(date -u -d "@$SOURCE_DATE_EPOCH" +%Y%m%d 2>/dev/null || date -u -r "$SOURCE_DATE_EPOCH" +%Y%m%d).$(echo "$VERSION" | tr - .) ;;
esac
MAINTAINER=${MAINTAINER:-the livestream-tui authors <livestream-tui@localhost.invalid>}
export SOURCE_DATE_EPOCH PACKAGE_VERSION MAINTAINER LC_ALL=C.UTF-8 TZ=UTC
umask 022

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
mkdir -p "$out" "$work/stage"
out=$(cd "$out" && pwd)
rm -f "$out"/livestream-tui[-_]* "$out/SHA256SUMS"
STAGE=$work/stage

# program builds the program for an OS and an architecture.
program() { CGO_ENABLED=0 GOOS=$1 GOARCH=$2 $go build -trimpath -buildvcs=false -ldflags "-s -w -buildid= -X main.version=$VERSION" -o "$3" .; }

# What does not depend on the target is made by the program itself.
host=$($go env GOHOSTOS)/$($go env GOHOSTARCH)
program "${host%/*}" "${host#*/}" "$work/self"
"$work/self" man >"$STAGE/livestream-tui.1"
for shell in bash zsh fish; do "$work/self" completion $shell >"$STAGE/completion.$shell"; done
{
	cat packaging/options.env
	env -i $(grep -v -e '^#' -e '^HOME=' packaging/service.env) "$work/self" environment --file
} >"$STAGE/environment"
cp -r packaging/deb packaging/rpm packaging/prometheus packaging/lintian-overrides packaging/cluster.conf packaging/service.env packaging/livestream-tui-service packaging/livestream-tui-service.8 \
	packaging/*.service packaging/*.socket "$STAGE"
sh packaging/copyright.sh >"$STAGE/copyright"
GO=$go sh packaging/third-party.sh >"$STAGE/third-party"
cat >"$STAGE/changelog" <<END
livestream-tui ($PACKAGE_VERSION) unstable; urgency=medium

  * Version $VERSION.

 -- $MAINTAINER  $(date -u -R -d "@$SOURCE_DATE_EPOCH" 2>/dev/null || date -u -R -r "$SOURCE_DATE_EPOCH")
END
(cd "$STAGE" && gzip -9n livestream-tui.1 livestream-tui-service.8 third-party changelog)

for target in $targets; do
	GOOS=${target%/*} ARCH=${target#*/}
	name=livestream-tui-$VERSION-$GOOS-$ARCH
	echo "$name"
	if [ "$target" = "$host" ]; then cp "$work/self" "$out/$name"; else program "$GOOS" "$ARCH" "$out/$name"; fi
	GO=$go sh packaging/sbom.sh "$out/$name" "$VERSION" "$out/$name.cdx.json" 2>"$work/said" || { cat "$work/said" >&2; exit 1; }
	[ "$GOOS" = linux ] || continue
	cp "$out/$name" "$STAGE/livestream-tui"
	cp "$out/$name.cdx.json" "$STAGE/sbom.cdx.json"
	find "$STAGE" -exec touch -d "@$SOURCE_DATE_EPOCH" {} +
	for kind in deb rpm; do
		release=
		[ $kind = deb ] || release=1
		(cd "$STAGE" && ARCH=$ARCH PACKAGE_RELEASE=$release $nfpm package --config "$here/nfpm.yaml" --packager $kind --target "$out/") >"$work/said" 2>&1 || { cat "$work/said" >&2; exit 1; }
	done
done
(cd "$out" && sha256sum livestream-tui[-_]* >SHA256SUMS)
