package api

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"net/http"
	"time"

	"github.com/go-webauthn/webauthn/protocol"
	"github.com/go-webauthn/webauthn/webauthn"

	"chargewright/base/fail"
	"chargewright/base/store"
	"chargewright/core/access"
)

// passkeys is the WebAuthn relying party at the address that the browser shows.
// At a bare IP address browsers have no passkeys: Conflict.
func (s *server) passkeys(r *http.Request) (*webauthn.WebAuthn, error) {
	origin, host := s.origin(r)
	lasting := webauthn.TimeoutConfig{Enforce: true, Timeout: access.CeremonyGood, TimeoutUVD: access.CeremonyGood}
	residentKey := true
	w, err := webauthn.New(&webauthn.Config{
		RPID: host, RPDisplayName: "Chargewright", RPOrigins: []string{origin},
		AttestationPreference: protocol.PreferNoAttestation,
		AuthenticatorSelection: protocol.AuthenticatorSelection{
			RequireResidentKey: &residentKey, ResidentKey: protocol.ResidentKeyRequirementRequired, UserVerification: protocol.VerificationRequired,
		},
		Timeouts: webauthn.TimeoutsConfig{Login: lasting, Registration: lasting},
	})
	if err != nil || host == "" {
		return nil, fail.New(fail.Conflict, "api.passkeys", "passkeys need the server's name in the address, not a number")
	}
	return w, nil
}

// holder is a person as WebAuthn sees one.
type holder struct {
	id, name, display string
	credentials       []webauthn.Credential
}

func (h holder) WebAuthnID() []byte                         { return []byte(h.id) }
func (h holder) WebAuthnName() string                       { return h.name }
func (h holder) WebAuthnDisplayName() string                { return h.display }
func (h holder) WebAuthnCredentials() []webauthn.Credential { return h.credentials }

func credentialOf(p access.Passkey) (webauthn.Credential, error) {
	var c webauthn.Credential
	err := json.Unmarshal([]byte(p.Data), &c)
	return c, fail.Wrap(fail.Internal, "api.credentialOf", err)
}

func credentialData(c *webauthn.Credential) (string, error) {
	c.Attestation = webauthn.CredentialAttestation{} // none was asked for
	b, err := json.Marshal(c)
	return string(b), fail.Wrap(fail.Internal, "api.credentialData", err)
}

type ceremony struct {
	Ceremony string   `json:"ceremony" doc:"For the finish"`
	Options  document `json:"options" doc:"For the browser"`
}

// begun keeps what the finish of a ceremony needs.
func (s *server) begun(ctx context.Context, c access.Challenge, options any, data *webauthn.SessionData) (ceremony, error) {
	shown, err := json.Marshal(options)
	if err != nil {
		return ceremony{}, fail.Wrap(fail.Internal, "api.begun", err)
	}
	kept, err := json.Marshal(data)
	if err != nil {
		return ceremony{}, fail.Wrap(fail.Internal, "api.begun", err)
	}
	c.Data = string(kept)
	token, err := store.Do(ctx, s.o.DB, "sign-in", func(tx *store.Tx) (string, error) { return access.Ask(tx, c, access.CeremonyGood) })
	return ceremony{token, shown}, err
}

// taken uses up a ceremony.
func taken(tx *store.Tx, kind, token string) (access.Challenge, webauthn.SessionData, error) {
	var data webauthn.SessionData
	c, err := access.Take(tx, kind, token)
	if err == nil {
		err = fail.Wrap(fail.Internal, "api.taken", json.Unmarshal([]byte(c.Data), &data))
	}
	return c, data, err
}

// beginPasskey is for nobody in particular: what one address has open is bounded.
func (s *server) beginPasskey(ctx context.Context, _ access.Scope, _ *struct{}) (ceremony, error) {
	r := visitOf(ctx).r
	w, err := s.passkeys(r)
	if err == nil {
		err = slower(&s.face.begins, s.o.Proxies.Of(r))
	}
	if err != nil {
		return ceremony{}, err
	}
	options, data, err := w.BeginDiscoverableLogin(webauthn.WithUserVerification(protocol.VerificationRequired))
	if err != nil {
		return ceremony{}, fail.Wrap(fail.Internal, "api.beginPasskey", err)
	}
	return s.begun(ctx, access.Challenge{Tenant: access.DefaultTenant, Kind: access.ForPasskey}, options.Response, data)
}

type passkeyPost struct {
	Body struct {
		Ceremony   string   `json:"ceremony" maxLength:"100"`
		Credential document `json:"credential"`
	} `nameHint:"FinishPasskeySignIn"`
}

