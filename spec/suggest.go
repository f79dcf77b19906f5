package spec

import (
	"cmp"
	"net/url"
	"slices"
	"strings"
	"unicode/utf8"

	"gopkg.in/yaml.v3"
)

// nearestKey is Nearest for the keys of a mapping, which other tools give
// other names.
func nearestKey(name string, keys []string) string {
	for _, key := range otherNames(strings.ToLower(name)) {
		if slices.Contains(keys, key) {
			return key
		}
	}
	return Nearest(name, keys)
}

// otherNames are the keys of the language for what make, just, Task, GitHub
// Actions, Compose and others call name.
func otherNames(name string) []string {
	switch name {
	case "working_directory", "working-directory", "workdir", "working_dir", "cwd":
		return []string{"dir"}
	case "cmd", "cmds", "script", "exec":
		return []string{"run"}
	case "commands", "steps", "stages":
		return []string{"pipe", "jobs"}
	case "tasks", "recipes", "targets", "services":
		return []string{"jobs"}
	case "deps", "depends_on", "depends-on", "requires":
		return []string{"needs"}
	case "environment", "variables":
		return []string{"env"}
	case "vars", "inputs":
		return []string{"params"}
	case "dotenv":
		return []string{"env_file"}
	case "desc", "summary", "help":
		return []string{"description"}
	case "if", "only":
		return []string{"when"}
	case "retries":
		return []string{"retry", "attempts"}
	case "timeout-minutes", "timeout_seconds", "deadline":
		return []string{"timeout"}
	case "daemon", "background", "detached", "is_daemon", "disown":
		return []string{"detach"}
	case "tty", "terminal", "stdin_open", "is_interactive":
		return []string{"interactive"}
	case "healthcheck", "readiness", "readiness_probe", "ready_when", "ready_log_line", "wait_for":
		return []string{"ready"}
	case "restart_policy", "respawn", "autorestart", "availability":
		return []string{"restart"}
	case "lock", "mutex", "flock", "resource_group":
		return []string{"exclusive"}
	case "stop_signal", "kill_signal", "killsignal":
		return []string{"signal"}
	case "stop_grace_period", "grace_period", "kill_timeout", "timeoutstopsec":
		return []string{"grace"}
	case "shutdown", "killmode":
		return []string{"stop"}
	case "tcp", "tcp_port", "address", "addr":
		return []string{"port"}
	case "log_line", "regex", "regexp":
		return []string{"line"}
	case "silence", "no_output_timeout", "inactivity_timeout":
		return []string{"idle_timeout"}
	case "logging", "log_configuration":
		return []string{"log"}
	case "input":
		return []string{"stdin"}
	case "output":
		return []string{"stdout"}
	case "allow_failure", "continue-on-error", "ignore_error", "exit_codes":
		return []string{"ok"}
	case "concurrency", "parallel", "parallelism", "max-parallel":
		return []string{"max_parallel"}
	}
	return nil
}

// insideKey is what to write for a key that belongs into the mapping of one of
// keys, or whose value does, as "stop: {grace: 5s}"; or "".
func insideKey(name string, value *yaml.Node, keys []string) string {
	var outer, key, others string
	text := value.Value
	switch strings.ToLower(name) {
	case "grace", "stop_grace_period", "grace_period", "kill_timeout", "timeoutstopsec":
		outer, key = "stop", "grace"
	case "signal", "stop_signal", "kill_signal", "killsignal":
		outer, key, text = "stop", "signal", strings.TrimPrefix(strings.ToUpper(text), "SIG")
	case "attempts":
		outer, key = "retry", "attempts"
	case "jitter", "budget":
		outer, key, others = "retry", strings.ToLower(name), "attempts: 3, "
	case "url", "http", "http_get":
		address := urlAddress(text)
		if !slices.Contains(keys, "port") || address == "" {
			return ""
		}
		return "port: " + address + ", which takes a connection when the server is up"
	}
	if outer == "" || !slices.Contains(keys, outer) || slices.Contains(keys, key) {
		return ""
	}
	if value.Kind != yaml.ScalarNode || text == "" {
		return outer + ": {" + others + key + ": …}"
	}
	if isInt(text) && key == "grace" {
		text += "s" // as Compose and systemd mean it
	}
	return outer + ": {" + others + key + ": " + flowText(text) + "}"
}

// urlAddress is the port of the URL text, or its host:port as YAML has it where
// the host is not this machine; "" where it is no URL.
func urlAddress(text string) string {
	u, err := url.Parse(text)
	if err != nil || u.Hostname() == "" {
		return ""
	}
	port := cmp.Or(u.Port(), map[string]string{"http": "80", "https": "443"}[u.Scheme])
	switch host := u.Hostname(); {
	case port == "":
		return ""
	case host == "localhost" || host == "127.0.0.1":
		return port
	case strings.Contains(host, ":"):
		return flowText("[" + host + "]:" + port)
	default:
		return flowText(host + ":" + port)
	}
}

// Nearest is the one of names that was probably meant by name, or "" where
// none is near: the same but for case, or within a third of its length in
// edits, a swap of neighbours counting as one.
func Nearest(name string, names []string) string {
	best, bestAt := "", max(1, utf8.RuneCountInString(name)/3)+1
	if len(name) > 64 {
		return ""
	}
	for _, n := range names {
		if strings.EqualFold(name, n) {
			return n
		}
		a, b := []rune(name), []rune(n)
		if at := distance(a, b, bestAt); at < bestAt && at < max(len(a), len(b)) { // something is the same
			best, bestAt = n, at
		}
	}
	return best
}

// distance is the optimal string alignment distance of a and b, or most where
// it is at least that.
func distance(a, b []rune, most int) int {
	if len(a)-len(b) >= most || len(b)-len(a) >= most {
		return most
	}
	before, last, row := make([]int, len(b)+1), make([]int, len(b)+1), make([]int, len(b)+1)
	for j := range row {
		last[j] = j
	}
	for i := 1; i <= len(a); i++ {
		row[0] = i
		for j := 1; j <= len(b); j++ {
			cost := 1
			if a[i-1] == b[j-1] {
				cost = 0
			}
			row[j] = min(last[j]+1, row[j-1]+1, last[j-1]+cost)
			if i > 1 && j > 1 && a[i-1] == b[j-2] && a[i-2] == b[j-1] {
				row[j] = min(row[j], before[j-2]+1)
			}
		}
		before, last, row = last, row, before
	}
	return min(last[len(b)], most)
}
