// Command progress runs the steps of `make test` and shows how far they are, on a terminal
// and in the log of a CI machine alike:
//
//	go run ./test/progress 'TITLE' 'COMMAND' ['TITLE' 'COMMAND' ...]
//
// The shell runs each command, and progress stops at the first that fails. If a command is
// `go test -json`, progress prints a line for each package that has finished, or for each
// test with -v, and the whole output of a test that fails. Other output of a command is
// passed on. At the end it prints the number of tests, failures and skips, the time, and
// the slowest tests.
package main
