#!/bin/sh
# Writes debian/copyright of the binary packages to standard output.
set -eu
cat <<HEAD
Format: https://www.debian.org/doc/packaging-manuals/copyright-format/1.0/
Upstream-Name: livestream-tui
Comment:
 The program contains Go modules, and hls.js (Apache-2.0) where it was built
 with it; third-party.gz lists them, with their copyright notices and licences.

Files: *
Copyright: $(sed -n 's/^Copyright (c) //p' LICENSE)
License: Expat

License: Expat
HEAD
sed -e '1,/^Copyright/d' -e '/./,$!d' LICENSE | sed -e 's/^$/./' -e 's/^/ /'
