package ocpp

// A shape is one node of the official schemas. The generator interns the
// shapes of all versions into one table, so that what is the same is there once.
type shape struct {
	is     kind
	max    int32    // characters of a text, items of a list; 0: unbounded
	min    int32    // least items of a list
	item   uint16   // shape of a list's items
	values []string // of an enumeration, by length, then by text
	fields []field  // of an object, in the schema's order
	low    bound
	high   bound
	firm   bool // an enumeration whose unknown value is never kept
	open   bool // an object that may hold members the schema does not name
}

type kind uint8

const (
	isAny kind = iota
	isMap
	isList
	isText
	isEnum
	isTime
	isURI
	isInteger
	isNumber
	isTenth // a number that is a multiple of 0.1
	isBool
)

type field struct {
	name     string
	shape    uint16
	required bool
}

// bound is a limit of a number; the zero bound is none.
type bound struct {
	set bool
	at  int32
}

// action is one row of a version's table, which is sorted by name.
type action struct {
	name      string
	direction Direction
	send      bool
	request   uint16
	reply     uint16
}

// find returns the field called name.
func (s *shape) find(name []byte) int {
	for i := range s.fields {
		if s.fields[i].name == string(name) {
			return i
		}
	}
	return -1
}

func (s *shape) hasRequired() bool {
	for i := range s.fields {
		if s.fields[i].required {
			return true
		}
	}
	return false
}

// Intern returns the constant of an enumeration that equals text. The number
// of the enumeration is the generator's; generated decoders are its users.
func Intern(enum int, text []byte) (string, bool) {
	return intern(shapes[enum].values, text)
}

func intern[T string | []byte](values []string, text T) (string, bool) {
	lo, hi := 0, len(values)
	for lo < hi {
		mid := (lo + hi) / 2
		v := values[mid]
		switch {
		case len(v) < len(text) || len(v) == len(text) && v < string(text):
			lo = mid + 1
		case v == string(text):
			return v, true
		default:
			hi = mid
		}
	}
	return "", false
}

func lookup(v Version, name string) *action {
	table := actions(v)
	lo, hi := 0, len(table)
	for lo < hi {
		mid := (lo + hi) / 2
		switch {
		case table[mid].name == name:
			return &table[mid]
		case table[mid].name < name:
			lo = mid + 1
		default:
			hi = mid
		}
	}
	return nil
}

func actions(v Version) []action {
	switch v {
	case V16:
		return actions16[:]
	case V201:
		return actions201[:]
	case V21:
		return actions21[:]
	}
	return nil
}

// Actions returns every action of v, sorted by name.
func Actions(v Version) []ActionInfo {
	table := actions(v)
	out := make([]ActionInfo, len(table))
	for i, a := range table {
		out[i] = ActionInfo{Name: a.name, Direction: a.direction, Send: a.send}
	}
	return out
}
