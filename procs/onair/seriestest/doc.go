// Package seriestest holds recorded series of snapshots. The dashboard, ctl, the headless
// output and the drill each have a test that runs over them and expects the state that the
// snapshot has at each moment, so all of them agree.
package seriestest
