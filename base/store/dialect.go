package store

import (
	"regexp"
	"strings"
)

var (
	onlyLine    = regexp.MustCompile(`(?m)^.*--[ \t]*only (postgres|sqlite)[ \t]*$`)
	createTable = regexp.MustCompile(`(?i)^\s*CREATE\s+TABLE\b`)
	alterTable  = regexp.MustCompile(`(?i)^\s*ALTER\s+TABLE\b`)
	typeWords   = regexp.MustCompile(`(?i)\b(BIGINT|BOOLEAN|BYTEA|DOUBLE\s+PRECISION)\b`)
)

// dialect splits a migration into statements, without comments, in the words of
// the engine.
func dialect(engine, text string) []string {
	text = onlyLine.ReplaceAllStringFunc(text, func(line string) string {
		if onlyLine.FindStringSubmatch(line)[1] == engine {
			return line
		}
		return ""
	})
	var out []string
	for _, parts := range statements(text) {
		if engine == "sqlite" {
			out = append(out, sqliteWords(parts))
			continue
		}
		out = append(out, join(parts))
	}
	return out
}

// part is a stretch of SQL; quoted ones are not looked into.
type part struct {
	text   string
	quoted bool
}

func join(parts []part) string {
	var b strings.Builder
	for _, p := range parts {
		b.WriteString(p.text)
	}
	return strings.TrimSpace(b.String())
}

// sqliteWords maps the types of a table's columns and makes a new table STRICT.
func sqliteWords(parts []part) string {
	whole := join(parts)
	create := createTable.MatchString(whole)
	if !create && !alterTable.MatchString(whole) {
		return whole
	}
	var b strings.Builder
	for _, p := range parts {
		if !p.quoted {
			p.text = typeWords.ReplaceAllStringFunc(p.text, sqliteType)
		}
		b.WriteString(p.text)
	}
	out := strings.TrimSpace(b.String())
	if create && strings.HasSuffix(out, ")") {
		out += " STRICT"
	}
	return out
}

func sqliteType(word string) string {
	switch strings.ToUpper(word)[:2] {
	case "BY":
		return "BLOB"
	case "DO":
		return "REAL"
	default:
		return "INTEGER"
	}
}

// statements splits SQL at semicolons outside quotes, and drops comments.
func statements(text string) [][]part {
	var all [][]part
	var cur []part
	plain := 0
	flush := func(end int) {
		if end > plain {
			cur = append(cur, part{text: text[plain:end]})
		}
	}
	finish := func() {
		if join(cur) != "" {
			all = append(all, cur)
		}
		cur = nil
	}
	for i := 0; i < len(text); {
		switch c := text[i]; {
		case c == '\'' || c == '"':
			flush(i)
			end := quoteEnd(text, i)
			cur = append(cur, part{text[i:end], true})
			i, plain = end, end
		case strings.HasPrefix(text[i:], "--"):
			flush(i)
			end := len(text)
			if n := strings.IndexByte(text[i:], '\n'); n >= 0 {
				end = i + n
			}
			i, plain = end, end
		case c == ';':
			flush(i)
			finish()
			i, plain = i+1, i+1
		default:
			i++
		}
	}
	flush(len(text))
	finish()
	return all
}

// quoteEnd returns the index after the quoted text that begins at i. A doubled
// quote is two quoted texts to it, which comes to the same.
func quoteEnd(text string, i int) int {
	n := strings.IndexByte(text[i+1:], text[i])
	if n < 0 {
		return len(text)
	}
	return i + 1 + n + 1
}
