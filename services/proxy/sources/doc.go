// Package sources says which packagers to ask for what a playlist lists, in which order and
// under which names. It is pure.
package sources
