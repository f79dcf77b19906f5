package spec

import (
	"fmt"

	"sluice/spec/diag"
)

// The closed lists of the language. A field names its list in the tag `enum`,
// from which the schema and the documentation have it; package validate checks
// values against the same lists.

// ParamTypes are the types that a param can have.
func ParamTypes() []string {
	return []string{"string", "int", "float", "bool", "enum", "path", "duration", "size"}
}

// OutputModes are the ways to write a file.
func OutputModes() []string { return []string{"atomic", "append", "truncate", "create"} }

// StopSignals are the signals that can ask a process group to end.
func StopSignals() []string {
	return []string{"TERM", "INT", "HUP", "QUIT", "USR1", "USR2", "KILL", "ABRT", "ALRM", "WINCH"}
}

// EndingSignals are the signals that end a process which does nothing about
// them (POSIX.1-2024, signal.h).
func EndingSignals() []string {
	return []string{"ABRT", "ALRM", "BUS", "FPE", "HUP", "ILL", "INT", "KILL", "PIPE", "QUIT", "SEGV", "SYS", "TERM", "TRAP", "USR1", "USR2", "VTALRM", "XCPU", "XFSZ"}
}

// Groups are the process groups that an attempt can run in.
func Groups() []string { return []string{"own", "session", "inherit"} }

// Restarts are the endings after which a job can be started again.
func Restarts() []string { return []string{"failure", "always"} }

// Conflicts are what a job can do that finds its lock held.
func Conflicts() []string { return []string{"wait", "fail"} }

// Fulls are what a tee can do that keeps as much as it may.
func Fulls() []string { return []string{"wait", "fail"} }

// ShardCuts are the places where a stream can be cut for copies of a stage.
func ShardCuts() []string { return []string{"lines", "bytes"} }

// ShardMerges are the ways to join what the copies write.
func ShardMerges() []string { return []string{"ordered", "sorted", "any"} }

// Systems are the operating systems of `go tool dist list` that run processes.
func Systems() []string {
	return []string{"aix", "android", "darwin", "dragonfly", "freebsd", "illumos", "linux", "netbsd", "openbsd", "plan9", "solaris", "windows"}
}

// Processors are the processors of the same list.
func Processors() []string {
	return []string{"386", "amd64", "arm", "arm64", "loong64", "mips", "mips64", "mips64le", "mipsle", "ppc64", "ppc64le", "riscv64", "s390x"}
}

// WaivableRules are the ids of the rules that allow can waive.
func WaivableRules() (ids []string) {
	for _, r := range diag.Rules() {
		if r.Severity != diag.Fatal {
			ids = append(ids, r.ID)
		}
	}
	return ids
}

// wordList is the list that the tag `enum` calls name.
func wordList(name string) []string {
	switch name {
	case "param type":
		return ParamTypes()
	case "mode":
		return OutputModes()
	case "signal":
		return StopSignals()
	case "ending":
		return EndingSignals()
	case "group":
		return Groups()
	case "restart":
		return Restarts()
	case "by":
		return ShardCuts()
	case "merge":
		return ShardMerges()
	case "full":
		return Fulls()
	case "conflict":
		return Conflicts()
	case "system":
		return Systems()
	case "processor":
		return Processors()
	case "rule":
		return WaivableRules()
	}
	panic(fmt.Sprintf("no list of words is called %q", name))
}
