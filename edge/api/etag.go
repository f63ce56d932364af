package api

import (
	"crypto/sha256"
	"encoding/hex"
	"net/http"
	"strings"

	"chargewright/base/fail"
)

// editable is a resource of which a PUT replaces only a part. If-Match compares
// that part, so that a status report does not refuse an operator's edit.
type editable interface{ edited() any }

// tagOf is the ETag of a resource: a digest of the part that PUT replaces and
// one of the whole.
func tagOf(v any) (string, error) {
	whole, err := digest(v)
	if err != nil {
		return "", err
	}
	part := whole
	if e, ok := v.(editable); ok {
		if part, err = digest(e.edited()); err != nil {
			return "", err
		}
	}
	return `"` + part + "-" + whole + `"`, nil
}

func digest(v any) (string, error) {
	b, err := marshal(v)
	if err != nil {
		return "", fail.Wrap(fail.Internal, "api.digest", err)
	}
	sum := sha256.Sum256(b)
	return hex.EncodeToString(sum[:8]), nil
}

// tags splits a header of ETags; a weak one is as good as its strong form.
func tags(header string) []string {
	var out []string
	for _, t := range strings.Split(header, ",") {
		out = append(out, strings.TrimPrefix(strings.TrimSpace(t), "W/"))
	}
	return out
}

// Reading are the conditions of a GET.
type Reading struct {
	IfNoneMatch string `header:"If-None-Match" maxLength:"1000" doc:"ETags of what the caller has; 304 when one of them is current"`
}

// fresh reports whether the caller has the resource with that tag.
func (c Reading) fresh(tag string) bool {
	if c.IfNoneMatch == "" {
		return false
	}
	for _, t := range tags(c.IfNoneMatch) {
		if t == "*" || t == tag {
			return true
		}
	}
	return false
}

// Writing are the conditions of a PUT.
type Writing struct {
	IfMatch     string `header:"If-Match" maxLength:"1000" doc:"ETags of what the caller means to replace; 412 when it has changed"`
	IfNoneMatch string `header:"If-None-Match" enum:"*" doc:"With *, only what is not there yet is made; 412 when it is there"`
}

// guards reports whether the request depends on what is there.
func (c Writing) guards() bool { return c.IfMatch != "" || c.IfNoneMatch != "" }

// check refuses a write whose caller has seen something else than current, or
// means to make what is there; nil stands for nothing.
func (c Writing) check(current any) error {
	if c.IfNoneMatch != "" && current != nil {
		return refuse(http.StatusPreconditionFailed, fail.Conflict, "there is one already")
	}
	if c.IfMatch == "" {
		return nil
	}
	stale := refuse(http.StatusPreconditionFailed, fail.Conflict, "it has changed since it was read; read it again")
	if current == nil {
		return stale
	}
	now, err := tagOf(current)
	if err != nil {
		return err
	}
	part, _, _ := strings.Cut(now, "-")
	for _, t := range tags(c.IfMatch) {
		if seen, _, ok := strings.Cut(t, "-"); t == "*" || ok && seen == part {
			return nil
		}
	}
	return stale
}
