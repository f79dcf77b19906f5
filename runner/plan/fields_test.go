package plan

import (
	"encoding/json"
	"reflect"
	"testing"
)

// fill sets everything that v has. Of a slice it makes one of two elements.
func fill(v reflect.Value, seed *int64) {
	*seed++
	if t, ok := v.Addr().Interface().(*Text); ok {
		unknown := Part{Unknown: &Unknown{Kind: UnknownJobStdout, Job: "j", NoDash: true}}
		*t = []Text{Known("<a>&\"é\u2028"), Known("\xff"), TextOf(Part{Text: "a"}, unknown, Part{Text: "\xff"}, Part{Unknown: &Unknown{Kind: UnknownJobOutput, Job: "j", Name: "k"}})}[*seed%3]
		return
	}
	if j, ok := v.Addr().Interface().(*JSON); ok {
		*j = `{"a":[1,"b"]}`
		return
	}
	switch v.Kind() {
	case reflect.String:
		v.SetString("s<é\"" + string(rune('a'+*seed%26)))
	case reflect.Bool:
		v.SetBool(true)
	case reflect.Int, reflect.Int64:
		v.SetInt(*seed * 1_000_000_007)
	case reflect.Float64:
		v.SetFloat(float64(*seed) * 1.1e-7)
	case reflect.Pointer:
		v.Set(reflect.New(v.Type().Elem()))
		fill(v.Elem(), seed)
	case reflect.Struct:
		for i := range v.NumField() {
			fill(v.Field(i), seed)
		}
	case reflect.Slice:
		v.Set(reflect.MakeSlice(v.Type(), 2, 2))
		for i := range v.Len() {
			fill(v.Index(i), seed)
		}
	case reflect.Map:
		v.Set(reflect.ValueOf(map[string]int{"b": 1, "a<\"": 2}))
	default:
		panic("fill has no " + v.Kind().String())
	}
}

// TestFields holds that AppendJSON writes what encoding/json does, of a plan
// that has everything and of some that have nothing.
func TestFields(t *testing.T) {
	full, seed := &Plan{}, int64(0)
	fill(reflect.ValueOf(full).Elem(), &seed)
	for _, p := range []*Plan{
		full, {}, {Jobs: []*Job{}}, {Jobs: []*Job{{}}},
		{Jobs: []*Job{{Instances: []*Instance{{Stages: []*Stage{{}, {Argv: []Text{{}}, Env: []EnvVar{{}}, OK: []int{}}}, Ready: &Ready{}, Exclusive: &Exclusive{}}}, Retry: &Retry{On: &RetryOn{}}, Restart: &Restart{}}}},
	} {
		slow, err := json.Marshal(p)
		if err != nil {
			t.Fatal(err)
		}
		fast := p.AppendJSON(nil)
		var got, want any
		if err := json.Unmarshal(slow, &want); err != nil {
			t.Fatal(err)
		}
		if err := json.Unmarshal(fast, &got); err != nil {
			t.Fatalf("%v\n%s", err, fast)
		}
		if !reflect.DeepEqual(got, want) {
			t.Errorf("\n got %s\nwant %s", fast, slow)
		}
		back := &Plan{}
		if err := json.Unmarshal(fast, back); err != nil {
			t.Fatal(err)
		}
		if again := back.AppendJSON(nil); string(again) != string(fast) {
			t.Errorf("read and written again\n got %s\nwant %s", again, fast)
		}
	}
}
