// Package verdict judges the body of a resource by its bytes: whether it is what a playlist
// promises, and which Content-Type it is served with. It is pure.
package verdict
