package api

import (
	"bufio"
	"bytes"
	"context"
	"encoding/csv"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"reflect"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humago"

	"chargewright/core/access"
)

// maxExport is the most rows of one export.
const maxExport = 200_000

// ExportOptions is embedded in the input of every export.
type ExportOptions struct {
	Excel bool `query:"excel" doc:"CSV: begin with a byte order mark, by which Excel knows UTF-8"`
}

func (o ExportOptions) excel() bool { return o.Excel }

// exportOperations are the lists as files: the same rows, in the same order, to
// the same readers.
func exportOperations() []operation {
	paged := func(cursor string) Page { return Page{MaxPage, cursor} }
	var out []operation
	add := func(ops []operation) { out = append(out, ops...) }
	add(exports("stations", access.Read, func(s *server, ctx context.Context, sc access.Scope, in *struct {
		StationFilter
		ExportOptions
	}, cursor string) (list[station], error) {
		v, err := s.listStations(ctx, sc, &stationsQuery{paged(cursor), in.StationFilter, "id"})
		return list[station]{v.Items, v.Next}, err
	}))
	add(exports("sessions", access.Read, func(s *server, ctx context.Context, sc access.Scope, in *struct {
		SessionFilter
		ExportOptions
	}, cursor string) (list[session], error) {
		return s.listSessions(ctx, sc, &sessionQuery{paged(cursor), in.SessionFilter})
	}))
	add(exports("sites", access.Read, func(s *server, ctx context.Context, sc access.Scope, in *struct {
		SiteFilter
		ExportOptions
	}, cursor string) (list[site], error) {
		return s.listSites(ctx, sc, &siteQuery{paged(cursor), in.SiteFilter})
	}))
	add(exportsWhole("tariffs", access.Read, (*server).listTariffs))
	add(exports("tokens", access.People, func(s *server, ctx context.Context, sc access.Scope, in *struct {
		TokenFilter
		ExportOptions
	}, cursor string) (list[token], error) {
		return s.listTokens(ctx, sc, &tokenQuery{paged(cursor), in.TokenFilter})
	}))
	add(exports("drivers", access.People, func(s *server, ctx context.Context, sc access.Scope, in *struct {
		DriverFilter
		ExportOptions
	}, cursor string) (list[driver], error) {
		return s.listDrivers(ctx, sc, &driverQuery{paged(cursor), in.DriverFilter})
	}))
	add(exports("reservations", access.Read, func(s *server, ctx context.Context, sc access.Scope, in *struct {
		Station string `query:"station" maxLength:"48" doc:"Only at this station"`
		ExportOptions
	}, cursor string) (list[reservation], error) {
		return s.listReservations(ctx, sc, &reservationQuery{paged(cursor), in.Station})
	}))
	add(exportsWhole("refusals", access.Read, (*server).listRefusals))
	add(exports("messages", access.Read, exportMessages))
	add(exports("documents", access.Books, func(s *server, ctx context.Context, sc access.Scope, in *struct {
		DocumentFilter
		ExportOptions
	}, cursor string) (list[staffDocument], error) {
		return s.listDocuments(ctx, sc, &documentQuery{paged(cursor), in.DocumentFilter})
	}))
	add(exports("payments", access.Books, func(s *server, ctx context.Context, sc access.Scope, in *struct {
		PaymentFilter
		ExportOptions
	}, cursor string) (list[paymentRow], error) {
		return s.listPayments(ctx, sc, &paymentQuery{paged(cursor), in.PaymentFilter})
	}))
	add(exports("claims", access.Books, func(s *server, ctx context.Context, sc access.Scope, in *struct {
		ClaimFilter
		ExportOptions
	}, cursor string) (list[claimRow], error) {
		return s.listClaims(ctx, sc, &claimQuery{paged(cursor), in.ClaimFilter})
	}))
	add(exports("audit", access.Admin, func(s *server, ctx context.Context, sc access.Scope, in *struct {
		AuditQuery
		ExportOptions
	}, cursor string) (list[deedView], error) {
		return s.listAudit(ctx, sc, &struct {
			Page
			AuditQuery
		}{paged(cursor), in.AuditQuery})
	}))
	add(exportsWhole("users", access.Admin, (*server).listUsers))
	add(exportsWhole("keys", access.Admin, (*server).listKeys))
	add(exports("webhooks", access.Admin, func(s *server, ctx context.Context, sc access.Scope, _ *struct{ ExportOptions }, _ string) (list[webhook], error) {
		return s.listWebhooks(ctx, sc, nil)
	}))
	add(exportsWhole("mails", access.Admin, (*server).listMails))
	add(exportsWhole("groups", access.Read, (*server).listGroups))
	add(exports("reports", access.People, func(s *server, ctx context.Context, sc access.Scope, in *struct {
		ReportQuery
		ExportOptions
	}, cursor string) (list[report], error) {
		return s.listReports(ctx, sc, &reportPage{paged(cursor), in.ReportQuery})
	}))
	add(exportsWhole("jobs", access.Stations, (*server).listJobs))
	add(exportsAt("/jobs/{id}/results", "results", access.Stations, func(s *server, ctx context.Context, sc access.Scope, in *struct {
		JobPath
		ResultQuery
		ExportOptions
	}, cursor string) (list[jobResult], error) {
		return s.listResults(ctx, sc, &resultPage{in.JobPath, paged(cursor), in.ResultQuery})
	}))
	add(exportsAt("/stations/{id}/settings", "settings", access.Read, func(s *server, ctx context.Context, sc access.Scope, in *struct {
		StationPath
		ExportOptions
	}, cursor string) (list[setting], error) {
		return s.listSettings(ctx, sc, &stationPage{in.StationPath, paged(cursor)})
	}))
	return out
}

