// Package preferences reads what an operator prefers of the dashboard: config.yaml in the
// user's configuration folder.
package preferences
