// Package local is a platform that this process supervises: it starts the processes of a
// layout, folds what they tell into a model, asks the control plane, and passes on what
// subscribers are told.
package local
