package store

import (
	"encoding/binary"
	"fmt"
	"strconv"
	"time"

	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgtype"

	"chargewright/base/fail"
)

// postgresRow reads values as the server sent them. The first value that cannot be
// read as asked is an error of the query.
type postgresRow struct {
	fields []pgconn.FieldDescription
	types  *pgtype.Map
	raw    [][]byte
	err    error
}

func (r *postgresRow) text(i int) string {
	switch r.fields[i].DataTypeOID {
	case pgtype.TextOID, pgtype.VarcharOID, pgtype.BPCharOID, pgtype.NameOID, pgtype.JSONOID, pgtype.UnknownOID:
		return string(r.raw[i])
	}
	if r.raw[i] == nil {
		return ""
	}
	return strconv.FormatInt(r.int(i), 10)
}

func (r *postgresRow) int(i int) int64 {
	raw := r.raw[i]
	if raw == nil {
		return 0
	}
	if f := r.fields[i]; f.Format == pgtype.BinaryFormatCode {
		switch f.DataTypeOID {
		case pgtype.Int8OID:
			return int64(binary.BigEndian.Uint64(raw))
		case pgtype.Int4OID:
			return int64(int32(binary.BigEndian.Uint32(raw)))
		case pgtype.Int2OID:
			return int64(int16(binary.BigEndian.Uint16(raw)))
		case pgtype.BoolOID:
			return int64(raw[0])
		}
	}
	var v int64
	r.scan(i, &v)
	return v
}

func (r *postgresRow) bytes(i int) []byte {
	if r.raw[i] == nil {
		return nil
	}
	if f := r.fields[i]; f.Format == pgtype.BinaryFormatCode || f.DataTypeOID != pgtype.ByteaOID {
		return append([]byte{}, r.raw[i]...)
	}
	var v []byte
	r.scan(i, &v)
	return v
}

func (r *postgresRow) scan(i int, into any) {
	f := r.fields[i]
	if err := r.types.Scan(f.DataTypeOID, f.Format, r.raw[i], into); err != nil && r.err == nil {
		r.err = fail.Wrap(fail.Internal, "store.scan", fmt.Errorf("column %d (%s): %w", i, f.Name, err))
	}
}

func milliseconds(d time.Duration) string { return strconv.FormatInt(d.Milliseconds(), 10) }
