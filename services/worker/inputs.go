package worker

import "context"

// inputs are what looks for signals every rescanEvery, starts and ends them. A new kind of
// input is a package in services/worker/input and a line here: its function starts signals,
// each of which airs an input.Source with airSource. Run's goroutine calls them.
func (s *Service) inputs() []func(context.Context) {
	return []func(context.Context){
		s.look, // input/folder: the films of INPUT_STREAM_PATH
	}
}
