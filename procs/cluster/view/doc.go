// Package view is the platform of all machines of a cluster as one platform.Platform: the
// own machine's, with the processes, logs and events of the other machines under names such
// as b/server1. It asks the other machines only while a client asks it. What an unheard
// machine said last is shown as that; commands on it are refused.
package view
