package report

import (
	"encoding/xml"
	"fmt"
	"io"
	"strings"
)

type junitSuite struct {
	XMLName  xml.Name    `xml:"testsuite"`
	Name     string      `xml:"name,attr"`
	Tests    int         `xml:"tests,attr"`
	Failures int         `xml:"failures,attr"`
	Skipped  int         `xml:"skipped,attr"`
	Time     string      `xml:"time,attr"`
	Cases    []junitCase `xml:"testcase"`
}

type junitCase struct {
	Name    string        `xml:"name,attr"`
	Class   string        `xml:"classname,attr"`
	Time    string        `xml:"time,attr"`
	Failure *junitFailure `xml:"failure,omitempty"`
	Skipped *junitSkipped `xml:"skipped,omitempty"`
	Output  string        `xml:"system-out,omitempty"`
}

type junitSkipped struct {
	Message string `xml:"message,attr"`
}

type junitFailure struct {
	Message string `xml:"message,attr"`
	Text    string `xml:",chardata"`
}

// WriteJUnit writes a run as JUnit XML, which CI systems read.
func WriteJUnit(w io.Writer, s Summary) error {
	suite := junitSuite{Name: "livestream-tui drill", Tests: len(s.Results), Failures: len(s.Failed()), Skipped: len(s.Skipped()), Time: fmt.Sprintf("%.3f", s.Took.Seconds())}
	for _, r := range s.Results {
		c := junitCase{Name: r.Fault.Name, Class: "drill", Time: fmt.Sprintf("%.3f", r.Took.Seconds()), Output: strings.Join(r.Notes, "\n")}
		switch {
		case r.Skipped != "":
			c.Skipped = &junitSkipped{r.Skipped}
		case !r.Passed:
			c.Failure = &junitFailure{strings.Join(r.Evidence[:min(1, len(r.Evidence))], ""), strings.Join(r.Evidence, "\n")}
		}
		suite.Cases = append(suite.Cases, c)
	}
	b, err := xml.MarshalIndent(suite, "", "  ")
	if err != nil {
		return err
	}
	_, err = io.WriteString(w, xml.Header+string(b)+"\n")
	return err
}
