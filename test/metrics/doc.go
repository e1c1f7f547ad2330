// Package metrics tests what stands in packaging/prometheus with Prometheus itself.
package metrics