// exportMessages pages the message logs by time.
func exportMessages(s *server, ctx context.Context, sc access.Scope, in *struct {
	MessageFilter
	ExportOptions
}, cursor string) (out list[StationExchange], err error) {
	q := searchQuery{MessageFilter: in.MessageFilter, Limit: MaxPage}
	if cursor != "" {
		if q.Before, err = time.Parse(time.RFC3339Nano, cursor); err != nil {
			return out, badCursor()
		}
	}
	v, err := s.searchMessages(ctx, sc, &q)
	out.Items = v.Items
	if v.Next != nil {
		next := v.Next.Format(time.RFC3339Nano)
		out.Next = &next
	}
	return out, err
}

// exporting is the input of an export.
type exporting interface{ excel() bool }

// exports are exportsAt for a list of the whole tenant.
func exports[I exporting, T any](name string, area access.Area, page func(*server, context.Context, access.Scope, *I, string) (list[T], error)) []operation {
	return exportsAt("/exports/"+name, name, area, page)
}

// exportsWhole are exports of a list that has no filters.
func exportsWhole[T any](name string, area access.Area, page func(*server, context.Context, access.Scope, *pageQuery) (list[T], error)) []operation {
	return exports(name, area, func(s *server, ctx context.Context, sc access.Scope, _ *struct{ ExportOptions }, cursor string) (list[T], error) {
		return page(s, ctx, sc, &pageQuery{Page{MaxPage, cursor}})
	})
}

// exportsAt are the two operations that write a list as a file, at a path to
// which the form is appended. page returns the page after a cursor.
func exportsAt[I exporting, T any](path, name string, area access.Area, page func(*server, context.Context, access.Scope, *I, string) (list[T], error)) []operation {
	const about = "All pages of the list with the same filters, at most 200,000 rows; what is left out, a last line says. "
	one := func(form, kind, note string, write func(io.Writer, bool) rowWriter) operation {
		bind := func(s *server, api huma.API, op huma.Operation) {
			op.Responses["200"] = &huma.Response{Description: "The file", Content: map[string]*huma.MediaType{kind: {Schema: &huma.Schema{Type: "string"}}}}
			huma.Register(api, op, func(ctx context.Context, in *I) (*huma.StreamResponse, error) {
				sc := scopeOf(ctx)
				first, err := page(s, ctx, sc, in, "")
				if err != nil {
					return nil, s.failed(ctx, op, err)
				}
				return &huma.StreamResponse{Body: func(hc huma.Context) {
					r, w := humago.Unwrap(hc)
					w.Header().Set("Content-Type", kind)
					w.Header().Set("Content-Disposition", fmt.Sprintf(`attachment; filename="%s-%s.%s"`, name, time.Now().UTC().Format(time.DateOnly), form))
					next := func(cursor string) (list[T], error) { return page(s, r.Context(), sc, in, cursor) }
					buffer := bufio.NewWriterSize(w, 64<<10)
					err := writeRows(http.NewResponseController(w), buffer, write(buffer, (*in).excel()), first, next)
					if err != nil {
						if r.Context().Err() == nil {
							s.o.Log.WarnContext(r.Context(), "an export broke off", "operation", op.OperationID, "err", err)
						}
						panic(http.ErrAbortHandler) // the reader must not take a part for the whole
					}
				}}, nil
			})
		}
		return operation{get, path + "." + form, area, "exports", "export" + strings.ToUpper(name[:1]) + name[1:] + strings.ToUpper(form[:1]) + form[1:],
			"Export " + name + " as " + strings.ToUpper(form), about + note, 0, nil, bind}
	}
	columns := columnsOf(reflect.TypeFor[T]())
	return []operation{
		one("csv", "text/csv; charset=utf-8", "A text that a spreadsheet would take for a formula begins with an apostrophe.",
			func(w io.Writer, excel bool) rowWriter { return &csvRows{w: w, columns: columns, excel: excel} }),
		one("json", "application/json", "The rows are in items; truncated says that there are more.",
			func(w io.Writer, _ bool) rowWriter { return &jsonRows{w: w} }),
	}
}

// rowWriter writes the rows of an export.
type rowWriter interface {
	begin() error
	row(b []byte) error // a JSON object
	end(truncated bool) error
}

// exportWait is how long a reader may take for one page.
const exportWait = 30 * time.Second

