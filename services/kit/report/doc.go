// Package report holds the records that cross process borders: the reports of discovery to
// the reporter, and the answers of the reporter and the origin.
//
// It imports no other package of ours, so that a dashboard can read a service's
// answers without knowing the service.
package report
