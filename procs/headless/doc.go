// Package headless runs a platform without a terminal: it writes what happens, a line for
// each event, and decides how the run ended.
package headless
