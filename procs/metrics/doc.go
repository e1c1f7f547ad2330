// Package metrics serves the metrics of a platform at one address, in the format of
// Prometheus: those of every service, labelled by process and service, and the platform's
// own, which come from its snapshot and its events. Gathering is bounded in time and size; a
// service that does not answer is left out, and counted.
package metrics
