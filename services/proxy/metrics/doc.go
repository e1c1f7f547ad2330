// Package metrics holds the metrics of the proxy.
package metrics
