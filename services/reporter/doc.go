// Package reporter stores the reports of discovery and answers which signals are ingested
// and which packagers are up for them.
package reporter
