package spec

import (
	"reflect"

	"gopkg.in/yaml.v3"
)

// place is what a formatter has to know of one place in a file: in which order
// the keys of a mapping stand there, and what their values are. The nil place
// is one of which nothing is known.
type place struct {
	rank  map[string]int          // of the keys that the language has
	other int                     // the rank of every other key
	child map[string]reflect.Type // the values of keys
	each  reflect.Type            // the values of other keys, or the items of a list; may be nil
}

// orders makes places from the struct tags, each once.
type orders map[reflect.Type]*place

// forms are the mappings that a value of several forms may be.
type forms interface{ forms() []reflect.Type }

// holds is implemented by lists and by maps of names that the author chose.
type holds interface{ element() reflect.Type }

func (List[T]) element() reflect.Type { return reflect.TypeFor[T]() }
func (Map[T]) element() reflect.Type  { return reflect.TypeFor[T]() }

func (Arg) forms() []reflect.Type {
	return []reflect.Type{reflect.TypeFor[literal](), reflect.TypeFor[argGlob](), reflect.TypeFor[argParam](), reflect.TypeFor[argInput]()}
}
func (Template) forms() []reflect.Type { return []reflect.Type{reflect.TypeFor[literal]()} }
func (Input) forms() []reflect.Type    { return []reflect.Type{reflect.TypeFor[inputMapping]()} }
func (Output) forms() []reflect.Type   { return []reflect.Type{reflect.TypeFor[outputMapping]()} }
func (Axis) forms() []reflect.Type     { return []reflect.Type{reflect.TypeFor[axisMapping]()} }

func (o orders) of(t reflect.Type) *place {
	if t == nil {
		return nil
	}
	if t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	p, known := o[t]
	if !known {
		p = placeOf(t)
		o[t] = p
	}
	return p
}

func placeOf(t reflect.Type) *place {
	switch v := reflect.Zero(t).Interface().(type) {
	case holds:
		return &place{each: v.element()}
	case Matrix:
		exclude := reflect.TypeOf(v.Exclude)
		return &place{rank: map[string]int{"exclude": 1}, child: map[string]reflect.Type{"exclude": exclude}, each: reflect.TypeFor[Axis]()}
	case forms:
		return placeOfKeys(v.forms()...)
	}
	if t.Kind() != reflect.Struct {
		return nil
	}
	return placeOfKeys(t)
}

// placeOfKeys is the place of a mapping with the keys of types, in their order,
// and then those that the language does not have.
func placeOfKeys(types ...reflect.Type) *place {
	p := &place{rank: map[string]int{}, child: map[string]reflect.Type{}}
	for _, t := range types {
		for _, f := range fieldsOf(t).list {
			p.rank[f.key] = p.other
			p.child[f.key] = t.Field(f.index).Type
			p.other++
		}
	}
	return p
}

// rankOf is where the key n stands among its neighbours.
func (p *place) rankOf(n *yaml.Node) int {
	if p == nil {
		return 0
	}
	if rank, ok := p.rank[n.Value]; ok {
		return rank
	}
	return p.other
}

// value is the place of the value of key n; of an item of a list n is nil.
func (o orders) value(p *place, n *yaml.Node) *place {
	if p == nil {
		return nil
	}
	if n != nil {
		if t, ok := p.child[n.Value]; ok {
			return o.of(t)
		}
	}
	return o.of(p.each)
}
