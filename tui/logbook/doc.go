// Package logbook keeps the lines of log that the dashboard shows: in order of time,
// filtered, and with equal lines counted. It draws nothing.
package logbook
