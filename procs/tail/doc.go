// Package tail follows the log files that children write to: it hands on each line, keeps
// the files bounded, and makes a file again that was removed or moved.
package tail
