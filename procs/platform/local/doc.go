// Package local is a platform that this process supervises: it starts the processes of a
// layout, folds their log and their states into a model, polls the control plane, and
// passes events on to subscribers.
//
// Since each source of facts and each service to clients has a file, the package has more than 15 files.
package local
