// Package headless runs a platform without a terminal: it writes one line for each event,
// and decides how the run ended.
package headless
