package spec

import (
	"slices"
	"strings"
	"unicode/utf8"
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
	case "stop_grace_period", "kill_timeout", "shutdown", "killmode":
		return []string{"stop"}
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
