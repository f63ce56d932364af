// Package link is the seam between the sockets of stations and the core. It
// knows no OCPP version: payloads are opaque JSON objects. Its two interfaces
// are wired directly in one process and carried by a message bus when gateway
// and core are split; every type marshals.
package link

import (
	"context"
	"time"
)

// Hello is a station's request to connect, before anything is agreed.
type Hello struct {
	StationID       string   `json:"station_id"` // last path segment, percent-decoded; 1 to 48 characters
	Path            string   `json:"path"`       // of the URL, as it was sent
	User            string   `json:"user,omitempty"`
	Password        []byte   `json:"password,omitempty"` // raw bytes
	HasAuth         bool     `json:"has_auth,omitempty"` // a readable Basic Authorization header was there
	TLS             bool     `json:"tls,omitempty"`
	PeerCertificate []byte   `json:"peer_certificate,omitempty"` // DER of the station's certificate
	Remote          string   `json:"remote"`                     // address and port
	Offered         []string `json:"offered,omitempty"`          // subprotocols in the station's order
	Subprotocol     string   `json:"subprotocol,omitempty"`      // the one chosen; empty: none fits, and the socket will be closed
	Node            string   `json:"node,omitempty"`             // of the gateway
}

// Welcome admits a station.
type Welcome struct {
	StationID string        `json:"station_id"`        // the canonical identity; by an alias it differs from the one in Hello
	Epoch     int64         `json:"epoch"`             // of the connection, above that of every connection before
	Ping      time.Duration `json:"ping,omitempty"`    // interval of our pings; 0: the gateway's own
	Secured   bool          `json:"secured,omitempty"` // credentials were checked
}

// Peer is one connection of one station.
type Peer struct {
	StationID   string `json:"station_id"`
	Epoch       int64  `json:"epoch"`
	Subprotocol string `json:"subprotocol"`
	Remote      string `json:"remote"`
}

// Call is a request in either direction.
type Call struct {
	ID         string    `json:"id,omitempty"` // 1 to 36 characters; empty towards a station: the gateway makes one
	Action     string    `json:"action"`
	Payload    []byte    `json:"payload"`        // a JSON object
	Send       bool      `json:"send,omitempty"` // SEND of OCPP 2.1: never answered
	ReceivedAt time.Time `json:"received_at,omitzero"`
}

// Answer is the answer to a Call: a payload, or an error in its stead.
type Answer struct {
	Payload []byte     `json:"payload,omitempty"` // a JSON object; empty stands for {}
	Error   *CallError `json:"error,omitempty"`
}

// CallError is an answer by CALLERROR.
type CallError struct {
	Code        string `json:"code"` // in the spelling of any version
	Description string `json:"description,omitempty"`
	Details     []byte `json:"details,omitempty"` // a JSON object; empty stands for {}
}

// Error implements error.
func (e *CallError) Error() string {
	if e.Description == "" {
		return e.Code
	}
	return e.Code + ": " + e.Description
}

// Core is what the gateway asks of the core. Of one connection, Open comes
// first, then the calls one by one in the order of their arrival, then Closed,
// once; other connections run beside it.
type Core interface {
	// Hello judges a request to connect and changes nothing: its Epoch is taken
	// by Open. fail.Denied is answered by the same 401 whether the station is
	// unknown or its credentials are wrong, and takes equal time for both;
	// fail.Busy and fail.Unavailable are answered by 503 with Retry-After.
	Hello(ctx context.Context, h Hello) (Welcome, error)

	// Open takes the lease of the connection for p.Epoch. An older connection
	// of the station on this gateway is closed by then. With an error (such as
	// fail.Conflict for an epoch that is no longer the newest) the socket is
	// closed, and Closed is not called.
	Open(ctx context.Context, p Peer) error

	// Receive handles one call and returns after the commit. An error means
	// that no answer is sent and the connection stays: the station will repeat.
	// The answer to a Send is ignored. c.Payload may be kept.
	Receive(ctx context.Context, p Peer, c Call) (Answer, error)

	// Closed reports the end of an opened connection. When a newer connection
	// has been opened, p.Epoch is below the lease and nothing is to be changed.
	Closed(ctx context.Context, p Peer, reason string)
}

// Stations is what the core asks of the gateway.
type Stations interface {
	// Call sends c and waits for the answer until ctx ends, or for the
	// gateway's own time if ctx has no deadline. An answer by CALLERROR is an
	// Answer. fail.Offline and fail.Busy: nothing was sent. fail.Timeout: sent,
	// and no answer came or the socket dropped, so the outcome is unknown. A
	// Send returns as soon as it is written.
	Call(ctx context.Context, stationID string, c Call) (Answer, error)

	// Drop closes the connection of that epoch, or any if epoch is 0.
	// fail.Offline: there is none.
	Drop(ctx context.Context, stationID string, epoch int64, reason string) error
}
