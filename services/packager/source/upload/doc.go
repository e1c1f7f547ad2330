// Package upload is the source of signals that workers PUT, by the contract of package
// ingest.
package upload
