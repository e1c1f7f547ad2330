// Package reporter keeps what the discoveries report and says which signals are ingested and
// which packagers are up for them.
package reporter
