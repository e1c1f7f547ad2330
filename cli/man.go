package cli

import (
	"cmp"
	"fmt"
	"io"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"livestream-tui/services/kit/service"
)

func manCommand(a *app) *cobra.Command {
	return &cobra.Command{
		Use: "man", Short: "print the manual page", Args: cobra.NoArgs, ValidArgsFunction: cobra.NoFileCompletions,
		RunE: func(c *cobra.Command, _ []string) error {
			_, err := io.WriteString(a.out, manual(c.Root(), a.version))
			return err
		},
	}
}

// manual is the manual page of a program, in the language of man(7). It is made from the
// commands, the settings and the exit statuses.
func manual(root *cobra.Command, version string) string {
	p := &page{}
	p.macro("TH", strings.ToUpper(root.Name()), "1", "", root.Name()+" "+version, "User Commands")
	p.macro("SH", "NAME")
	p.text(root.Name() + " - " + root.Short)
	p.macro("SH", "SYNOPSIS")
	p.bold(root.Name(), "[OPTION ...]")
	p.macro("br")
	p.bold(root.Name(), "COMMAND [OPTION ...] [ARGUMENT ...]")
	p.macro("SH", "DESCRIPTION")
	p.text(root.Long)
	p.macro("SH", "OPTIONS")
	p.flags(root.NonInheritedFlags())
	p.macro("SH", "EXAMPLES")
	p.literal(root.Example)
	p.macro("SH", "COMMANDS")
	p.commands(root)
	p.macro("SH", "ENVIRONMENT")
	p.text("Every setting is an environment variable. An empty one counts as not set.")
	eachSetting(func(s service.Setting) {
		p.item(s.Variable, s.Default)
		p.text(s.Doc)
	})
	p.macro("SH", "EXIT STATUS")
	for _, s := range statusTexts() {
		p.item(fmt.Sprint(s.status), "")
		p.text(s.text)
	}
	p.macro("SH", "SEE ALSO")
	p.text("ffmpeg(1), systemctl(1)")
	return p.String()
}

// page is a manual page that is being written.
type page struct{ strings.Builder }

// roff escapes what has a meaning in a line of text.
func roff(s string) string {
	s = strings.NewReplacer(`\`, `\e`, "-", `\-`, "`", `\(ga`, "~", `\(ti`, "^", `\(ha`).Replace(s)
	if strings.HasPrefix(s, ".") || strings.HasPrefix(s, "'") {
		s = `\&` + s
	}
	return s
}

// macro writes a request with its arguments.
func (p *page) macro(name string, arguments ...string) {
	p.WriteString("." + name)
	for _, a := range arguments {
		p.WriteString(` "` + strings.ReplaceAll(roff(a), `"`, `\(dq`) + `"`)
	}
	p.WriteString("\n")
}

// text writes paragraphs, which empty lines separate. Indented lines keep their form.
func (p *page) text(s string) {
	for i, paragraph := range strings.Split(strings.TrimSpace(s), "\n\n") {
		if i > 0 {
			p.macro("PP")
		}
		if strings.HasPrefix(paragraph, " ") || strings.HasPrefix(paragraph, "\t") {
			p.literal(paragraph)
			continue
		}
		for line := range strings.Lines(paragraph) {
			p.WriteString(roff(strings.TrimSpace(line)) + "\n")
		}
	}
}

// literal writes lines as they are, without the indent that all of them have.
func (p *page) literal(s string) {
	p.macro("nf")
	p.macro("RS", "4")
	for line := range strings.Lines(s) {
		p.WriteString(roff(strings.TrimRight(strings.TrimLeft(line, " \t"), "\n")) + "\n")
	}
	p.macro("RE")
	p.macro("fi")
}

// bold writes a line of bold text and plain text.
func (p *page) bold(bold, plain string) {
	p.WriteString(strings.TrimSpace(`\fB`+roff(bold)+`\fR `+roff(plain)) + "\n")
}

// item begins an item of a list: what comes next is its text.
func (p *page) item(term, value string) {
	p.macro("TP")
	if value != "" {
		value = "(default " + value + ")"
	}
	p.bold(term, value)
}

// flags writes a list of flags.
func (p *page) flags(set *pflag.FlagSet) {
	set.VisitAll(func(f *pflag.Flag) {
		if f.Hidden {
			return
		}
		name, usage := pflag.UnquoteUsage(f)
		term := "--" + f.Name
		if f.Shorthand != "" {
			term = "-" + f.Shorthand + ", " + term
		}
		if name != "" {
			term += " " + name
		}
		value := f.DefValue
		if value == "false" || value == "0s" || value == "[]" {
			value = ""
		}
		p.item(term, value)
		p.text(usage)
	})
}

// commands writes what help says of each command below parent.
func (p *page) commands(parent *cobra.Command) {
	for _, c := range parent.Commands() {
		if c.Hidden {
			continue
		}
		if c.Runnable() {
			p.macro("SS", strings.TrimSuffix(strings.TrimPrefix(c.UseLine(), c.Root().Name()+" "), " [flags]"))
			p.text(cmp.Or(longOf(c), c.Short+"."))
			p.flags(c.NonInheritedFlags())
			if c.HasAvailableInheritedFlags() {
				p.flags(c.InheritedFlags())
			}
			if c.Example != "" {
				p.macro("PP")
				p.literal(c.Example)
			}
		}
		p.commands(c)
	}
}

// longOf is the long help of a command; empty where the page has it elsewhere.
func longOf(c *cobra.Command) string {
	if c.Name() == "environment" {
		return ""
	}
	return c.Long
}
