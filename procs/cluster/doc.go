// Package cluster is the agent of a machine: the part of the supervisor that makes one
// platform of several machines. It tells the others of this machine, knows of them what is in
// the Store and what is heard on the Bus, gives the own processes the settings that follow
// from it, and carries out drains. Nothing that players wait for waits for it.
package cluster
