// Package registry is what the agent knows of the cluster: a table of machines, servers and
// intents, how it is brought in line with the Store, and the settings of processes that follow
// from it. Apart from a copy of the table on disk it is pure.
package registry