// writeRows writes page after page.
func writeRows[T any](out *http.ResponseController, buffer *bufio.Writer, w rowWriter, p list[T], next func(cursor string) (list[T], error)) error {
	if err := w.begin(); err != nil {
		return err
	}
	n, truncated := 0, false
	for {
		for _, v := range p.Items {
			if truncated = n == maxExport; truncated {
				break
			}
			b, err := marshal(v)
			if err == nil {
				err = w.row(b)
			}
			if err != nil {
				return err
			}
			n++
		}
		if truncated || p.Next == nil {
			break
		}
		if err := flushExport(out, buffer); err != nil {
			return err
		}
		var err error
		if p, err = next(*p.Next); err != nil {
			return err
		}
	}
	if err := w.end(truncated); err != nil {
		return err
	}
	return flushExport(out, buffer)
}

func flushExport(out *http.ResponseController, buffer *bufio.Writer) error {
	if err := out.SetWriteDeadline(time.Now().Add(exportWait)); err != nil && !errors.Is(err, http.ErrNotSupported) {
		return err
	}
	return buffer.Flush()
}

// jsonRows writes {"items":[…],"truncated":…}, a row a line.
type jsonRows struct {
	w     io.Writer
	begun bool
}

func (j *jsonRows) begin() error {
	_, err := io.WriteString(j.w, `{"items":[`)
	return err
}

func (j *jsonRows) row(b []byte) error {
	lead := ",\n"
	if !j.begun {
		lead, j.begun = "\n", true
	}
	_, err := io.WriteString(j.w, lead)
	if err == nil {
		_, err = j.w.Write(b)
	}
	return err
}

func (j *jsonRows) end(truncated bool) error {
	_, err := fmt.Fprintf(j.w, "\n],\"truncated\":%t}\n", truncated)
	return err
}

// csvRows writes RFC 4180 with a line of names.
type csvRows struct {
	w       io.Writer
	columns []column
	excel   bool
	csv     *csv.Writer
}

func (c *csvRows) begin() error {
	if c.excel {
		if _, err := io.WriteString(c.w, "\uFEFF"); err != nil {
			return err
		}
	}
	c.csv = csv.NewWriter(c.w)
	c.csv.UseCRLF = true
	names := make([]string, len(c.columns))
	for i, x := range c.columns {
		names[i] = strings.Join(x, "_")
	}
	return c.csv.Write(names)
}

func (c *csvRows) row(b []byte) error {
	d := json.NewDecoder(bytes.NewReader(b))
	d.UseNumber()
	var v map[string]any
	if err := d.Decode(&v); err != nil {
		return err
	}
	cells := make([]string, len(c.columns))
	for i, x := range c.columns {
		cells[i] = cell(x.of(v))
	}
	return c.csv.Write(cells)
}

func (c *csvRows) end(truncated bool) error {
	if truncated {
		line := make([]string, len(c.columns))
		line[0] = fmt.Sprintf("there are more than %d rows; the rest is left out", maxExport)
		if err := c.csv.Write(line); err != nil {
			return err
		}
	}
	c.csv.Flush()
	return c.csv.Error()
}

// column is the path of a column's value in the JSON of a row.
type column []string

func (c column) of(v any) any {
	for _, name := range c {
		m, ok := v.(map[string]any)
		if !ok {
			return nil
		}
		v = m[name]
	}
	return v
}

// cell is the text of a value. Lists of texts are joined, other lists and
// objects are JSON.
func cell(v any) string {
	switch v := v.(type) {
	case nil:
		return ""
	case string:
		return harmless(v)
	case json.Number:
		return v.String()
	case bool:
		return fmt.Sprint(v)
	case []any:
		texts := make([]string, len(v))
		for i, x := range v {
			s, ok := x.(string)
			if !ok {
				return jsonText(v)
			}
			texts[i] = s
		}
		return harmless(strings.Join(texts, "; "))
	}
	return jsonText(v)
}

func jsonText(v any) string {
	b, err := json.Marshal(v)
	if err != nil {
		return ""
	}
	return string(b)
}

// harmless keeps a spreadsheet from taking a text for a formula.
func harmless(s string) string {
	if s != "" && strings.ContainsRune("=+-@\t\r", rune(s[0])) {
		return "'" + s
	}
	return s
}

// columnsOf are the columns of a type of rows: its scalars and lists, and those
// of the objects within it.
func columnsOf(t reflect.Type) (out []column) {
	for i := range t.NumField() {
		f := t.Field(i)
		name, _, _ := strings.Cut(f.Tag.Get("json"), ",")
		inner := fieldType(f.Type)
		switch {
		case f.Anonymous && name == "":
			out = append(out, columnsOf(inner)...)
		case name == "" || name == "-":
		case inner.Kind() == reflect.Struct && inner != reflect.TypeFor[time.Time]():
			for _, c := range columnsOf(inner) {
				out = append(out, append(column{name}, c...))
			}
		default:
			out = append(out, column{name})
		}
	}
	return out
}

// fieldType is a type without pointers and nullable.
func fieldType(t reflect.Type) reflect.Type {
	for {
		if t.Kind() == reflect.Pointer {
			t = t.Elem()
			continue
		}
		n, ok := reflect.Zero(t).Interface().(interface{ inner() reflect.Type })
		if !ok {
			return t
		}
		t = n.inner()
	}
}
