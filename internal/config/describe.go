package config

import (
	"fmt"
	"net/url"
	"os"
	"reflect"
	"strings"
	"time"
)

// Setting is one variable, for people to read.
type Setting struct {
	Name    string `json:"name"`
	Value   string `json:"value"` // secrets are masked
	Default string `json:"default"`
	Set     bool   `json:"set"` // by the environment
	Doc     string `json:"doc"`

	group, field, secret string
}

var settings = readTags()

func readTags() []Setting {
	t := reflect.TypeFor[Config]()
	list := make([]Setting, 0, t.NumField())
	group := ""
	for i := range t.NumField() {
		f := t.Field(i)
		if g := f.Tag.Get("group"); g != "" {
			group = g
		}
		list = append(list, Setting{
			Name: f.Tag.Get("env"), Default: f.Tag.Get("envDefault"), Doc: f.Tag.Get("doc"),
			group: group, field: f.Name, secret: f.Tag.Get("secret"),
		})
	}
	return list
}

// Describe lists every setting in order with secrets masked.
func (c *Config) Describe() []Setting {
	v := reflect.ValueOf(*c)
	list := make([]Setting, len(settings))
	for i, s := range settings {
		s.Value = text(v.FieldByName(s.field).Interface())
		s.Set = strings.TrimSpace(os.Getenv(s.Name)) != ""
		switch {
		case s.Value == "":
		case s.secret == "all":
			s.Value = "********"
		case s.secret == "url":
			s.Value = maskURL(s.Value)
		}
		list[i] = s
	}
	return list
}

// maskURL hides the password, wherever a connection URL may carry it.
func maskURL(s string) string {
	u, err := url.Parse(s)
	if err != nil || u.Opaque != "" || u.Scheme == "" {
		return "********"
	}
	if u.User != nil {
		if _, has := u.User.Password(); has {
			u.User = url.UserPassword(u.User.Username(), "********")
		}
	}
	q := u.Query()
	for k := range q {
		if strings.Contains(strings.ToLower(k), "password") {
			q.Set(k, "********")
		}
	}
	u.RawQuery = q.Encode()
	return strings.ReplaceAll(u.String(), "%2A", "*")
}

func text(v any) string {
	if d, ok := v.(time.Duration); ok {
		return d.String()
	}
	return fmt.Sprint(v)
}

// Example is the text of .env.example.
func Example() string {
	var b strings.Builder
	b.WriteString("# Every setting with its default. Copy this file to .env and change what you need;\n" +
		"# compose.yaml reads .env, a shell does with: set -a; . ./.env; set +a\n" +
		"# `tributary config check` shows what is in force and every problem at once.\n")
	group := ""
	for _, s := range settings {
		if s.group != group {
			group = s.group
			fmt.Fprintf(&b, "\n## %s\n", group)
		}
		b.WriteString("\n")
		for _, line := range wrap(s.Doc, 96) {
			b.WriteString("# " + line + "\n")
		}
		fmt.Fprintf(&b, "%s=%s\n", s.Name, s.Default)
	}
	b.WriteString(composeOnly)
	return b.String()
}

// composeOnly is what compose.yaml reads from .env beside the settings.
const composeOnly = `
## For compose.yaml only

# Passwords of the owner of the tables and of the application's login. Letters and digits: they
# stand in URLs.
POSTGRES_PASSWORD=
APP_PASSWORD=

# Port of this machine on which serve answers.
PORT=8080
`

func wrap(s string, width int) []string {
	var lines []string
	line := ""
	for _, word := range strings.Fields(s) {
		if line != "" && len(line)+1+len(word) > width {
			lines, line = append(lines, line), ""
		}
		if line != "" {
			line += " "
		}
		line += word
	}
	return append(lines, line)
}
