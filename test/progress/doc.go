// Command progress runs the steps of `make test` and tells how far they are, on a
// terminal and in the log of a CI machine alike:
//
//	go run ./test/progress 'TITLE' 'COMMAND' ['TITLE' 'COMMAND' ...]
//
// The shell runs each command, and the first that fails is the last. Where a command is
// `go test -json`, a line stands for each package that is finished, or for each test
// with -v; a test that fails is told whole. What else a command says is passed on. At
// the end stand the number of tests, failures and skips, the time, and the slowest
// tests.
package main
