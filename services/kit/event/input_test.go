package event

import "testing"

func TestAChangeOfInputsInWords(t *testing.T) {
	for want, e := range map[string]Input{
		"main": {Change: InputSwitched, Input: "main"},
		"main -> backup, 640 ms, 16 frames: main has sent no picture for 1.0 s": {Change: InputSwitched, From: "main", Input: "backup", GapMS: 640.2, Frames: 16, Cause: "main has sent no picture for 1.0 s"},
		"backup lost: it was ended by its encoder":                              {Change: InputLost, Input: "backup", Cause: "backup was ended by its encoder"},
		"backup lost: a cause of another form":                                  {Change: InputLost, Input: "backup", Cause: "a cause of another form"},
		"main back: after 3s":                                                   {Change: InputBack, Input: "main", Cause: "after 3s"},
	} {
		if got := e.String(); got != want {
			t.Errorf("got  %s\nwant %s", got, want)
		}
	}
}
