// Package kubernetes holds the manifests in packaging/kubernetes against Kubernetes' own types,
// against each other and against the layout that they run. It needs no cluster.
package kubernetes
