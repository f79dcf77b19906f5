package plan

import (
	"encoding/json"
	"testing"
	"time"
)

// What is printed is what people write; what is kept stays as it is, so that
// plans of earlier runs are compared with new ones to the letter.
func TestDuration(t *testing.T) {
	for text, want := range map[string]string{
		"0s": "0s", "10s": "10s", "1m": "1m", "1m0s": "1m", "10m": "10m", "1m10s": "1m10s", "1h": "1h", "100h": "100h", "1h10m": "1h10m",
		"1h0m10s": "1h0m10s", "1h10m20s": "1h10m20s", "20m0s": "20m", "1.5s": "1.5s", "500ms": "500ms",
	} {
		d, err := time.ParseDuration(text)
		if err != nil {
			t.Fatal(err)
		}
		if got := Duration(d).String(); got != want {
			t.Errorf("%s is %s, want %s", text, got, want)
		}
		if got, err := json.Marshal(Duration(d)); err != nil || string(got) != `"`+d.String()+`"` {
			t.Errorf("in JSON %s is %s, %v", text, got, err)
		}
	}
}
