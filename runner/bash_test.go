package runner

import (
	"os"
	"os/exec"
	"strings"
	"testing"

	"sluice/runner/plan"
	"sluice/runner/report"
)

// Verdicts are those of `bash -o pipefail`, but where a #IGNORE says why not.
func TestVerdictsLikeBash(t *testing.T) {
	bash, err := exec.LookPath("bash")
	if err != nil {
		t.Skip("this machine has no bash to compare with")
	}
	for _, line := range strings.Split(strings.TrimSpace(`
true
false
true | true
true | false
false | true
false | false
false | true | true
true | false | true
exit 3 | exit 4
exit 4 | exit 3
exit 3 | exit 4 | true
exit 255 | true
exit 126
exit 127 | true
die 15
die 9 | true
die 11 | exit 3
exit 3 | die 11
die 6 | die 15 | true
die 13
true | die 13
exit 141
exit 141 | false
flood | false
flood | exit 3 | exit 0
flood | first 10 | false
copy | copy | copy
say a | first 2 | sum
nosuch
true | nosuch
nosuch | true
nosuch | nosuch
./plain
./plain | true
/ | true
yes | true                #IGNORE a writer that its reader cut off is no failure; bash has 141
yes | head -n 1           #IGNORE as above
flood | first 10          #IGNORE as above
flood | copy | first 10   #IGNORE as above
exit 141 | true           #IGNORE a program that ends by itself after EPIPE counts as cut off
nosuch | false            #IGNORE a stage that could not start is the cause before all that failed
nosuch | exit 3 | exit 4  #IGNORE as above
`), "\n") {
		line, reason, ignore := strings.Cut(line, "#IGNORE")
		line = strings.TrimSpace(line)
		t.Run(line, func(t *testing.T) {
			ours, theirs := ourCode(t, line), bashCode(t, bash, line)
			switch {
			case !ignore && ours != theirs:
				t.Errorf("exit code %d, bash has %d", ours, theirs)
			case ignore && ours == theirs:
				t.Errorf("both have %d, although%s", ours, reason)
			}
		})
	}
}

// ourCode runs line, and returns the exit code of what made it fail: 0 where
// nothing did.
func ourCode(t *testing.T, line string) int {
	t.Helper()
	dir := t.TempDir()
	write(t, dir+"/plain", "") // not executable
	var stages []*plan.Stage
	for _, part := range strings.Split(line, "|") {
		argv := strings.Fields(part)
		var s *plan.Stage
		switch {
		case programs()[argv[0]] != nil:
			s = self(t, argv[0], argv[1:]...)
		case strings.HasPrefix(argv[0], "/"):
			s = stageOf(argv[0], argv[0], argv, nil)
		case argv[0] == "nosuch" || argv[0] == "./plain":
			s = stageOf(argv[0], dir+"/"+argv[0], argv, nil)
		default:
			s = tool(t, argv[0], argv[1:]...)
		}
		stages = append(stages, s)
	}
	o := execute(t, planOf(job("j", stages...)), Options{})
	a := o.Jobs[0].Last()
	if a.Status == report.Succeeded {
		return 0
	}
	s := a.Stages[a.CauseBy]
	if s.Signal != "" {
		for n, name := range map[int]string{6: "ABRT", 9: "KILL", 11: "SEGV", 13: "PIPE", 15: "TERM"} {
			if name == s.Signal {
				return 128 + n
			}
		}
	}
	return s.Code
}

// bashCode runs line in bash, with the test binary playing the same programs.
func bashCode(t *testing.T, bash, line string) int {
	t.Helper()
	path, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	parts := strings.Split(line, "|")
	for i, part := range parts {
		argv := strings.Fields(part)
		if programs()[argv[0]] != nil {
			parts[i] = "(" + play + "=" + argv[0] + " exec '" + path + "' " + strings.Join(argv[1:], " ") + ")"
		}
	}
	cmd := exec.Command(bash, "-c", "set -o pipefail; "+strings.Join(parts, "|"))
	cmd.Dir = t.TempDir()
	cmd.Env = append(os.Environ(), "GORACE=atexit_sleep_ms=0")
	write(t, cmd.Dir+"/plain", "")
	err = cmd.Run()
	if cmd.ProcessState == nil {
		t.Fatal(err)
	}
	if cmd.ProcessState.ExitCode() < 0 { // bash itself took the place of a lone program
		return 128 + int(signalOf(cmd.ProcessState))
	}
	return cmd.ProcessState.ExitCode()
}
