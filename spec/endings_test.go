package spec

import (
	"strings"
	"testing"
)

func TestHostPort(t *testing.T) {
	for text, want := range map[string]string{
		"80": "127.0.0.1 80", "65535": "127.0.0.1 65535", "localhost:1": "localhost 1", "10.0.0.1:80": "10.0.0.1 80", "[::1]:80": "[::1] 80", "a-b.example:8080": "a-b.example 8080",
		"": "", "0": "", "65536": "", "99999": "", "080": "", "http": "", ":80": "", "host:": "", "host": "", "::1:80": "", "[::1]": "", "[x]:80": "", "a b:80": "", "http://a:80": "", "-1": "", "80 ": "", "80\n": "",
	} {
		host, port, ok := HostPort(text)
		if got := strings.TrimSpace(host + " " + port); got != want || ok != (want != "") {
			t.Errorf("HostPort(%q) is %q, %v; want %q", text, got, ok, want)
		}
	}
}

// TestLogs holds which jobs log anything.
func TestLogs(t *testing.T) {
	for keys, want := range map[string]bool{
		"run: x":                  true,
		"run: x, stdout: discard": true,
		"run: x, stdout: discard, stderr: discard":                                          false,
		"run: x, stdout: discard, stderr: stdout":                                           false,
		"run: x, stderr: stdout":                                                            true,
		"run: x, stdout: {file: o}, stderr: log":                                            true,
		"run: x, stdout: inherit, stderr: inherit":                                          false,
		"run: x, interactive: true":                                                         false,
		"run: x, interactive: true, stderr: log":                                            true,
		"pipe: [x, y], stdout: discard":                                                     true,
		"pipe: [x], stdout: discard, stderr: stdout":                                        false,
		"pipe: [x, {run: y, stderr: log}], stdout: discard, stderr: discard":                true,
		"pipe: [{run: x, stderr: discard}, {run: y, stderr: discard}], stdout: {file: o}":   false,
		"pipe: [{run: x, stderr: discard}, {run: y, stderr: discard}], stderr: {file: o}":   true, // its stdout
		"pipe: [{run: x, stderr: discard}, y], stdout: {file: o}":                           true,
		"pipe: [{run: x, stderr: stdout}, {run: y, stderr: stdout}], stdout: {capture: {}}": false,
	} {
		f, list := Parse("f", []byte("version: 1\njobs: {a: {"+keys+"}}\n"), DefaultLimits())
		if len(list) > 0 {
			t.Fatalf("%s: %+v", keys, list)
		}
		if j, _ := f.Jobs.Get("a"); j.Logs() != want {
			t.Errorf("%s: %v, want %v", keys, j.Logs(), want)
		}
	}
}
