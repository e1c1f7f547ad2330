package cli

import (
	"strings"

	"github.com/spf13/cobra"

	"livestream-tui/services"
)

// examples has for each command, by its path below the program, what its help shows as an
// example. A line of it is a command line without the program's name, with a remark behind
// it where it needs one.
func examples() map[string]string {
	list := map[string]string{
		"":                      "\n--layout redundant --theme dark\n--headless --for 60s   # in CI",
		"attach":                "attach\nattach --read-only   # to look on\nattach --machine b\nattach --ssh op@10.0.0.2",
		"cache":                 "cache",
		"cache clear":           "cache clear\ncache clear --yes film.mp4",
		"completion":            "completion bash > /etc/bash_completion.d/livestream-tui",
		"completion bash":       "completion bash > /etc/bash_completion.d/livestream-tui",
		"completion fish":       "completion fish > ~/.config/fish/completions/livestream-tui.fish",
		"completion powershell": "completion powershell > livestream-tui.ps1",
		"completion zsh":        "completion zsh > \"${fpath[1]}/_livestream-tui\"",
		"config":                "config\nconfig > mine.yaml",
		"ctl":                   "ctl status\nctl restart server1",
		"ctl drain":             "ctl drain b\nctl drain b --timeout 10m",
		"ctl failover":          "ctl failover",
		"ctl hold":              "ctl hold server2",
		"ctl input":             "ctl input stage backup\nctl input stage auto",
		"ctl kill":              "ctl kill server1\nctl kill proxy --yes   # without a question",
		"ctl machines":          "ctl machines\nctl machines --json --ssh op@10.0.0.2",
		"ctl pause":             "ctl pause server1",
		"ctl release":           "ctl release",
		"ctl restart":           "ctl restart server1 --wait --timeout 30s",
		"ctl resume":            "ctl resume server1",
		"ctl start":             "ctl start server1",
		"ctl status":            "ctl status\nctl status proxy --json",
		"ctl stop":              "ctl stop server1",
		"ctl undrain":           "ctl undrain b",
		"ctl upgrade":           "ctl upgrade --json",
		"doctor":                "doctor",
		"drill":                 "drill\ndrill kill-active --players 50\ndrill --list",
		"drill soak":            "drill soak --for 1h\ndrill soak --seed 42   # again",
		"environment":           "help environment\nenvironment --file > livestream.env",
		"events":                "events --since 1h\nevents --since 20:00 --json",
		"healthy":               "healthy",
		"help":                  "help attach\nhelp environment",
		"invite":                "invite\ninvite --address 10.0.0.1 --machine a   # the first machine\ninvite --edge\ninvite --new a=10.0.0.1 b=10.0.0.2 c=10.0.0.3",
		"join":                  "join -   # and paste the token\njoin --machine b --address 10.0.0.2 - < token",
		"keys":                  "keys\nkeys --layout mine.yaml --json",
		"layouts":               "layouts\nlayouts default > mine.yaml",
		"man":                   "man > livestream-tui.1",
		"remove":                "remove c",
		"report":                "report --since 20:00\nreport --since 168h --html week.html",
		"token":                 "token live01 --for 2h\ntoken live01 --base https://live.example.com",
		"version":               "version",
	}
	for _, s := range services.All() {
		list[s.Name] = s.Name
	}
	return list
}

// addExamples adds its example to each command.
func addExamples(root *cobra.Command) {
	list := examples()
	var walk func(c *cobra.Command)
	walk = func(c *cobra.Command) {
		if lines, ok := list[below(root, c)]; ok {
			c.Example = exampleText(root.Name(), lines)
		}
		for _, sub := range c.Commands() {
			walk(sub)
		}
	}
	walk(root)
}

// below returns the path of a command without the program's name.
func below(root, c *cobra.Command) string {
	return strings.TrimSpace(strings.TrimPrefix(c.CommandPath(), root.Name()))
}

// exampleText returns the lines of an example with the program's name.
func exampleText(program, lines string) string {
	var out []string
	for _, line := range strings.Split(lines, "\n") {
		out = append(out, "  "+strings.TrimSpace(program+" "+line))
	}
	return strings.Join(out, "\n")
}
