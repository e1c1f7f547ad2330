// Package identity is who this machine is in a cluster: its name, its address, and the keys
// that follow from the cluster's secret. A token carries what another machine needs to join.
package identity
