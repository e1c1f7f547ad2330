// Package report holds the records that cross process borders: what discovery tells the
// reporter, and what the reporter and the origin answer.
//
// It depends on nothing else of ours, so that a dashboard can read a service's
// answers without knowing the service.
package report