func (s *server) finishPasskey(ctx context.Context, _ access.Scope, in *passkeyPost) (Me, error) {
	v := visitOf(ctx)
	w, err := s.passkeys(v.r)
	if err != nil {
		return Me{}, err
	}
	type asked struct {
		data webauthn.SessionData
		key  access.Passkey
	}
	said, parseErr := protocol.ParseCredentialRequestResponseBytes(in.Body.Credential)
	a, err := store.Do(ctx, s.o.DB, "sign-in", func(tx *store.Tx) (a asked, err error) {
		if _, a.data, err = taken(tx, access.ForPasskey, in.Body.Ceremony); err != nil || parseErr != nil {
			return a, err
		}
		a.key, _, err = access.FindPasskey(tx, base64.RawURLEncoding.EncodeToString(said.RawID))
		return a, err
	})
	if err != nil {
		return Me{}, gone(err)
	}
	if parseErr != nil || a.key.ID == "" {
		return Me{}, unknownPasskey()
	}
	used, err := s.proved(ctx, w, a.data, a.key, said)
	if err != nil {
		return Me{}, err
	}
	return s.enterByPasskey(ctx, v, a.key, used)
}

func unknownPasskey() error {
	p := refuse(http.StatusUnauthorized, fail.Denied, "this passkey is not known here, or was not proved")
	p.Code = string(access.Wrong)
	return p
}

// proved checks an assertion against the passkey on file and returns the record
// as it is afterwards. A counter that went back means a copy: it is refused.
func (s *server) proved(ctx context.Context, w *webauthn.WebAuthn, data webauthn.SessionData, key access.Passkey, said *protocol.ParsedCredentialAssertionData) (string, error) {
	known, err := credentialOf(key)
	if err != nil {
		return "", err
	}
	whose := func(_, handle []byte) (webauthn.User, error) {
		if string(handle) != key.Person {
			return nil, fail.New(fail.Denied, "api.proved", "the passkey is another's")
		}
		return holder{id: key.Person, credentials: []webauthn.Credential{known}}, nil
	}
	c, err := w.ValidateDiscoverableLogin(whose, data, said)
	if err != nil {
		return "", unknownPasskey()
	}
	if c.Authenticator.CloneWarning {
		s.o.Log.WarnContext(ctx, "a passkey's counter went back: it may have been copied", "passkey", key.ID, "person", key.Person)
		return "", unknownPasskey()
	}
	return credentialData(c)
}

// enterByPasskey signs in whose passkey it is, unless disabled.
func (s *server) enterByPasskey(ctx context.Context, v *visit, key access.Passkey, used string) (Me, error) {
	type entry struct {
		token string
		scope access.Scope
	}
	client := s.clientOf(v)
	e, err := store.Do(ctx, s.o.DB, "sign-in", func(tx *store.Tx) (e entry, err error) {
		now, found, err := access.FindPasskey(tx, key.Credential)
		if err != nil || !found || now.ID != key.ID {
			return e, orUnknown(err)
		}
		e.scope = access.Scope{Tenant: key.Tenant, Role: access.DriverRole, Actor: key.Person, Kind: key.Kind}
		if key.Kind == access.KindStaff {
			u, err := access.GetUser(tx, e.scope, key.Person)
			if err != nil || u.State != access.Active {
				return e, orUnknown(err)
			}
			e.scope = u.Scope()
		}
		access.PasskeyUsed(tx, key.ID, used)
		e.token, _, err = access.Begin(tx, key.Tenant, key.Kind, key.Person, client)
		return e, err
	})
	if err != nil {
		return Me{}, err
	}
	return s.welcome(ctx, e.token, e.scope)
}

func orUnknown(err error) error {
	if err == nil || fail.Is(err, fail.NotFound) {
		return unknownPasskey()
	}
	return err
}

type passkeyRow struct {
	ID         string     `json:"id"`
	Name       string     `json:"name"`
	CreatedAt  time.Time  `json:"created_at"`
	LastUsedAt *time.Time `json:"last_used_at"`
}

func showPasskey(p access.Passkey) passkeyRow {
	return passkeyRow{p.ID, p.Name, p.CreatedAt, moment(p.UsedAt)}
}

func (s *server) listPasskeys(ctx context.Context, sc access.Scope, _ *struct{}) (list[passkeyRow], error) {
	if _, err := someone(ctx, sc); err != nil {
		return list[passkeyRow]{}, err
	}
	rows, err := store.Read(ctx, s.o.DB, func(tx *store.Tx) ([]access.Passkey, error) { return access.Passkeys(tx, sc) })
	return pageOf(rows, len(rows), showPasskey, func(p access.Passkey) place { return byID(p.ID) }), err
}

