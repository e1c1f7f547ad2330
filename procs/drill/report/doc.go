// Package report shows what a drill does and how it ends: as text for people, as lines of
// JSON, and as JUnit XML for CI.
package report
