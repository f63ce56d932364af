package api

import (
	"bytes"
	_ "embed"
	"encoding/json"
	"html/template"
	"slices"
	"strings"

	"chargewright/base/fail"
)

//go:embed docs.html
var docsTemplate string

// docsPolicy lets the page use its own style and nothing else.
const docsPolicy = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"

// described is what the page reads of the description.
type described struct {
	Info struct{ Title, Version, Description string }
	Tags []struct{ Name, Description string }

	Paths map[string]map[string]struct {
		OperationID string
		Summary     string
		Description string
		Tags        []string
		Area        string `json:"x-area"`
		Parameters  []struct {
			Name, In, Description string
			Required              bool
		}
		RequestBody *struct {
			Content map[string]struct{ Schema schemaRef }
		}
		Responses map[string]struct {
			Description string
			Content     map[string]struct{ Schema schemaRef }
		}
	}
	Components struct {
		Schemas map[string]struct {
			Properties map[string]property
			Required   []string
		}
	}
}

type schemaRef struct {
	Ref string `json:"$ref"`
}

// name is the schema's name, "" where it has none.
func (s schemaRef) name() string { return s.Ref[strings.LastIndex(s.Ref, "/")+1:] }

type property struct {
	schemaRef
	Description string
	Type        any
	Enum        []any
	Items       *property
	OneOf       []property
}

// docsPage makes a page of a description, once.
func docsPage(spec []byte) ([]byte, error) {
	var d described
	if err := json.Unmarshal(spec, &d); err != nil {
		return nil, fail.Wrap(fail.Internal, "api.docsPage", err)
	}
	t, err := template.New("docs").Parse(docsTemplate)
	if err != nil {
		return nil, fail.Wrap(fail.Internal, "api.docsPage", err)
	}
	var b bytes.Buffer
	err = t.Execute(&b, map[string]any{"Info": d.Info, "Groups": d.groups(), "Schemas": d.schemas()})
	return b.Bytes(), fail.Wrap(fail.Internal, "api.docsPage", err)
}

type docsGroup struct {
	Name, About string
	Operations  []docsOperation
}

type docsOperation struct {
	ID, Method, Path, Summary, About, Area, Body, Answer string
	Parameters                                           []docsParameter
	Fails                                                []string
}

type docsParameter struct {
	Name, In, About string
	Required        bool
}

// groups are the operations by tag, in the order of the tags, then by path.
func (d described) groups() []docsGroup {
	var out []docsGroup
	for _, tag := range d.Tags {
		g := docsGroup{Name: tag.Name, About: tag.Description}
		for path, methods := range d.Paths {
			for method, op := range methods {
				if !slices.Contains(op.Tags, tag.Name) {
					continue
				}
				o := docsOperation{ID: op.OperationID, Method: strings.ToUpper(method), Path: path, Summary: op.Summary, About: op.Description, Area: op.Area}
				for _, p := range op.Parameters {
					o.Parameters = append(o.Parameters, docsParameter{p.Name, p.In, p.Description, p.Required})
				}
				if op.RequestBody != nil {
					o.Body = op.RequestBody.Content["application/json"].Schema.name()
				}
				for code, r := range op.Responses {
					if code < "400" {
						o.Answer += r.Content["application/json"].Schema.name()
					} else {
						o.Fails = append(o.Fails, code)
					}
				}
				slices.Sort(o.Fails)
				g.Operations = append(g.Operations, o)
			}
		}
		slices.SortFunc(g.Operations, func(a, b docsOperation) int {
			return strings.Compare(a.Path+" "+a.Method, b.Path+" "+b.Method)
		})
		out = append(out, g)
	}
	return out
}

type docsSchema struct {
	Name    string
	Members []docsMember
}

type docsMember struct {
	Name, Type, Ref, About string
	Required               bool
}

func (d described) schemas() []docsSchema {
	var out []docsSchema
	for name, s := range d.Components.Schemas {
		v := docsSchema{Name: name}
		for member, p := range s.Properties {
			m := docsMember{Name: member, About: p.Description, Required: slices.Contains(s.Required, member)}
			m.Type, m.Ref = p.describe()
			v.Members = append(v.Members, m)
		}
		slices.SortFunc(v.Members, func(a, b docsMember) int { return strings.Compare(a.Name, b.Name) })
		out = append(out, v)
	}
	slices.SortFunc(out, func(a, b docsSchema) int { return strings.Compare(a.Name, b.Name) })
	return out
}

// describe is a property's type in words and the schema it refers to.
func (p property) describe() (words, ref string) {
	switch {
	case p.Ref != "":
		return "", p.name()
	case len(p.OneOf) > 0:
		words, ref = p.OneOf[0].describe()
		return words + " or null", ref
	case p.Items != nil:
		words, ref = p.Items.describe()
		return strings.TrimSpace("list of " + words), ref
	}
	switch t := p.Type.(type) {
	case string:
		words = t
	case []any:
		for i, x := range t {
			if i > 0 {
				words += " or "
			}
			if s, ok := x.(string); ok {
				words += s
			}
		}
	}
	for i, e := range p.Enum {
		if s, ok := e.(string); ok {
			words += map[bool]string{true: ": ", false: " | "}[i == 0] + s
		}
	}
	return words, ""
}
