// Package cluster is the contract between the machines of a cluster: what a Bus and a Reader
// are, which subjects and keys there are, and what is under them.
//
// Nothing that players wait for may need an agreement between machines. Whoever serves
// players sees a Bus and a Reader only; what writes to the Store is in package store.
//
// It imports no other package of ours. The source is docs/CLUSTER.md.
package cluster