// holderOf is the caller with the passkeys there are.
func (s *server) holderOf(ctx context.Context, sc access.Scope) (holder, error) {
	return store.Read(ctx, s.o.DB, func(tx *store.Tx) (holder, error) {
		m, err := readMe(tx, sc)
		if err != nil {
			return holder{}, err
		}
		h := holder{id: sc.Actor, name: m.Email, display: m.Name}
		if h.display == "" {
			h.display = m.Email
		}
		rows, err := access.Passkeys(tx, sc)
		for _, p := range rows {
			c, err := credentialOf(p)
			if err != nil {
				return h, err
			}
			h.credentials = append(h.credentials, c)
		}
		return h, err
	})
}

func (s *server) beginPasskeyAdd(ctx context.Context, sc access.Scope, _ *struct{}) (ceremony, error) {
	v, err := someone(ctx, sc)
	if err != nil {
		return ceremony{}, err
	}
	w, err := s.passkeys(v.r)
	if err != nil {
		return ceremony{}, err
	}
	h, err := s.holderOf(ctx, sc)
	if err != nil {
		return ceremony{}, err
	}
	options, data, err := w.BeginRegistration(h, webauthn.WithExclusions(webauthn.Credentials(h.credentials).CredentialDescriptors()))
	if err != nil {
		return ceremony{}, fail.Wrap(fail.Internal, "api.beginPasskeyAdd", err)
	}
	return s.begun(ctx, access.Challenge{Tenant: sc.Tenant, Kind: access.ForPasskeyAdd, Person: sc.Actor}, options.Response, data)
}

type passkeyAdd struct {
	Body struct {
		Ceremony   string   `json:"ceremony" maxLength:"100"`
		Credential document `json:"credential"`
		Name       string   `json:"name" minLength:"1" maxLength:"100" doc:"What its owner calls it"`
	} `nameHint:"FinishPasskeyAdd"`
}

func (s *server) finishPasskeyAdd(ctx context.Context, sc access.Scope, in *passkeyAdd) (passkeyRow, error) {
	v, err := someone(ctx, sc)
	if err != nil {
		return passkeyRow{}, err
	}
	credential, data, err := s.made(ctx, v, sc, in)
	if err != nil {
		return passkeyRow{}, err
	}
	type added struct {
		key   access.Passkey
		token string
	}
	a, err := store.Do(ctx, s.o.DB, "sign-in", func(tx *store.Tx) (a added, err error) {
		if a.key, err = access.AddPasskey(tx, sc, credential, in.Body.Name, data); err != nil {
			return a, err
		}
		a.token, err = access.Renew(tx, v.session)
		return a, err
	})
	if err != nil {
		return passkeyRow{}, err
	}
	s.setCookie(v, a.token, sc.Kind)
	return showPasskey(a.key), nil
}

// made checks what an authenticator made in a ceremony of the caller.
func (s *server) made(ctx context.Context, v *visit, sc access.Scope, in *passkeyAdd) (credential, data string, err error) {
	w, err := s.passkeys(v.r)
	if err != nil {
		return "", "", err
	}
	h, err := s.holderOf(ctx, sc)
	if err != nil {
		return "", "", err
	}
	asked, err := store.Do(ctx, s.o.DB, "sign-in", func(tx *store.Tx) (webauthn.SessionData, error) {
		c, data, err := taken(tx, access.ForPasskeyAdd, in.Body.Ceremony)
		if fail.Is(err, fail.Denied) || err == nil && c.Person != sc.Actor {
			return data, fail.Field("api.made", "ceremony", "it is over; begin anew")
		}
		return data, err
	})
	if err != nil {
		return "", "", err
	}
	said, err := protocol.ParseCredentialCreationResponseBytes(in.Body.Credential)
	if err != nil {
		return "", "", fail.Field("api.made", "credential", "it is not what an authenticator makes")
	}
	c, err := w.CreateCredential(h, asked, said)
	if err != nil {
		return "", "", fail.Field("api.made", "credential", "it does not fit the ceremony")
	}
	data, err = credentialData(c)
	return base64.RawURLEncoding.EncodeToString(c.ID), data, err
}

func (s *server) deletePasskey(ctx context.Context, sc access.Scope, in *struct {
	ID string `path:"id" maxLength:"100"`
}) error {
	if _, err := someone(ctx, sc); err != nil {
		return err
	}
	_, err := store.Do(ctx, s.o.DB, "sign-in", func(tx *store.Tx) (none, error) { return none{}, access.RemovePasskey(tx, sc, in.ID) })
	return err
}
