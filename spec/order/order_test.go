package order

import "testing"

func job(name string, needs ...string) Job     { return Job{Name: name, Needs: needs} }
func service(name string, needs ...string) Job { return Job{Name: name, Needs: needs, Service: true} }

// TestApart holds what is over before what.
func TestApart(t *testing.T) {
	g := New([]Job{
		job("first"), job("second", "first"), job("other"),
		service("s"), job("user", "s"), {Name: "cleanup", After: []string{"s"}}, job("later", "user"),
		service("late"), job("lateUser", "late", "user"),
		{Name: "d", Detach: true}, job("afterD", "d"),
		service("lonely"),
	})
	for _, c := range []struct {
		a, b string
		want bool
	}{
		{"first", "second", true},
		{"first", "other", false},
		{"s", "user", false},
		{"s", "cleanup", true},
		{"later", "s", true},    // all that need it have ended, so it is being stopped
		{"s", "late", true},     // which is called after them
		{"d", "afterD", false},  // it may live for ever
		{"d", "first", false},   //
		{"lonely", "s", false},  //
		{"first", "none", true}, // there is no such job
	} {
		if got := g.Apart(c.a, c.b); got != c.want {
			t.Errorf("Apart(%s, %s) is %t", c.a, c.b, got)
		}
		if got := g.Apart(c.b, c.a); got != c.want {
			t.Errorf("Apart(%s, %s) is %t", c.b, c.a, got)
		}
	}
}

// TestPrecedes holds which of two is over first.
func TestPrecedes(t *testing.T) {
	g := New([]Job{job("first"), job("second", "first"), {Name: "third", After: []string{"second"}, Maybe: true}, service("s"), job("user", "s", "first")})
	for _, c := range []struct {
		a, b string
		want bool
	}{
		{"first", "second", true},
		{"first", "third", true},
		{"second", "first", false},
		{"first", "s", true}, // it is called when all else that its user waits for is over
		{"s", "user", false},
		{"first", "none", false},
		{"first", "first", false},
	} {
		if got := g.Precedes(c.a, c.b); got != c.want {
			t.Errorf("Precedes(%s, %s) is %t", c.a, c.b, got)
		}
	}
}

// TestHangs holds that a lock is given back where all the clients of a service
// start after the job that wants it too, and not where one of them does not.
func TestHangs(t *testing.T) {
	jobs := []Job{job("p"), service("s"), job("c", "s", "p")}
	if New(jobs).Hangs("s", "p") {
		t.Error("the service starts when p is over")
	}
	if !New(append(jobs, job("early", "s"))).Hangs("s", "p") {
		t.Error("the service may start before p, for another client")
	}
	if !New([]Job{service("s"), job("u", "s")}).Hangs("s", "u") {
		t.Error("the service ends after what needs it")
	}
	if New([]Job{service("s"), {Name: "u", Needs: []string{"s"}, Maybe: true}}).Hangs("s", "u") {
		t.Error("it is not certain that u is not skipped")
	}
	if New([]Job{job("a"), job("b", "a")}).Hangs("a", "b") {
		t.Error("a job ends by itself")
	}
}

// TestEndless holds that a service which nothing needs does not end by itself.
func TestEndless(t *testing.T) {
	g := New([]Job{service("alone"), service("s"), job("u", "s")})
	for name, want := range map[string]bool{"alone": true, "s": false, "u": false, "none": false} {
		if g.Endless(name) != want {
			t.Errorf("Endless(%s) is %t", name, !want)
		}
	}
}

// TestLasting holds which jobs end only when the run is stopped.
func TestLasting(t *testing.T) {
	g := New([]Job{
		service("base"), service("alone", "base"), {Name: "after", After: []string{"base"}}, job("then", "after"),
		service("s"), job("u", "s", "base"), {Name: "d", Detach: true, Needs: []string{"u"}}, job("v", "d"),
	})
	got := g.Lasting()
	for _, name := range []string{"base", "alone", "after", "then"} {
		if !got[name] {
			t.Errorf("%s ends by itself", name)
		}
	}
	if len(got) != 4 {
		t.Errorf("got %v", got)
	}
	if got := New([]Job{service("s"), job("u", "s")}).Lasting(); got != nil {
		t.Errorf("got %v", got)
	}
}

// TestBudget holds that nothing is found when enough steps were taken.
func TestBudget(t *testing.T) {
	g := New([]Job{service("s"), service("s2", "s"), job("u", "s2")})
	g.left = 3
	if g.Hangs("s", "u") {
		t.Error("found in three steps")
	}
	g.left = 100
	if !g.Hangs("s", "u") {
		t.Error("not found in a hundred")
	}
}
