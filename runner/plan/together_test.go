package plan

import "testing"

// TestTogether holds what is refused of locks and ports that only a plan
// knows, and that a plan without one of the two jobs is made.
func TestTogether(t *testing.T) {
	dir := folder(t, "!bin/a")
	text := `version: 1
params: {host: {default: box}, port: {default: '80'}}
jobs:
  s: {run: a, service: true, exclusive: "l-${params.host}", ready: {port: "${params.port}"}}
  s2: {run: a, service: true, exclusive: l-box, ready: {port: "localhost:81"}}
  s3: {run: a, service: true, ready: {port: "localhost:81"}, when: {os: [linux]}}
  u: {run: a, needs: [s, s2]}
  u3: {run: a, needs: [s3]}
  m: {run: a, service: true, matrix: {n: [1, 2]}, exclusive: "m-${params.host}", ready: {port: "9${params.port}"}}
  um: {run: a, needs: [m]}
  lonely: {run: a, service: true, exclusive: db}
  reset: {run: a, exclusive: db}
  drop: {run: a, after: [lonely], exclusive: db}
  d: {run: a, detach: true, exclusive: "d-${params.host}"}
  later: {run: a, after: [d], exclusive: d-box, matrix: {n: [1, 2]}}
`
	for _, c := range []struct {
		name     string
		in       Inputs
		problems []string
	}{
		{"as it stands", Inputs{Jobs: []string{"u", "u3"}}, []string{
			`5:42+5 SL110: service "s" holds this lock until jobs have ended that wait for service "s2"`,
			`6:45+14 SL110: services s2 and s3 are ready by the same port, and they run at once: one would answer for the other`,
		}},
		{"one is skipped", Inputs{Jobs: []string{"u3"}, OS: "darwin"}, nil},
		{"other params", Inputs{Jobs: []string{"u"}, Params: map[string]Given{"host": given("other")}}, nil},
		{"a port by a param", Inputs{Jobs: []string{"u"}, Params: map[string]Given{"host": given("other"), "port": given("127.0.0.1:81")}}, []string{
			`5:63+14 SL110: services s and s2 are ready by the same port, and they run at once: one would answer for the other`,
		}},
		{"instances", Inputs{Jobs: []string{"um"}}, []string{
			"9:62+18 SL110: m[n=1] and m[n=2] run at once, and one of them at a time could hold this lock",
			"9:96+17 SL110: services m[n=1] and m[n=2] are ready by the same port, and they run at once: one would answer for the other",
		}},
		{"a service that no job needs", Inputs{Jobs: []string{"lonely", "reset", "drop"}}, []string{
			"12:30+2 SL110: reset never gets this lock: service lonely holds it until the run is stopped, since no job needs it",
		}},
		{"a service apart", Inputs{Jobs: []string{"lonely"}}, nil},
		{"after what is detached", Inputs{Jobs: []string{"d", "later"}}, []string{
			`15:42+5 SL109: job "later" starts after detached job "d", which holds this lock as long as it lives`,
		}},
		{"without what is detached", Inputs{Jobs: []string{"later"}}, nil},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, problems := try(t, dir, text, c.in)
			want(t, problems, c.problems)
		})
	}
}
