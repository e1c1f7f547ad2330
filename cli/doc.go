// Package cli is the command line: it reads arguments and environment, wires the
// packages of the program together for each command, and turns errors into exit
// statuses. It alone handles the signals that end the program.
//
// A command is one file, named after it, and one line of the table in root.go; the root
// command itself, which runs the platform, is in platform.go. That makes more than 15
// files. The other files are shared by several commands: paths.go has the folders,
// layout.go the layout that is about to run, screen.go the dashboard's flags, trial.go the
// platform of a drill, remote.go a platform that is already running, manager.go the service
// manager that has started us, and logfile.go the log of the supervisor.
package cli
