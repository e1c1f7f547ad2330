// Command livestream-tui is a terminal control room for a live stream that must
// not go down: it launches a whole streaming platform as child processes of this
// same binary, supervises it and shows it. See README.md.
package main

import (
	"os"

	"livestream-tui/cli"
)

// version is set by the linker: -X main.version=...
var version = "dev"

func main() { os.Exit(cli.Run(version, os.Args[1:])) }
