package plan

import (
	"encoding/json"
	"errors"
	"reflect"
	"testing"
)

func TestTextJSON(t *testing.T) {
	unknown := Part{Unknown: &Unknown{Kind: UnknownRunID}}
	dashed := Part{Unknown: &Unknown{Kind: UnknownJobStdout, Job: "list", NoDash: true}}
	for _, c := range []struct {
		text Text
		json string
		show string
	}{
		{Text{}, `""`, ""},
		{Known(""), `""`, ""},
		{Known("a \"b\" <&>\n值"), `"a \"b\" \u003c\u0026\u003e\n值"`, "a \"b\" <&>\n值"},
		{Known("\xff\x00a"), `{"base64":"/wBh"}`, "\xff\x00a"},
		{TextOf(unknown), `{"parts":[{"unknown":"run.id"}]}`, "‹run.id›"},
		{TextOf(dashed), `{"parts":[{"unknown":"job.stdout","job":"list","no_dash":true}]}`, "‹jobs.list.stdout›"},
		{TextOf(Part{Text: "a"}, Part{Text: "b"}, unknown, Part{}, Part{Text: "\xff"}), `{"parts":["ab",{"unknown":"run.id"},{"base64":"/w=="}]}`, "ab‹run.id›\xff"},
		{TextOf(unknown, unknown), `{"parts":[{"unknown":"run.id"},{"unknown":"run.id"}]}`, "‹run.id›‹run.id›"},
	} {
		b, err := json.Marshal(c.text)
		if err != nil || string(b) != c.json {
			t.Errorf("got %s, %v; want %s", b, err, c.json)
		}
		var back Text
		if err := json.Unmarshal(b, &back); err != nil || !reflect.DeepEqual(back, c.text) {
			t.Errorf("%s: got %+v, %v; want %+v", b, back, err, c.text)
		}
		if c.text.String() != c.show {
			t.Errorf("got %q, want %q", c.text.String(), c.show)
		}
	}
	for _, bad := range []string{`1`, `[]`, `{}`, `{"parts":1}`, `{"parts":[1]}`, `{"parts":[{}]}`, `{"base64":"?"}`} {
		if err := json.Unmarshal([]byte(bad), new(Text)); err == nil {
			t.Errorf("%s was read", bad)
		}
	}
}

func TestTextResolve(t *testing.T) {
	text := TextOf(Part{Text: "a "}, Part{Unknown: &Unknown{Kind: UnknownAttempt}}, Part{Text: " b"})
	if _, known := text.Known(); known {
		t.Error("it is known")
	}
	got, err := text.Resolve(func(u Unknown) (string, error) { return "<" + u.Kind + ">", nil })
	if got != "a <attempt> b" || err != nil {
		t.Errorf("%q, %v", got, err)
	}
	wrong := errors.New("wrong")
	if _, err := text.Resolve(func(Unknown) (string, error) { return "", wrong }); err != wrong {
		t.Error(err)
	}
	if got, err := Known("x").Resolve(nil); got != "x" || err != nil {
		t.Errorf("%q, %v", got, err)
	}
}
